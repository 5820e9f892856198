/// Flushes over several CPUs (`arch/x86/mm/tlb.c`): each is an event of its CPU, as the tracepoint `tlb:tlb_flush` has it.
extension Machine {
    /// ``flushTLB(_:_:_:_:_:)`` of a machine with several CPUs.
    @inline(never)
    func flushOnCPUs(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress,
        _ operation: PageTableChange.Operation, _ reason: Event.Reason
    ) {
        // flush_tlb_fix_spurious_fault does nothing on x86: the fault itself took the old entry away.
        if operation == .spurious { return }
        noteChange(mm, start, end, operation, reason)
        if isTracing { emit(.tlbFlush, reason, start, end &- start) }
        if !windows.isEmpty { flushWindows(mm.pointee.context, start, end) }
        if operation == .zap || operation == .protect, gathers(mm) { return }
        shootDown(mm, start, end, shift: PageTableLevel.pte, freesTables: false)
    }

    /// `flush_tlb_mm` of a machine with several CPUs.
    @inline(never)
    func flushOnCPUs(_ mm: Handle<MMStruct>, _ reason: Event.Reason) {
        // What frees tables in a gather is flushed at its end; a move has flushed the range. The end of an address space is a gather too.
        if reason == .tablesMoved || reason == .exit || (reason == .tablesFreed && gathers(mm)) { return }
        emit(.tlbFlushAll, reason)
        if !windows.isEmpty { flushWindows(mm.pointee.context, 0, .max) }
        shootDown(mm, 0, MMU.FlushRequest.everything, shift: PageTableLevel.pte, freesTables: true)
    }

    /// `flush_tlb_mm_range`: this CPU, and by interrupt the others that may hold translations of the address space. It takes as long as
    /// there are CPUs in its mask.
    func shootDown(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress, shift: UInt64, freesTables: Bool
    ) {
        flushes.calls &+= 1
        mm.pointee.tlbGeneration &+= 1
        let isWhole = end == MMU.FlushRequest.everything || (end &- start) >> shift > cpu.mmu.singlePageCeiling
        let own: UInt64 = 1 << UInt64(cpu.number)
        let others = mm.pointee.cpuMask & ~own
        let request = MMU.FlushRequest(
            context: mm.pointee.context, start: isWhole ? 0 : start,
            end: isWhole ? MMU.FlushRequest.everything : end, shift: shift,
            generation: mm.pointee.tlbGeneration, freesTables: freesTables,
            trims: others != 0 && isTimeToTrim(mm))
        if others == 0 {
            if cpu.mmu.spaces?.context == request.context { flushHere(mm, request) }
            return
        }
        emitFlush(.flushSendsInterrupt, cpu.number, request.pages(PageTableLevel.pte))
        if mm.pointee.cpuMask & own != 0, cpu.mmu.shouldFlush(request) { flushHere(mm, request) }
        var rest = others
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest &- 1
            guard let other = processors.parked[number], other.cpu.mmu.shouldFlush(request) else { continue }
            if processors.deaf >> UInt64(number) & 1 != 0, other.cpu.mmu.check != nil { continue }
            if note(other.cpu.mmu.answer(request), mm, number, isLocal: false) {
                loadKernelSpace(&other.cpu.mmu, number)
            }
        }
    }

    /// `should_trim_cpumask`: once a second a flush goes to all CPUs of the mask, so that those that have gone on leave it.
    private func isTimeToTrim(_ mm: Handle<MMStruct>) -> Bool {
        if clock.now <= mm.pointee.nextTrim { return false }
        mm.pointee.nextTrim = clock.now &+ Clock.trimInterval
        return true
    }

    /// `flush_tlb_func` on the CPU that runs.
    private func flushHere(_ mm: Handle<MMStruct>, _ request: MMU.FlushRequest) {
        if note(cpu.mmu.answer(request), mm, cpu.number, isLocal: true) { loadKernelSpace(&cpu.mmu, cpu.number) }
    }

    /// Counts and tells what a CPU did. - Returns: whether it is to let go of the address space.
    private func note(_ answer: MMU.Answer, _ mm: Handle<MMStruct>, _ number: Int, isLocal: Bool) -> Bool {
        switch answer {
        case .wrongCPU:
            mm.pointee.cpuMask &= ~(1 << UInt64(number))
            emitFlush(.flushWrongCPU, number, 0)
        case .lazy: return true
        case .done: break
        case .flushed(let pages, let singly):
            let drops = cpu.mmu.check?.dropsFlushes ?? false
            if pages == .max, !drops { flushes.contexts &+= 1 }
            flushes.pages &+= singly
            emitFlush(isLocal ? .flushLocalMM : .flushRemote, number, pages)
        }
        return false
    }

    /// `switch_mm_irqs_off(init_mm)`: a CPU lets go of the address space that it kept while nobody ran.
    private func loadKernelSpace(_ mmu: inout MMU, _ number: Int) {
        let isStale = mmu.load(kernel.initMM.pgd, 0, generation: 1)
        emitFlush(.flushTaskSwitch, number, isStale ? .max : 0)
    }

    /// `trace_tlb_flush`.
    func emitFlush(_ reason: Event.Reason, _ number: Int, _ pages: UInt64) {
        if isTracing { emit(.tlbFlushOnCPU, reason, UInt64(number), pages) }
    }

    /// `flush_tlb_kernel_range` on the other CPUs; it has no tracepoint.
    func flushKernelRangeElsewhere(_ start: VirtualAddress, _ end: VirtualAddress) {
        for case let other? in processors.parked {
            if let pages = other.cpu.mmu.flushKernel(from: start, to: end) {
                flushes.pages &+= pages
            } else {
                flushes.everything &+= 1
            }
        }
    }

    /// The address space is gone: no CPU may have its tables loaded.
    func dropContextElsewhere(_ context: UInt32) {
        if cpu.mmu.spaces?.context == context { loadKernelSpace(&cpu.mmu, cpu.number) }
        for case let other? in processors.parked where other.cpu.mmu.spaces?.context == context {
            loadKernelSpace(&other.cpu.mmu, other.cpu.number)
        }
    }
}
