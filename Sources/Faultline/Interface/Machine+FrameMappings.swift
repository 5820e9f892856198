/// One place where a frame is mapped.
public struct FrameMapping: Sendable, Hashable {
    /// The first process that runs in the address space.
    public var process: ProcessID
    /// The page's address.
    public var address: VirtualAddress
}

extension Machine {
    /// Everyone who maps a frame, as its reverse map finds them. Corresponds to `rmap_walk`.
    public func mappings(ofFrame pfn: PFN) -> [FrameMapping] {
        guard let frame = frame(pfn), frame.owner != .none else { return [] }
        var places: [FrameMapping] = []
        forEachMappingPlace(of: pfn) { vma, address in
            guard let owner = firstProcess(in: vma.pointee.mm) else { return }
            places.append(FrameMapping(process: ProcessID(owner.index), address: address))
        }
        return places
    }
}
