import CShim

/// An entry of a TLB array or of a paging-structure cache, as it would answer an access.
public struct CachedEntry: Sendable, Hashable {
    /// The array that holds it.
    public let array: TLBGeometry.Array
    /// Its set, from 0.
    public let set: Int
    /// Its way in the set, from 0.
    public let way: Int
    /// The first address that it answers for.
    public let address: VirtualAddress
    /// Where that lies; in a paging-structure cache, the table that stands for it.
    public let physicalAddress: PhysicalAddress
    /// Bytes that it spans.
    public let span: UInt64
    /// The rights of all levels together, in the bits of a page-table entry: R/W, U/S, A, D, XD, the protection key.
    public let rights: UInt64
    /// A translation of all address spaces (the G bit).
    public let isGlobal: Bool
    /// The processor's number for the address space, 0 to 4095.
    public let pcid: UInt32
}

extension MMU {
    /// The address space that a PCID holds now, as its context.
    func context(ofPCID pcid: UInt32) -> UInt32 { owners[Int(pcid)] }

    /// Everything that the arrays hold and was not flushed, in the order of arrays, sets, ways.
    func contents() -> [CachedEntry] {
        var entries: [CachedEntry] = []
        for array in TLBGeometry.Array.allCases {
            let (sets, ways) = shape(array)
            for set in 0..<sets {
                for way in 0..<ways {
                    if let entry = entry(array, set, way) { entries.append(entry) }
                }
            }
        }
        return entries
    }

    /// Sets and ways of an array; 0 sets where the CPU has none of its kind.
    func shape(_ array: TLBGeometry.Array) -> (sets: Int, ways: Int) {
        // SAFETY: the CPU has FL_TLB_ARRAYS arrays side by side, as many as there are cases.
        withUnsafeBytes(of: cpu.pointee.arrays) { bytes in
            let place = bytes.bindMemory(to: fl_tlb_array.self)[array.rawValue]
            return place.entries == nil ? (0, 0) : (Int(place.set_mask) + 1, Int(place.ways))
        }
    }

    private func entry(_ array: TLBGeometry.Array, _ set: Int, _ way: Int) -> CachedEntry? {
        var cached = fl_cached()
        // SAFETY: cpu lives as long as self.
        guard
            fl_cpu_cached(cpu, fl_tlb_array_id(rawValue: UInt32(array.rawValue)), UInt64(set), UInt32(way), &cached)
        else { return nil }
        return CachedEntry(
            array: array, set: set, way: way, address: cached.address, physicalAddress: cached.frame,
            span: 1 << UInt64(cached.shift), rights: cached.rights, isGlobal: cached.global, pcid: cached.pcid)
    }
}
