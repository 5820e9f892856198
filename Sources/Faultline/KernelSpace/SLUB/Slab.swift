/// A slab: `struct slab`, which lies in the `struct page` of its first frame.
///
/// The counters stand in the record's `index`: the first free object as its word in the slab plus 1, objects in use, all objects,
/// and three flags. `mapping` of all its frames is the cache; `next` and `prev` link a list.
struct Slab {
    let pfn: PFN
    let record: UnsafeMutablePointer<PageRecord>

    private static var frozenBit: UInt64 { 1 << 32 }
    private static var partialBit: UInt64 { 1 << 33 }
    private static var reserveBit: UInt64 { 1 << 34 }
    private static var freeShift: UInt64 { 40 }

    /// `slab->inuse`: 16 bits. An object that is freed twice may take it below 0, and it begins again at the other end.
    var inUse: UInt32 {
        get { UInt32(record.pointee.index & 0xffff) }
        nonmutating set { record.pointee.index = record.pointee.index & ~0xffff | UInt64(newValue & 0xffff) }
    }

    /// Objects that are free, as the counters say; below 0 where they are wrong (`slab->objects - slab->inuse`).
    var freeCount: Int { Int(objects) - Int(inUse) }

    /// `slab->objects`.
    var objects: UInt32 { UInt32(record.pointee.index >> 16 & 0xffff) }

    /// `slab->frozen`: the CPU has it, no one else.
    var isFrozen: Bool {
        get { record.pointee.index & Self.frozenBit != 0 }
        nonmutating set { set(Self.frozenBit, newValue) }
    }

    /// `slab_test_node_partial`.
    var isOnPartialList: Bool {
        get { record.pointee.index & Self.partialBit != 0 }
        nonmutating set { set(Self.partialBit, newValue) }
    }

    /// `slab_test_pfmemalloc`: its pages are of the reserves, for those who free memory soon.
    var isOfReserves: Bool {
        get { record.pointee.index & Self.reserveBit != 0 }
        nonmutating set { set(Self.reserveBit, newValue) }
    }

    /// `pfmemalloc_match`: whether a request may have its objects.
    func serves(_ flags: GFPFlags) -> Bool { !isOfReserves || flags.usesReserves }

    private func set(_ bit: UInt64, _ isSet: Bool) {
        record.pointee.index = record.pointee.index & ~bit | (isSet ? bit : 0)
    }

    /// `slab->freelist`, as bytes from the slab's start; nil where no object is free.
    var firstFree: UInt64? {
        get {
            let word = record.pointee.index >> Self.freeShift
            return word == 0 ? nil : (word - 1) << 3
        }
        nonmutating set {
            let word = newValue.map { $0 >> 3 + 1 } ?? 0
            record.pointee.index = record.pointee.index & (1 << Self.freeShift - 1) | word << Self.freeShift
        }
    }

    /// `slab->slabs`: on the CPU's list of partial slabs, how many follow, itself among them.
    var listLength: UInt32 {
        get { record.pointee.prev }
        nonmutating set { record.pointee.prev = newValue }
    }

    /// The bytes of its frames.
    var byteCount: UInt64 { Folio(of: pfn, record).pageCount << 12 }

    /// A new slab's counters.
    func initialize(objects: UInt32) { record.pointee.index = UInt64(objects) << 16 }
}
