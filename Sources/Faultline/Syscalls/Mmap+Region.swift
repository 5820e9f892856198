extension Machine {
    /// `mmap_region`: replaces what is at the place by the new mapping, merged with a neighbour where that is possible.
    ///
    /// - Throws: EACCES, ENOMEM, EPERM; nothing but splits at the edges has changed then.
    func mapRegion(
        _ task: Process, _ start: VirtualAddress, _ request: MmapRequest, _ newFlags: VMFlags
    ) throws(Errno) {
        let mm = task.mm
        var flags = newFlags
        let pages = request.length >> 12
        if deniesWriteExecute(mm, old: flags, new: flags) {
            throw refuse(.EACCES, .denyWriteExecute(flags.permissions))
        }
        if mm.pointee.mergesAny { flags = mergeableFlags(mm, flags) }
        let end = start &+ request.length
        let unmapping = try gatherUnmapping(mm, start, end, tells: request.kind != .sysvShm)
        if !mayExpand(task, flags, pages &- unmapping.pages) {
            throw refuse(.ENOMEM, expansionRule(task, flags, pages &- unmapping.pages))
        }
        var accounted = unmapping
        if flags.isAccountable {
            let charge = Int64(pages) - Int64(unmapping.accountedPages)
            if charge > 0 { try chargeMemory(UInt64(charge), of: mm) } else { unchargeMemory(UInt64(-charge)) }
            accounted.accountedPages = 0
            flags.formUnion(.account)
        }
        completeUnmapping(mm, accounted)
        do {
            try placeRegion(task, start, request, flags)
        } catch {
            if flags.has(.account) { unchargeMemory(pages) }
            throw error
        }
        account(mm, flags, Int64(pages))
        if flags.has(.locked), flags.isLockable { mm.pointee.lockedVM &+= pages }
    }

    /// Merges the new range or makes a VMA of it.
    private func placeRegion(
        _ task: Process, _ start: VirtualAddress, _ request: MmapRequest, _ flags: VMFlags
    ) throws(Errno) {
        let mm = task.mm
        let end = start &+ request.length
        var file = request.file
        var kind: VMArea.Kind = file == nil ? .anonymous : request.kind
        var pgoff = request.pgoff
        var own: UInt32 = 0
        if file == nil, flags.has(.shared) {
            file = try makeSharedAnonymous(length: request.length, flags: flags)
            kind = .file
            pgoff = 0
        } else {
            if let file { own = try checkFileMmap(file, request, flags) }
            let merge = VMAMerge(
                mm: mm, start: start, end: end, pgoff: pgoff, flags: flags, file: file, kind: kind,
                anonVMA: nil, previous: mm.pointee.tree.previous(before: start), middle: nil,
                next: findVMA(mm, end))
            if mergeNewRange(merge) != nil { return }
            file?.pointee.refcount += 1
        }
        // Only a VMA of its own loses the lock that it cannot have: a merge has compared the flags with it.
        let kept = flags.isLockable ? flags : flags.removing(.lockedMask)
        let vma = makeVMA(
            VMArea(
                start: start, end: end, flags: kept, pgoff: pgoff, mm: mm, file: file, kind: kind))
        if own != 0 { vma.pointee.ownReservation = own }
        if kind == .sysvShm, let file { attachSegment(file.pointee.mapping) }
        insertVMA(vma)
        if huge.isLooked, file != nil { enterScanList(vma) }
        emit(.vmaNew, .none, start, request.length)
    }

    /// What the file system itself refuses (`ext4_file_mmap`, `hugetlbfs_file_mmap`); what was mapped there is gone by then.
    ///
    /// - Returns: the number of the map of used pages that private memory of huge pages gets; 0 for all other.
    private func checkFileMmap(
        _ file: Handle<OpenFile>, _ request: MmapRequest, _ flags: VMFlags
    ) throws(Errno) -> UInt32 {
        let mapping = file.pointee.mapping
        // The disk is no persistent memory.
        if mapping.pointee.kind == .disk, flags.has(.sync) {
            throw refuse(.EOPNOTSUPP, .fileKind("a file on a disk", "MAP_SYNC, which is for persistent memory"))
        }
        return mapping.pointee.kind == .hugeTLB ? try reserveForMmap(mapping, request, flags) : 0
    }

    /// `map_deny_write_exec` (PR_SET_MDWE).
    func deniesWriteExecute(_ mm: Handle<MMStruct>, old: VMFlags, new: VMFlags) -> Bool {
        guard mm.pointee.denyWriteExecute, new.has(.exec) else { return false }
        return new.has(.write) || !old.has(.exec)
    }

    /// munmap(2).
    func munmap(_ task: Process, _ start: UInt64, _ length: UInt64) throws(Errno) {
        try unmap(task.mm, start, length)
    }

    /// The open file behind a descriptor.
    ///
    /// - Throws: EBADF.
    @inline(__always)
    func openFile(_ task: Process, _ fd: Int32) throws(Errno) -> Handle<OpenFile> {
        guard fd >= 0, Int(fd) < task.files.count, let file = task.files[Int(fd)] else {
            throw refuse(.EBADF, .badDescriptor(fd))
        }
        return file
    }
}
