import CShim

extension MMU {
    /// What a checkpoint keeps beside the image.
    struct Saved {
        fileprivate let root: PFN
        fileprivate let context: UInt32
        fileprivate let handovers: UInt64
        fileprivate let faultAddress: VirtualAddress
        fileprivate let spaces: AddressSpaceIDs?
    }

    /// Copies the CPU's registers and what its TLBs hold into an image; nil while ``check`` is on, which remembers what no image
    /// holds.
    func save(into image: inout MemoryImage) -> Saved? {
        if check != nil { return nil }
        // SAFETY: the CPU and its arrays live as long as self, at the same place.
        image.add(cpu, count: 1)
        let state = cpu.pointee
        if let memory = state.memory { image.add(memory, byteCount: Int(state.memory_bytes)) }
        for tags in [state.tags_of, state.psc_tags_of, state.roots_of] {
            if let tags { image.add(tags, count: Int(FL_PCIDS)) }
        }
        image.add(owners, count: Int(FL_PCIDS))
        return Saved(
            root: root, context: context, handovers: handovers, faultAddress: faultAddress, spaces: spaces)
    }

    /// Goes back to where it was; the image brings the CPU.
    mutating func restore(_ saved: Saved) {
        (root, context, handovers) = (saved.root, saved.context, saved.handovers)
        faultAddress = saved.faultAddress
        spaces = saved.spaces
    }
}
