/// A proposed VMA and its surroundings: `struct vma_merge_struct` (`mm/vma.h`).
struct VMAMerge {
    let mm: Handle<MMStruct>
    var start: VirtualAddress
    var end: VirtualAddress
    var pgoff: UInt64
    var flags: VMFlags
    var file: Handle<OpenFile>?
    var kind: VMArea.Kind
    var anonVMA: Handle<AnonVMA>?
    /// The VMA that ends at or below `start`.
    var previous: Handle<VMArea>?
    /// The VMA that holds the range, when an existing one changes.
    var middle: Handle<VMArea>?
    /// The VMA that begins at or above `end`.
    var next: Handle<VMArea>?
    /// The VMA whose copy is made by mremap.
    var copiedFrom: Handle<VMArea>?
    /// The memory policy that the range has, or gets.
    var policy: UInt32 = 0
    /// `uffd_ctx`.
    var userfault: Handle<UserfaultContext>?
}

extension Machine {
    // MARK: May two merge?

    /// `is_mergeable_vma`.
    @inline(__always)
    private func refusal(_ merge: VMAMerge, _ vma: Handle<VMArea>) -> Event.Reason? {
        if vma.pointee.policy != merge.policy { return .policyDiffers }
        let difference = VMFlags(rawValue: vma.pointee.flags.rawValue ^ merge.flags.rawValue)
        if !difference.removing(.sticky).isEmpty { return .flagsDiffer }
        if vma.pointee.file != merge.file || vma.pointee.kind != merge.kind { return .fileDiffers }
        if vma.pointee.userfault != merge.userfault { return .userfaultDiffers }
        return nil
    }

    /// `is_mergeable_anon_vma` (since 6.16): who brings an anon_vma to whom. A chain that fork made is neither given nor
    /// joined, because the lock of its root would be shared with all the relatives.
    @inline(__always)
    private func anonRefusal(_ merge: VMAMerge, _ target: Handle<VMArea>) -> Event.Reason? {
        switch (target.pointee.anonVMA, merge.anonVMA) {
        case (nil, nil): return nil
        case (nil, .some):
            if let source = merge.middle, source.pointee.isForkChild { return .forkChild }
            if let source = merge.copiedFrom, source.pointee.isForkChild { return .forkChild }
            return nil
        case (.some, nil): return target.pointee.isForkChild ? .forkChild : nil
        case (let own?, let other?): return own == other ? nil : .anonVMADiffers
        }
    }

    /// `can_vma_merge_left`.
    private func canMergeLeft(_ merge: VMAMerge) -> Bool {
        guard let previous = merge.previous, previous.pointee.end == merge.start else { return false }
        var reason = refusal(merge, previous) ?? anonRefusal(merge, previous)
        if reason == nil, previous.pointee.pgoff &+ previous.pointee.pageCount != merge.pgoff {
            reason = .offsetDiffers
        }
        if let reason, isTracing { noteMergeRefusal(reason, merge, previous, left: true) }
        return reason == nil
    }

    /// `can_vma_merge_right`.
    private func canMergeRight(_ merge: VMAMerge, left: Bool) -> Bool {
        guard let next = merge.next, next.pointee.start == merge.end else { return false }
        var reason = refusal(merge, next) ?? anonRefusal(merge, next)
        if reason == nil, next.pointee.pgoff != merge.pgoff &+ ((merge.end &- merge.start) >> 12) {
            reason = .offsetDiffers
        }
        if reason == nil, left, let previous = merge.previous, let first = previous.pointee.anonVMA,
            let second = next.pointee.anonVMA, first != second
        {
            // Each fits the range, but they do not fit each other.
            reason = .anonVMADiffers
        }
        if let reason, isTracing { noteMergeRefusal(reason, merge, next, left: false) }
        return reason == nil
    }

    /// `can_merge_remove_vma`: an operation that must run at the end of a VMA forbids its disappearance.
    @inline(__always)
    private func mayRemove(_ vma: Handle<VMArea>) -> Bool { vma.pointee.kind != .sysvShm }

    // MARK: A new range

