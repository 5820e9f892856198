extension Machine {
    /// `flush_tlb_mm_range` with what it makes of an address space that does not run here: its `tlb_gen` goes on, so that
    /// the CPU flushes all of it when it comes back (`switch_mm_irqs_off`). Here that happens at once, which no access of
    /// it can tell, and takes as long for one page as for many.
    @inline(__always)
    func flushRange(_ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress) {
        let context = mm.pointee.context
        if context != mmu.context, isForeign(mm) { return mmu.flushAll(context: context) }
        mmu.flush(context: context, from: start, to: end)
    }

    /// Whether the address space is not that of the process that makes the call. The MMU alone does not know: it has what the
    /// last access used.
    @inline(never)
    private func isForeign(_ mm: Handle<MMStruct>) -> Bool {
        let caller = Int(currentIndex)
        return !processes.indices.contains(caller) || processes[caller].mm != mm
    }
}
