extension Machine {
    /// `remap_move` (since 6.17): moves every VMA of a range, keeping the holes between them.
    func moveRange(_ task: Process, _ request: Mremap) throws(Errno) -> VirtualAddress {
        let start = request.address
        let end = request.address &+ request.oldLength
        var target = request.newAddress
        var result: VirtualAddress?
        var lastEnd: VirtualAddress = 0
        var cursor = start
        while let vma = findVMA(task.mm, cursor, end) {
            let vmaStart = vma.pointee.start
            let vmaEnd = vma.pointee.end
            if result == nil, start < vmaStart { throw refuse(.EFAULT, .hole(at: start, in: start, end)) }
            // One that goes alone is neither followed by another nor following one.
            if !mayMoveWithOthers(vma), result != nil || vmaEnd < end {
                throw refuse(
                    .EFAULT,
                    .wrongKind(vma.pointee.range, "a mapping that may choose its place", "a move with other VMAs"))
            }
            let address = max(vmaStart, start)
            var part = request
            let offset = result == nil ? 0 : vmaStart &- lastEnd
            lastEnd = vmaEnd
            part.vma = vma
            part.address = address
            part.newAddress = target &+ offset
            part.oldLength = min(end, vmaEnd) &- address
            part.newLength = part.oldLength
            try prepare(task, &part)
            let moved = try mremapTo(task, &part)
            if result == nil { result = moved }
            target = moved &+ part.newLength
            cursor = vmaEnd
            if cursor >= end { break }
        }
        guard let result else { throw refuse(.EFAULT, .hole(at: start, in: start, end)) }
        return result
    }

    /// `vma_multi_allowed`: a file with a placement of its own might not obey MREMAP_FIXED; shmem and disk files are known
    /// to. System V attachments and private mappings of /dev/zero are neither.
    private func mayMoveWithOthers(_ vma: Handle<VMArea>) -> Bool {
        // Telling a reader takes the lock away, so a registered one goes alone.
        if vma.pointee.userfault != nil { return false }
        return vma.pointee.kind == .file || vma.pointee.file == nil
    }

    /// `mremap_userfaultfd_prep`: a reader hears of the move before the call returns, or the memory is registered no longer.
    private func moveUserfault(_ copy: Handle<VMArea>, _ request: Mremap) {
        guard let context = copy.pointee.userfault else { return }
        guard context.pointee.features.contains(.eventRemap) else { return resetUserfault(copy) }
        context.pointee.changing += 1
        userfaults.steps.insert(
            .tell(
                context, .remap(from: request.address, to: request.newAddress, length: request.oldLength), child: nil),
            at: request.earlyEvents)
    }

    /// `mremap_to`: to an address that was asked for, or with the source left in place.
    func mremapTo(_ task: Process, _ request: inout Mremap) throws(Errno) -> VirtualAddress {
        if request.flags.contains(.fixed) {
            try unmap(task.mm, request.newAddress, request.newLength)
            request.earlyEvents = userfaults.steps.count
            request.vma = lookupVMA(task.mm, request.address)
        }
        guard var vma = request.vma else { throw refuse(.EFAULT, .nothingMapped(at: request.address)) }
        if request.isShrinking {
            try unmap(task.mm, request.address &+ request.newLength, request.oldLength - request.newLength)
            request.oldLength = request.newLength
            guard let rest = lookupVMA(task.mm, request.address) else {
                throw refuse(.EFAULT, .nothingMapped(at: request.address))
            }
            vma = rest
            request.vma = rest
        }
        if request.flags.contains(.dontUnmap),
            !mayExpand(task, vma.pointee.flags, request.oldLength >> 12)
        {
            throw refuse(.ENOMEM, expansionRule(task, vma.pointee.flags, request.oldLength >> 12))
        }
        try chooseNewAddress(task, vma, &request)
        return try moveVMA(task, &request)
    }

    /// `vrm_set_new_addr`.
    func chooseNewAddress(_ task: Process, _ vma: Handle<VMArea>, _ request: inout Mremap) throws(Errno) {
        var flags: MapFlags = []
        if request.flags.contains(.fixed) { flags.formUnion(.fixed) }
        if vma.pointee.flags.has(.mayShare) { flags.formUnion(.shared) }
        request.newAddress = try unmappedArea(
            task, vma.pointee.file, request.newAddressHint, request.newLength,
            pgoff: vma.pointee.pageIndex(request.address), flags: flags)
    }

    /// `move_vma`.
    func moveVMA(_ task: Process, _ request: inout Mremap) throws(Errno) -> VirtualAddress {
        guard let vma = request.vma else { throw refuse(.EFAULT, .nothingMapped(at: request.address)) }
        if vma.pointee.kind == .special,
            vma.pointee.start != request.address || vma.pointee.end != request.address &+ request.oldLength
        {
            throw refuse(.EINVAL, .specialMapping(vma.pointee.range, "a move of a part"))
        }
        if task.mm.pointee.mapCount >= settings.maxMapCount - 3 {
            throw refuse(.ENOMEM, mapCountRule(task.mm, needed: 4))
        }
        try unmergeBeforeMove(task, vma, request)
        try charge(task, vma, &request)
        let copy: Handle<VMArea>
        do { copy = try copyVMA(task, &request) } catch {
            unchargeMemory(request.charged)
            throw error
        }
        guard let source = request.vma else { throw refuse(.EFAULT, .nothingMapped(at: request.address)) }
        let moved = movePageTables(
            from: source, request.address, to: copy, request.newAddress, length: request.oldLength)
        if source.pointee.flags.has(.hugeTLB) {
            // fixup_hugetlb_reservations
            dropReservation(source, moved: request.address..<request.address &+ request.oldLength)
        }
        if moved < request.oldLength {
            undoMove(task, request, from: source, to: copy, moved: moved)
            throw refuse(.ENOMEM, .noFrame("a page table of the new place"))
        }
        moveUserfault(copy, request)
        // For a moment both count; the kernel does not take that for a peak.
        let peak = task.mm.pointee.peakVM
        defer { task.mm.pointee.peakVM = peak }
        accountMove(task, source.pointee.flags, request)
        if request.flags.contains(.dontUnmap) {
            completeDontUnmap(source, copy, request)
        } else {
            unmapSource(task, source, request)
        }
        return request.newAddress
    }

