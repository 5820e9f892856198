extension Machine {
    /// What a munmap takes away: `struct vma_munmap_struct`.
    struct Unmapping {
        var first: Handle<VMArea>?
        /// The one behind the range.
        var next: Handle<VMArea>?
        /// Of the VMAs in the range.
        var count = 0
        var pages: UInt64 = 0
        var accountedPages: UInt64 = 0
        let start: VirtualAddress
        let end: VirtualAddress
    }

    /// `do_vmi_munmap`.
    ///
    /// - Throws: EINVAL for a bad range, EPERM where a VMA is sealed, ENOMEM where a split would exceed the limit.
    func unmap(_ mm: Handle<MMStruct>, _ start: VirtualAddress, _ length: UInt64) throws(Errno) {
        if !start.isPageAligned { throw refuse(.EINVAL, .unaligned("addr", start)) }
        if start > AddressSpaceLimit.taskSize || length > AddressSpaceLimit.taskSize - start {
            throw refuse(.EINVAL, .beyondUserSpace(start, length))
        }
        let end = start &+ length.pageAlignedUp
        if end == start { throw refuse(.EINVAL, .zeroLength("length")) }
        completeUnmapping(mm, try gatherUnmapping(mm, start, end))
    }

    /// `vms_gather_munmap_vmas`: splits at both ends and counts. Splits stay when it fails.
    ///
    /// - Parameter tells: readers of userfaultfds hear of it (`vms->uf`).
    func gatherUnmapping(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress, tells: Bool = true
    ) throws(Errno) -> Unmapping {
        var result = Unmapping(start: start, end: end)
        guard var vma = findVMA(mm, start, end) else { return result }
        if start > vma.pointee.start {
            if end < vma.pointee.end && mm.pointee.mapCount >= settings.maxMapCount {
                throw refuse(.ENOMEM, mapCountRule(mm))
            }
            if vma.pointee.flags.has(.sealed) { throw refuse(.EPERM, .sealed(vma.pointee.range)) }
            try splitVMAUnchecked(vma, at: start, newBelow: true)
        }
        result.first = vma
        // One VMA a round.
        while true {
            if vma.pointee.flags.has(.sealed) { throw refuse(.EPERM, .sealed(vma.pointee.range)) }
            if vma.pointee.end > end { try splitVMAUnchecked(vma, at: end, newBelow: false) }
            if tells, let context = vma.pointee.userfault { tellUnmapping(context, start, end) }
            result.count += 1
            result.pages += vma.pointee.pageCount
            if vma.pointee.flags.has(.account) { result.accountedPages += vma.pointee.pageCount }
            let next = nextVMA(vma)
            guard let next, next.pointee.start < end else {
                result.next = next
                return result
            }
            vma = next
        }
    }

    /// `userfaultfd_unmap_prep`: each userfaultfd hears of the whole range, once.
    private func tellUnmapping(_ context: Handle<UserfaultContext>, _ start: VirtualAddress, _ end: VirtualAddress) {
        guard context.pointee.features.contains(.eventUnmap) else { return }
        let isKnown = userfaults.steps.contains {
            if case .tell(context, .unmap(start, end), _) = $0 { true } else { false }
        }
        if !isKnown { tellLater(context, .unmap(start, end)) }
    }

    /// `vms_complete_munmap_vmas`: removes what was gathered.
    func completeUnmapping(_ mm: Handle<MMStruct>, _ unmapping: Unmapping) {
        guard let first = unmapping.first else { return }
        let below = previousVMA(first)?.pointee.end ?? 0
        var vma: Handle<VMArea>? = first
        let gathers = hugePool.isUsed
        if gathers { hugePool.isGathering = true }
        let gathersFlushes = beginGather(mm)
        for remaining in (0..<unmapping.count).reversed() {
            guard let current = vma else { preconditionFailure("fewer VMAs than were gathered") }
            zapRange(current, current.pointee.start, current.pointee.end)
            vma = remaining > 0 ? nextVMA(current) : unmapping.next
        }
        if gathers { finishGathering() }
        let above = vma?.pointee.start ?? 0
        freeTables(mm, first, unmapping.count, floor: below, ceiling: above)
        endGather(gathersFlushes)
        vma = first
        for remaining in (0..<unmapping.count).reversed() {
            guard let current = vma else { break }
            vma = remaining > 0 ? nextVMA(current) : nil
            account(mm, current.pointee.flags, -Int64(current.pointee.pageCount))
            if current.pointee.flags.has(.locked) { mm.pointee.lockedVM &-= current.pointee.pageCount }
            removeVMA(current)
        }
        unchargeMemory(unmapping.accountedPages)
    }

    /// Takes a VMA whose pages are gone out of every tree and frees it.
    func removeVMA(_ vma: Handle<VMArea>) {
        let mm = vma.pointee.mm
        lockToWrite(vma, .unmap)
        emit(.vmaRemoved, .none, vma.pointee.start, vma.pointee.length)
        unlinkAnonVMAs(vma)
        unlinkFile(vma)
        mm.pointee.tree.remove(start: vma.pointee.start)
        mm.pointee.mapCount -= 1
        freeVMA(vma)
    }

    /// `free_pgtables`: neighbours closer than 2 MiB are treated as one range, so that a table between them goes too.
    func freeTables(
        _ mm: Handle<MMStruct>, _ first: Handle<VMArea>, _ count: Int, floor: VirtualAddress,
        ceiling: VirtualAddress
    ) {
        let before = mm.pointee.tableFrames
        var vma = first
        var remaining = count
        while remaining > 0 {
            let start = vma.pointee.start
            remaining -= 1
            var next = remaining > 0 ? nextVMA(vma) : nil
            while remaining > 0, let candidate = next,
                candidate.pointee.start <= vma.pointee.end &+ PageTableLevel.pmdSize
            {
                vma = candidate
                remaining -= 1
                next = remaining > 0 ? nextVMA(vma) : nil
            }
            let limit = remaining > 0 ? next?.pointee.start ?? ceiling : ceiling
            freeTables(mm, start, vma.pointee.end, floor: floor, ceiling: limit)
            if remaining > 0, let next { vma = next }
        }
        if mm.pointee.tableFrames != before { flushTLB(mm, .tablesFreed) }
    }
}
