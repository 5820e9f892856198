import CShim

extension MMU {
    /// An access of the kernel's own (CPL 0), walked from a top-level table without the TLB.
    func translateForKernel(root: PFN, _ address: VirtualAddress, _ kind: AccessKind) -> Translation {
        var walk = fl_walk()
        // SAFETY: cpu lives as long as self; the call reads its RAM and control bits.
        fl_walk_tables(
            &cpu.pointee.ram, &cpu.pointee.paging, root << 12, address, fl_access_kind(rawValue: kind.rawValue), false,
            &walk)
        if UInt32(walk.status) == FL_WALK_OK.rawValue { return .physical(walk.physical) }
        if UInt32(walk.status) == FL_WALK_PAGE_FAULT.rawValue { return .fault(errorCode: walk.error) }
        // An entry of the kernel's may name a device, which is not RAM.
        return UInt32(walk.status) == FL_WALK_NOT_CANONICAL.rawValue ? .notCanonical : .physical(walk.physical)
    }
}
