extension Machine {
    // MARK: Neighbours

    @inline(__always)
    func findVMA(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> Handle<VMArea>? {
        mm.pointee.tree.findFirst(endingAfter: address)
    }

    /// `vma_lookup`.
    @inline(__always)
    func lookupVMA(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> Handle<VMArea>? {
        mm.pointee.tree.find(address)
    }

    /// `find_vma_intersection`.
    @inline(__always)
    func findVMA(_ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress) -> Handle<VMArea>? {
        guard let vma = findVMA(mm, start), vma.pointee.start < end else { return nil }
        return vma
    }

    @inline(__always)
    func nextVMA(_ vma: Handle<VMArea>) -> Handle<VMArea>? { findVMA(vma.pointee.mm, vma.pointee.end) }

    @inline(__always)
    func previousVMA(_ vma: Handle<VMArea>) -> Handle<VMArea>? {
        vma.pointee.mm.pointee.tree.previous(before: vma.pointee.start)
    }

    // MARK: Insertion and removal

    /// `vma_link`: puts a new VMA into the tree, the file's i_mmap and the count.
    func insertVMA(_ vma: Handle<VMArea>) {
        let mm = vma.pointee.mm
        lockToWrite(vma, .lockNew)
        mm.pointee.tree.insert(start: vma.pointee.start, end: vma.pointee.end, payload: vma)
        mm.pointee.mapCount += 1
        linkFile(vma)
    }

    /// `vma_link_file`: into the i_mmap.
    @inline(__always)
    func linkFile(_ vma: Handle<VMArea>) {
        guard let file = vma.pointee.file else { return }
        let mapping = file.pointee.mapping
        vma.pointee.interval.start = vma.pointee.pgoff
        vma.pointee.interval.last = vma.pointee.pgoff &+ vma.pointee.pageCount &- 1
        mapping.pointee.mappers.insert(vma)
        if vma.pointee.flags.has(.shared) && vma.pointee.flags.has(.mayWrite) {
            mapping.pointee.writableMappings += 1
        }
    }

    @inline(__always)
    func unlinkFile(_ vma: Handle<VMArea>) {
        guard let file = vma.pointee.file else { return }
        file.pointee.mapping.pointee.mappers.remove(vma)
        if vma.pointee.flags.has(.shared) && vma.pointee.flags.has(.mayWrite) {
            file.pointee.mapping.pointee.writableMappings -= 1
        }
    }

    /// `remove_vma`: frees a VMA that is in no tree any more, and lets its file go.
    func freeVMA(_ vma: Handle<VMArea>) {
        if vma.pointee.mm.pointee.faultCache == vma { vma.pointee.mm.pointee.faultCache = nil }
        let file = vma.pointee.file
        if file != nil, vma.pointee.flags.has(.hugeTLB) { closeReservation(vma) }
        let wasSegment = vma.pointee.kind == .sysvShm
        if chargesKernelObjects { unchargeObject(.vmaStruct, vma.bits) }
        if !numa.areas.isEmpty { numa.areas[vma] = nil }
        forgetLock(vma)
        vmas.deallocate(vma)
        if let file {
            if wasSegment { detachSegment(file.pointee.mapping) }
            putFile(file)
        }
    }

    /// `vm_area_alloc`: a record of its own.
    @inline(__always)
    func makeVMA(_ record: VMArea) -> Handle<VMArea> {
        let vma = vmas.allocate(record)
        if chargesKernelObjects { chargeObject(.vmaStruct, vma.bits) }
        return vma
    }

    /// `vm_area_dup` with the file's reference; in no tree, without an anon_vma chain.
    func duplicateVMA(_ vma: Handle<VMArea>, in mm: Handle<MMStruct>) -> Handle<VMArea> {
        let old = vma.pointee
        let copy = makeVMA(
            VMArea(
                start: old.start, end: old.end, flags: old.flags, pgoff: old.pgoff, mm: mm, file: old.file,
                kind: old.kind))
        copy.pointee.swapReadahead = old.swapReadahead
        copy.pointee.policy = old.policy
        copy.pointee.userfault = old.userfault
        guard let file = old.file else { return copy }
        if old.flags.has(.hugeTLB) { openReservation(copy, isForked: mm != old.mm) }
        file.pointee.refcount += 1
        if old.kind == .sysvShm { attachSegment(file.pointee.mapping) }
        return copy
    }

    // MARK: Change

    /// Moves the bounds of a VMA that is in the trees (`vma_prepare`, `vma_set_range`, `vma_complete`).
    ///
    /// Precondition: the new range overlaps no other VMA that is still in the tree.
    func setRange(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, pgoff: UInt64) {
        let oldStart = vma.pointee.start
        lockToWrite(vma, .lockRange)
        if huge.isLooked {
            if start > oldStart { splitHugeAcross(vma.pointee.mm, start) }
            if end < vma.pointee.end { splitHugeAcross(vma.pointee.mm, end) }
        }
        removeChainIntervals(vma)
        if let file = vma.pointee.file { file.pointee.mapping.pointee.mappers.remove(vma) }
        vma.pointee.start = start
        vma.pointee.end = end
        vma.pointee.pgoff = pgoff
        insertChainIntervals(vma)
        if let file = vma.pointee.file {
            vma.pointee.interval.start = pgoff
            vma.pointee.interval.last = pgoff &+ vma.pointee.pageCount &- 1
            file.pointee.mapping.pointee.mappers.insert(vma)
        }
        vma.pointee.mm.pointee.tree.updateRange(oldStart: oldStart, newStart: start, newEnd: end)
    }

    /// `split_vma`: cuts at `address`; `vma` keeps the part that `newBelow` does not name.
    ///
    /// - Throws: ENOMEM at the limit of VMAs; EINVAL for a special mapping, which cannot be split.
    @discardableResult
    func splitVMA(
        _ vma: Handle<VMArea>, at address: VirtualAddress, newBelow: Bool
    ) throws(Errno) -> Handle<VMArea> {
        if vma.pointee.mm.pointee.mapCount >= settings.maxMapCount {
            throw refuse(.ENOMEM, mapCountRule(vma.pointee.mm))
        }
        return try splitVMAUnchecked(vma, at: address, newBelow: newBelow)
    }

    /// `__split_vma`: without the check of the limit.
    @discardableResult
    func splitVMAUnchecked(
        _ vma: Handle<VMArea>, at address: VirtualAddress, newBelow: Bool
    ) throws(Errno) -> Handle<VMArea> {
        if vma.pointee.kind == .special { throw refuse(.EINVAL, .specialMapping(vma.pointee.range, "a split")) }
        if vma.pointee.flags.has(.hugeTLB), address % vma.pointee.hugePageBytes != 0 {
            // hugetlb_vm_op_split
            throw refuse(.EINVAL, .unaligned("the border", address, to: vma.pointee.hugePageBytes))
        }
        precondition(
            vma.pointee.start < address && address < vma.pointee.end, "a VMA is split outside its range")
        let new = duplicateVMA(vma, in: vma.pointee.mm)
        let pagesBelow = (address - vma.pointee.start) >> 12
        if newBelow {
            new.pointee.end = address
        } else {
            new.pointee.start = address
            new.pointee.pgoff &+= pagesBelow
        }
        new.pointee.anonVMA = vma.pointee.anonVMA
        if new.pointee.anonVMA != nil || vma.pointee.chainFirst != nil { cloneAnonVMA(to: new, from: vma) }
        if newBelow {
            setRange(vma, address, vma.pointee.end, pgoff: vma.pointee.pgoff &+ pagesBelow)
        } else {
            setRange(vma, vma.pointee.start, address, pgoff: vma.pointee.pgoff)
        }
        insertVMA(new)
        emit(.vmaSplit, .none, address, vma.pointee.start)
        return new
    }
}