    /// The end of `prep_move_vma`: a merged page at the new place could be taken for another one that was merged there before.
    private func unmergeBeforeMove(_ task: Process, _ vma: Handle<VMArea>, _ request: Mremap) throws(Errno) {
        guard vma.pointee.flags.has(.mergeable) else { return }
        if !unmerge(vma, request.address, request.address &+ request.oldLength, for: task) {
            throw refuse(.ENOMEM, .noFrame("the copy of a merged page"))
        }
    }

    /// `vrm_stat_account`: what is unmapped next is subtracted again.
    private func accountMove(_ task: Process, _ flags: VMFlags, _ request: Mremap) {
        account(task.mm, flags, Int64(request.newLength >> 12))
        if flags.has(.locked) { task.mm.pointee.lockedVM &+= request.newLength >> 12 }
    }

    /// No frame was free for a table: what was moved goes back, and the copy is unmapped in the source's place. It is accounted
    /// first, as a whole, for unmapping takes it from the accounts.
    ///
    /// The way back needs no frame but where the source had no upper table and the copy has one; pages behind such a place go
    /// with the copy, as the kernel's do.
    private func undoMove(
        _ task: Process, _ request: Mremap, from source: Handle<VMArea>, to copy: Handle<VMArea>, moved: UInt64
    ) {
        _ = movePageTables(from: copy, request.newAddress, to: source, request.address, length: moved)
        accountMove(task, copy.pointee.flags, request)
        if request.flags.contains(.dontUnmap) {
            passingOver { () throws(Errno) in try unmap(task.mm, request.newAddress, request.newLength) }
            return
        }
        var back = request
        back.address = request.newAddress
        back.oldLength = request.newLength
        unmapSource(task, copy, back)
        // What the growth was charged stays charged: the copy is unmapped like a source, whose charge moves on.
        unreturnedPages += Int64(request.charged)
    }

    /// `copy_vma`: the place for the pages, joined to a neighbour there if one fits.
    private func copyVMA(_ task: Process, _ request: inout Mremap) throws(Errno) -> Handle<VMArea> {
        guard let vma = request.vma else { throw refuse(.EFAULT, .nothingMapped(at: request.address)) }
        let mm = task.mm
        let start = request.newAddress
        let end = start &+ request.newLength
        var pgoff = vma.pointee.pageIndex(request.address)
        // Nothing was ever mapped: the copy belongs to its new place, where it fits new neighbours.
        if vma.pointee.isAnonymous, vma.pointee.anonVMA == nil { pgoff = start >> 12 }
        let merge = VMAMerge(
            mm: mm, start: start, end: end, pgoff: pgoff, flags: vma.pointee.flags, file: vma.pointee.file,
            kind: vma.pointee.kind, anonVMA: vma.pointee.anonVMA,
            previous: mm.pointee.tree.previous(before: start), middle: nil, next: findVMA(mm, end),
            copiedFrom: vma, policy: vma.pointee.policy, userfault: vma.pointee.userfault)
        let oldStart = vma.pointee.start
        if let merged = mergeNewRange(merge) {
            // The source itself may be the neighbour.
            if merged.pointee.contains(oldStart) { request.vma = merged }
            return merged
        }
        let copy = duplicateVMA(vma, in: mm)
        copy.pointee.start = start
        copy.pointee.end = end
        copy.pointee.pgoff = pgoff
        copy.pointee.anonVMA = vma.pointee.anonVMA
        if vma.pointee.chainFirst != nil { cloneAnonVMA(to: copy, from: vma) }
        insertVMA(copy)
        emit(.vmaNew, .move, start, request.newLength)
        return copy
    }

    /// `dontunmap_complete`: the source stays, empty.
    private func completeDontUnmap(_ source: Handle<VMArea>, _ copy: Handle<VMArea>, _ request: Mremap) {
        if source.pointee.flags.has(.locked) {
            source.pointee.mm.pointee.unreturnedLockedVM &+= source.pointee.pageCount
        }
        source.pointee.flags.subtract(.lockedMask)
        if copy != source, source.pointee.start == request.address,
            source.pointee.end == request.address &+ request.oldLength
        {
            unlinkAnonVMAs(source)
        }
    }

    /// `unmap_source_vma`: the charge moved along with the pages, so the source's is not given back.
    private func unmapSource(_ task: Process, _ source: Handle<VMArea>, _ request: Mremap) {
        let isAccounted = source.pointee.flags.has(.account)
        let start = source.pointee.start
        let end = source.pointee.end
        if isAccounted { source.pointee.flags.subtract(.account) }
        if request.oldLength > 0 {
            passingOver { () throws(Errno) in try unmap(task.mm, request.address, request.oldLength) }
        }
        guard isAccounted else { return }
        if start < request.address {
            task.mm.pointee.tree.previous(before: request.address)?.pointee.flags.formUnion(.account)
        }
        if end > request.address &+ request.oldLength {
            findVMA(task.mm, request.address &+ request.oldLength)?.pointee.flags.formUnion(.account)
        }
    }
}

extension Mremap {
    /// The hint for `get_unmapped_area`: 0 when the kernel may choose.
    fileprivate var newAddressHint: UInt64 { impliesNewAddress ? newAddress : 0 }
}