    /// `vma_merge_new_range`: extends a neighbour over a range where nothing is.
    ///
    /// - Returns: the VMA that took the range in, or nil.
    func mergeNewRange(_ merge: VMAMerge) -> Handle<VMArea>? {
        if merge.previous == nil && merge.next == nil { return nil }
        if merge.flags.hasAny(.special) || merge.kind == .special {
            noteNeverMerged(merge)
            return nil
        }
        let left = canMergeLeft(merge)
        let right = canMergeRight(merge, left: left)
        if left, let previous = merge.previous {
            if right, let next = merge.next, mayRemove(next) {
                giveAnonVMA(from: next, to: previous)
                giveCopiedAnonVMA(merge, to: previous)
                addSticky(merge.flags.union(next.pointee.flags), to: previous)
                let end = next.pointee.end
                removeMerged(next)
                setRange(previous, previous.pointee.start, end, pgoff: previous.pointee.pgoff)
                emit(.vmaMerge, .mergedBoth, merge.start, merge.end)
            } else {
                if right, let next = merge.next { noteMergeRefusal(.closeOperation, merge, next, left: false) }
                giveCopiedAnonVMA(merge, to: previous)
                addSticky(merge.flags, to: previous)
                setRange(previous, previous.pointee.start, merge.end, pgoff: previous.pointee.pgoff)
                emit(.vmaMerge, .mergedPrevious, merge.start, merge.end)
            }
            if huge.isLooked { enterScanList(previous) }
            return previous
        }
        if right, let next = merge.next {
            giveCopiedAnonVMA(merge, to: next)
            addSticky(merge.flags, to: next)
            setRange(next, merge.start, next.pointee.end, pgoff: merge.pgoff)
            emit(.vmaMerge, .mergedNext, merge.start, merge.end)
            if huge.isLooked { enterScanList(next) }
            return next
        }
        return nil
    }

    // MARK: An existing VMA

    /// `vma_merge_existing_range`: `[start, end)` of `middle` gets the flags of `merge`; can it join a neighbour?
    ///
    /// Precondition: `merge.next` is the VMA behind the whole of `middle`.
    func mergeExistingRange(_ proposal: VMAMerge) -> Handle<VMArea>? {
        guard let middle = proposal.middle else { preconditionFailure("an existing range has a VMA") }
        let leftSide = proposal.start == middle.pointee.start
        let rightSide = proposal.end == middle.pointee.end
        if !(leftSide || rightSide) { return nil }
        if proposal.flags.hasAny(.special) || middle.pointee.kind == .special {
            noteNeverMerged(proposal)
            return nil
        }
        let left = leftSide && canMergeLeft(proposal)
        var right = rightSide && canMergeRight(proposal, left: left)
        guard left || right else { return nil }
        let removesMiddle = leftSide && rightSide
        if removesMiddle && !mayRemove(middle) {
            noteMergeRefusal(.closeOperation, proposal, middle, left: true)
            return nil
        }
        if left && right, let next = proposal.next, !mayRemove(next) {
            noteMergeRefusal(.closeOperation, proposal, next, left: false)
            right = false
        }
        if left, let previous = proposal.previous {
            if right, let next = proposal.next {
                giveAnonVMA(from: next.pointee.anonVMA != nil ? next : middle, to: previous)
                addSticky(middle.pointee.flags.union(next.pointee.flags), to: previous)
                let end = next.pointee.end
                removeMerged(middle)
                removeMerged(next)
                setRange(previous, previous.pointee.start, end, pgoff: previous.pointee.pgoff)
                emit(.vmaMerge, .mergedBoth, proposal.start, proposal.end)
            } else {
                mergeMiddle(middle, intoPrevious: previous, proposal.end, removes: removesMiddle)
            }
            if huge.isLooked { enterScanList(previous) }
            return previous
        }
        guard let next = proposal.next else { return nil }
        mergeMiddle(middle, intoNext: next, proposal, removes: removesMiddle)
        if huge.isLooked { enterScanList(next) }
        return next
    }

