extension Machine {
    /// brk(2) (`mm/mmap.c`): moves the end of the heap.
    ///
    /// - Returns: the new end, or the old one where the kernel refuses.
    func brk(_ task: Process, _ requested: UInt64) -> VirtualAddress {
        let mm = task.mm
        let layout = mm.pointee.layout
        let old = layout.brk
        if requested < layout.startBrk {
            // brk(0) asks for the end of the heap and wants nothing.
            if requested != 0 {
                refuse(.oldBreak, .belowHeap(requested, start: layout.startBrk))
            }
            return old
        }
        // RLIMIT_DATA counts the heap with the program's data.
        if task.limits.data != .max,
            requested &- layout.startBrk &+ (layout.endData &- layout.startData) > task.limits.data
        {
            refuse(
                .oldBreak,
                .heapLimit(
                    requested &- layout.startBrk &+ (layout.endData &- layout.startData), limit: task.limits.data))
            return old
        }
        let newEnd = requested.pageAlignedUp
        let oldEnd = old.pageAlignedUp
        if newEnd == oldEnd {
            mm.pointee.layout.brk = requested
            return requested
        }
        if requested <= old { return shrinkHeap(mm, requested, newEnd, oldEnd) }
        // A page stays free below the next VMA, and a stack above keeps its guard gap.
        if let next = findVMA(mm, oldEnd), newEnd &+ PageSize.base > gapStart(next) {
            refuse(.oldBreak, .heapMeets(newEnd, next.pointee.range, gap: gapStart(next)))
            return old
        }
        // Only a part of the heap itself is extended (`vma_prev_limit`), never the bss below it.
        var previous = mm.pointee.tree.previous(before: oldEnd)
        if let below = previous, below.pointee.end <= layout.startBrk { previous = nil }
        do { try growHeap(task, oldEnd, newEnd &- oldEnd, after: previous) } catch {
            rename(.oldBreak)
            return old
        }
        mm.pointee.layout.brk = requested
        if mm.pointee.defaultFlags.has(.locked) { populate(task, oldEnd, newEnd &- oldEnd) }
        return requested
    }

    private func shrinkHeap(
        _ mm: Handle<MMStruct>, _ requested: UInt64, _ newEnd: UInt64, _ oldEnd: UInt64
    ) -> VirtualAddress {
        let old = mm.pointee.layout.brk
        // Something else may have taken the heap's place.
        guard findVMA(mm, newEnd, oldEnd) != nil else {
            refuse(.oldBreak, .hole(at: newEnd, in: newEnd, oldEnd))
            return old
        }
        do { try unmap(mm, newEnd, oldEnd &- newEnd) } catch {
            rename(.oldBreak)
            return old
        }
        mm.pointee.layout.brk = requested
        return requested
    }

    /// `do_brk_flags`: zeroed memory, joined to the VMA before it where that is of the same kind.
    ///
    /// - Throws: ENOMEM, EAGAIN.
    func growHeap(
        _ task: Process, _ start: VirtualAddress, _ length: UInt64, after previous: Handle<VMArea>?,
        isExecutable: Bool = false
    ) throws(Errno) {
        let mm = task.mm
        let pages = length >> 12
        if start > AddressSpaceLimit.taskSize || length > AddressSpaceLimit.taskSize - start {
            throw refuse(.ENOMEM, .beyondUserSpace(start, length))
        }
        var heap: VMFlags = [.read, .write, .mayRead, .mayWrite, .mayExec, .account]
        if isExecutable { heap.formUnion(.exec) }
        var flags = heap.union(mm.pointee.defaultFlags)
        if mm.pointee.mergesAny { flags = mergeableFlags(mm, flags) }
        if !mayLock(task, mm.pointee.defaultFlags, pages) { throw refuse(.EAGAIN, lockRule(task, pages)) }
        if !mayExpand(task, flags, pages) { throw refuse(.ENOMEM, expansionRule(task, flags, pages)) }
        if mm.pointee.mapCount > settings.maxMapCount { throw refuse(.ENOMEM, mapCountRule(mm)) }
        try chargeMemory(pages, of: mm)
        let merge = VMAMerge(
            mm: mm, start: start, end: start &+ length, pgoff: start >> 12, flags: flags, file: nil,
            kind: .anonymous, anonVMA: nil, previous: previous, middle: nil, next: nil)
        if previous == nil || mergeNewRange(merge) == nil {
            let vma = makeVMA(
                VMArea(
                    start: start, end: start &+ length, flags: flags, pgoff: start >> 12, mm: mm, file: nil,
                    kind: .anonymous))
            insertVMA(vma)
            emit(.vmaNew, .none, start, length)
        }
        account(mm, flags, Int64(pages))
        if flags.has(.locked) { mm.pointee.lockedVM &+= pages }
    }
}
