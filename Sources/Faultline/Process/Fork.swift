extension Machine {
    /// fork(2) (`dup_mmap` in `kernel/fork.c`).
    ///
    /// - Returns: the child's process; nil where readers of userfaultfds have to be told first.
    /// - Throws: EAGAIN for RLIMIT_NPROC; ENOMEM, and the half-made child is gone then.
    func fork(_ task: Process) throws(Errno) -> Process? {
        try checkProcessLimit(task)
        let parent = task.mm
        guard let mm = makeMM(layout: parent.pointee.layout, owner: processes.count) else {
            throw refuse(.ENOMEM, .noFrame("the child's top-level page table"))
        }
        mm.pointee.totalVM = parent.pointee.totalVM
        mm.pointee.dataVM = parent.pointee.dataVM
        mm.pointee.execVM = parent.pointee.execVM
        mm.pointee.stackVM = parent.pointee.stackVM
        inheritFlags(mm, from: parent)
        // khugepaged_fork
        if parent.pointee.isScanned { enterScanList(mm) }
        mm.pointee.keys = parent.pointee.keys
        mm.pointee.isDumpable = parent.pointee.isDumpable
        var cursor = parent.pointee.tree.cursor()
        while let vma = cursor.next() {
            do {
                try forkVMA(vma, into: mm)
            } catch {
                dropUnborn(mm)
                flushTLB(parent, .fork)
                throw error
            }
        }
        forkMerging(mm, from: parent)
        // dup_mm: what was left out was never the child's.
        mm.pointee.peakVM = 0
        mm.pointee.peakRSS = 0
        // The parent's private pages are write-protected now.
        flushTLB(parent, .fork)
        if !userfaults.steps.isEmpty {
            bearLater(mm)
            return nil
        }
        return addChild(of: task, in: mm)
    }

    /// `mmf_init_flags`: what fork and execve leave in force.
    func inheritFlags(_ mm: Handle<MMStruct>, from parent: Handle<MMStruct>) {
        mm.pointee.denyWriteExecute = parent.pointee.denyWriteExecute && parent.pointee.denyWriteExecuteInherits
        mm.pointee.mergesAny = parent.pointee.mergesAny
        mm.pointee.hugePagesDisabled = parent.pointee.hugePagesDisabled
        mm.pointee.denyWriteExecuteInherits = parent.pointee.denyWriteExecuteInherits
    }

    private func forkVMA(_ vma: Handle<VMArea>, into mm: Handle<MMStruct>) throws(Errno) {
        let pages = vma.pointee.pageCount
        lockToWrite(vma, .fork)
        if vma.pointee.flags.has(.dontCopy) {
            account(mm, vma.pointee.flags, -Int64(pages))
            emit(.pageRangeCopied, .forkLeavesOut, vma.pointee.start, 0)
            return
        }
        if vma.pointee.flags.has(.account) { try chargeMemory(pages, of: vma.pointee.mm) }
        let copy = duplicateVMA(vma, in: mm)
        copy.pointee.flags.subtract(.lockedMask)
        if copy.pointee.userfault != nil { forkUserfault(copy) }
        let isWiped = copy.pointee.flags.has(.wipeOnFork)
        if !isWiped { forkAnonVMA(copy, from: vma) }
        mm.pointee.tree.append(start: copy.pointee.start, end: copy.pointee.end, payload: copy)
        mm.pointee.mapCount += 1
        linkFile(copy)
        if isWiped || !Self.copiesEntries(vma, to: copy) {
            emit(.pageRangeCopied, isWiped ? .forkWipes : .forkRefills, vma.pointee.start, 0)
            return
        }
        emit(.pageRangeCopied, .forkShares, vma.pointee.start, pages << 12)
        if !copyEntries(from: vma, to: copy) { throw refuse(.ENOMEM, .noFrame("a page table of the child")) }
    }

    /// `vma_needs_copy`: shared pages are found again by faulting, so only what a fault could not restore is copied.
    @inline(__always)
    private static func copiesEntries(_ vma: Handle<VMArea>, to copy: Handle<VMArea>) -> Bool {
        copy.pointee.flags.hasAny(.copyOnFork) || vma.pointee.anonVMA != nil
    }
}
