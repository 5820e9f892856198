/// How often the kernel flushed translations, by what it took away; what the CPU counts must be the same.
struct FlushCounts: Equatable {
    /// Single pages (INVLPG, or INVPCID of an address).
    var pages: UInt64 = 0
    /// Whole address spaces (INVPCID of a context).
    var contexts: UInt64 = 0
    /// Everything (INVPCID of all contexts).
    var everything: UInt64 = 0
    /// Calls below, each of which is one `tlb_flush` event.
    var calls: UInt64 = 0
}

/// The one place that flushes the TLB after a change of page tables (`arch/x86/mm/tlb.c`). Each flush notes the change for the coherence
/// check, takes the translations away, is counted, and is an event.
extension Machine {
    /// `flush_tlb_range`: translations of a range, page by page, or the whole address space above 33 pages
    /// (`tlb_single_page_flush_ceiling`).
    ///
    /// Of an address space that does not run here the kernel only moves `tlb_gen` on, so that the CPU flushes all of it when it
    /// comes back (`switch_mm_irqs_off`). Here that happens at once, which no access can tell.
    @inline(__always)
    func flushTLB(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress,
        _ operation: PageTableChange.Operation, _ reason: Event.Reason
    ) {
        if processors.areSeveral { return flushOnCPUs(mm, start, end, operation, reason) }
        noteChange(mm, start, end, operation, reason)
        let context = mm.pointee.context
        if context != cpu.mmu.context, isForeign(mm) {
            countFlush(cpu.mmu.flushAll(context: context))
        } else {
            countFlush(cpu.mmu.flush(context: context, from: start, to: end))
        }
        if !windows.isEmpty { flushWindows(context, start, end) }
        if isTracing { emit(.tlbFlush, reason, start, end &- start) }
    }

    /// `flush_tlb_page`.
    @inline(__always)
    func flushTLBPage(
        _ mm: Handle<MMStruct>, _ address: VirtualAddress, _ operation: PageTableChange.Operation,
        _ reason: Event.Reason
    ) {
        let page = address.pageAlignedDown
        flushTLB(mm, page, page &+ PageSize.base, operation, reason)
    }

    /// `flush_tlb_mm`: all translations of an address space, and what the paging-structure caches hold of it. The changes were
    /// noted where they were made.
    @inline(never)
    func flushTLB(_ mm: Handle<MMStruct>, _ reason: Event.Reason) {
        if processors.areSeveral { return flushOnCPUs(mm, reason) }
        countFlush(cpu.mmu.flushAll(context: mm.pointee.context))
        if !windows.isEmpty { flushWindows(mm.pointee.context, 0, .max) }
        emit(.tlbFlushAll, reason)
    }

    // MARK: The kernel's addresses

    /// `flush_tlb_kernel_range`: page by page, or everything above 33 pages (`flush_tlb_all`).
    func flushKernelRange(_ start: VirtualAddress, _ end: VirtualAddress) {
        flushes.calls &+= 1
        if let pages = cpu.mmu.flushKernel(from: start, to: end) {
            flushes.pages &+= pages
            emit(.tlbFlush, .kernelRange, start, end &- start)
        } else {
            flushes.everything &+= 1
            emit(.tlbFlushAll, .kernelRange)
        }
        if processors.areSeveral { flushKernelRangeElsewhere(start, end) }
    }

    /// Notes that entries of the kernel's own tables lost a page or a right.
    func noteKernelChange(_ start: VirtualAddress, _ end: VirtualAddress, _ operation: PageTableChange.Operation) {
        if let check = cpu.mmu.check {
            check.note(
                operation, .none, process: cpu.current, context: CoherenceCheck.kernelContext, start, end)
            for case let other? in processors.parked {
                other.cpu.mmu.check?.note(
                    operation, .none, process: cpu.current, context: CoherenceCheck.kernelContext, start, end)
            }
        }
    }

    /// What the host shows of the address space follows, but for a test's kernel that forgets its flushes.
    @inline(never)
    func flushWindows(_ context: UInt32, _ start: VirtualAddress, _ end: VirtualAddress) {
        if let check = cpu.mmu.check, check.dropsFlushes { return }
        windows.flush(context: context, from: start, to: end)
    }

    /// Notes that entries lost a page or a right, before the TLB is flushed.
    @inline(__always)
    func noteChange(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress, _ operation: PageTableChange.Operation,
        _ reason: Event.Reason
    ) {
        if let check = cpu.mmu.check {
            check.note(operation, reason, process: cpu.current, context: mm.pointee.context, start, end)
            for case let other? in processors.parked {
                other.cpu.mmu.check?.note(
                    operation, reason, process: cpu.current, context: mm.pointee.context, start, end)
            }
        }
    }

    @inline(__always)
    private func countFlush(_ flushed: MMU.Flushed) {
        flushes.calls &+= 1
        switch flushed {
        case .nothing: break
        case .pages(let count): flushes.pages &+= count
        case .context: flushes.contexts &+= 1
        }
    }

    /// Whether the address space is not that of the process that makes the call. The MMU alone does not know: it has what the
    /// last access used.
    @inline(never)
    private func isForeign(_ mm: Handle<MMStruct>) -> Bool {
        let caller = Int(cpu.current)
        return !processes.indices.contains(caller) || processes[caller].mm != mm
    }
}
