import CShim

/// Accesses of the kernel's own (CPL 0), and flushes of its addresses, whose entries are of all address spaces.
extension MMU {
    /// An access of the kernel's own, through the TLB of the address space whose top-level table is `root`.
    mutating func translateForKernel(
        root: PFN, context: UInt32, _ address: VirtualAddress, _ kind: AccessKind
    ) -> Translation {
        if root != self.root || context != self.context { switchTo(root, context) }
        let before = cpu.pointee.counters.stale_uses
        // SAFETY: cpu lives as long as self.
        let result = fl_cpu_translate_slow(cpu, address, fl_access_kind(rawValue: kind.rawValue), false)
        if check != nil {
            self.root = .max
            if cpu.pointee.counters.stale_uses != before { noteUse(cpu.pointee.last_stale, context) }
        }
        if result.status == FL_WALK_OK.rawValue { return .physical(result.physical) }
        return Self.failure(result)
    }

    /// `flush_tlb_kernel_range` on this CPU: page by page (INVLPG, which takes global entries, too), or everything above 33 pages. Only
    /// `TLBFlush` calls it.
    ///
    /// - Returns: how many pages were flushed; nil for all that there is.
    mutating func flushKernel(from start: VirtualAddress, to end: VirtualAddress) -> UInt64? {
        if (end &- start) >> 12 > singlePageCeiling { return flushEverything() }
        if let check {
            if check.dropsFlushes { return 0 }
            check.settle(context: CoherenceCheck.kernelContext, from: start, to: end)
        }
        for page in stride(from: start, to: end, by: 4096) {
            // SAFETY: cpu lives as long as self.
            fl_cpu_invlpg(cpu, page)
        }
        return (end &- start) >> 12
    }

    /// `__flush_tlb_all`: INVPCID of all contexts and of global entries. - Returns: nil.
    private mutating func flushEverything() -> UInt64? {
        if let check {
            if check.dropsFlushes { return 0 }
            check.settleAll()
        }
        _ = fl_cpu_invpcid(cpu, FL_INVPCID_ALL.rawValue, 0, 0)
        return nil
    }
}