    private func mergeMiddle(
        _ middle: Handle<VMArea>, intoPrevious previous: Handle<VMArea>, _ end: VirtualAddress, removes: Bool
    ) {
        let start = middle.pointee.start
        giveAnonVMA(from: middle, to: previous)
        addSticky(middle.pointee.flags, to: previous)
        if removes {
            removeMerged(middle)
        } else {
            setRange(
                middle, end, middle.pointee.end, pgoff: middle.pointee.pgoff &+ ((end &- start) >> 12))
        }
        setRange(previous, previous.pointee.start, end, pgoff: previous.pointee.pgoff)
        emit(.vmaMerge, .mergedPrevious, start, end)
    }

    private func mergeMiddle(
        _ middle: Handle<VMArea>, intoNext next: Handle<VMArea>, _ proposal: VMAMerge, removes: Bool
    ) {
        giveAnonVMA(from: middle, to: next)
        addSticky(middle.pointee.flags, to: next)
        if removes {
            removeMerged(middle)
        } else {
            setRange(middle, middle.pointee.start, proposal.start, pgoff: middle.pointee.pgoff)
        }
        setRange(next, proposal.start, next.pointee.end, pgoff: proposal.pgoff)
        emit(.vmaMerge, .mergedNext, proposal.start, proposal.end)
    }

    // MARK: Parts of a merge

    /// `dup_anon_vma`.
    private func giveAnonVMA(from source: Handle<VMArea>, to target: Handle<VMArea>) {
        guard let anonVMA = source.pointee.anonVMA, target.pointee.anonVMA == nil else { return }
        target.pointee.anonVMA = anonVMA
        cloneAnonVMA(to: target, from: source)
    }

    /// A VMA without pages that takes in what is moved beside it gets the anon_vma of the pages' old VMA (`vma_expand`).
    private func giveCopiedAnonVMA(_ merge: VMAMerge, to target: Handle<VMArea>) {
        if let source = merge.copiedFrom { giveAnonVMA(from: source, to: target) }
    }

    /// Sticky flags of either side stay (`VM_STICKY`).
    @inline(__always)
    private func addSticky(_ flags: VMFlags, to vma: Handle<VMArea>) {
        vma.pointee.flags.formUnion(flags.intersection(.maybeGuard))
    }

    /// The VMA disappears in a merge: its range is another's from now on.
    private func removeMerged(_ vma: Handle<VMArea>) {
        let mm = vma.pointee.mm
        lockToWrite(vma, .lockRange)
        unlinkAnonVMAs(vma)
        unlinkFile(vma)
        mm.pointee.tree.remove(start: vma.pointee.start)
        mm.pointee.mapCount -= 1
        freeVMA(vma)
    }

    /// `vma_modify`: `[start, end)` of a VMA gets other flags, or another memory policy, by merging with a neighbour or by splitting.
    ///
    /// - Returns: the VMA that holds the range now; its flags are the caller's to set when it is not a neighbour.
    func modifyVMA(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, flags: VMFlags,
        policy: UInt32? = nil
    ) throws(Errno) -> Handle<VMArea> {
        try modifyVMA(vma, start, end, flags: flags, policy: policy, userfault: vma.pointee.userfault)
    }

    /// `vma_modify_flags_uffd`: the same with another userfaultfd.
    func modifyVMA(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, flags: VMFlags,
        policy: UInt32? = nil, userfault: Handle<UserfaultContext>?
    ) throws(Errno) -> Handle<VMArea> {
        let proposal = VMAMerge(
            mm: vma.pointee.mm, start: start, end: end, pgoff: vma.pointee.pageIndex(start), flags: flags,
            file: vma.pointee.file, kind: vma.pointee.kind, anonVMA: vma.pointee.anonVMA,
            previous: start == vma.pointee.start ? previousVMA(vma) : nil, middle: vma,
            next: end == vma.pointee.end ? nextVMA(vma) : nil, policy: policy ?? vma.pointee.policy,
            userfault: userfault)
        if let merged = mergeExistingRange(proposal) { return merged }
        if start > vma.pointee.start { try splitVMA(vma, at: start, newBelow: true) }
        if end < vma.pointee.end { try splitVMA(vma, at: end, newBelow: false) }
        lockToWrite(vma, .lockFlags)
        return vma
    }
}
