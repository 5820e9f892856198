extension Machine {
    /// mmap(2) with MAP_ANONYMOUS and MAP_HUGETLB (`hugetlb_file_setup`, `hugetlbfs_file_mmap`): no pool of huge pages exists,
    /// so that nothing can be reserved.
    ///
    /// The mapping is refused last, when the kernel has cleared its place: what was there is gone.
    ///
    /// - Throws: EINVAL, EEXIST, EPERM, EAGAIN, EACCES, EOVERFLOW for what is checked before; else ENOMEM.
    func mapHugePages(
        _ task: Process, _ hint: UInt64, _ bytes: UInt64, _ prot: UInt64, _ flags: MapFlags, _ pgoff: UInt64
    ) throws(Errno) -> VirtualAddress {
        // The size must be one that the CPU has: 2 MiB or 1 GiB (hstate_sizelog).
        let shift = (flags.rawValue & MapFlags.hugeSizeMask) >> 26
        guard let size = PageSize.ofHugeTLB(shift: shift) else { throw refuse(.EINVAL, .hugePageSize(shift)) }
        let length = (bytes &+ size &- 1) & ~(size - 1)
        if length == 0 { throw refuse(.EINVAL, .zeroLength("length, in huge pages,")) }
        var flags = flags
        if flags.contains(.fixedNoReplace) { flags.formUnion(.fixed) }
        let address = flags.contains(.fixed) ? hint : hintAboveMinimum(hint)
        if pgoff &+ (length >> 12) < pgoff { throw refuse(.EOVERFLOW, .offsetWraps(pgoff, length)) }
        let mm = task.mm
        if mm.pointee.mapCount > settings.maxMapCount { throw refuse(.ENOMEM, mapCountRule(mm)) }
        let protection = protectionFlags(task, prot)
        if length > AddressSpaceLimit.taskSize { throw refuse(.ENOMEM, .beyondUserSpace(address, length)) }
        if flags.contains(.fixed), address & (size - 1) != 0 {
            throw refuse(.EINVAL, .unaligned("addr", address, to: size))
        }
        let place = try unmappedArea(task, nil, address, length, pgoff: pgoff, flags: flags)
        let end = place &+ length
        if flags.contains(.fixedNoReplace), let vma = findVMA(mm, place, end) {
            throw refuse(.EEXIST, .occupied(place, end, by: vma.pointee.range))
        }
        var vmFlags = protection.union(mm.pointee.defaultFlags)
        if flags.contains(.locked) {
            if !mayLockAtAll(task) { throw refuse(.EPERM, .mayNotLock) }
            vmFlags.formUnion(.locked)
        }
        if !mayLock(task, vmFlags, length >> 12) { throw refuse(.EAGAIN, lockRule(task, length >> 12)) }
        // file_mmap_ok
        let maxBytes = UInt64(Int64.max)
        if length > maxBytes || pgoff > (maxBytes - length) >> 12 {
            throw refuse(.EOVERFLOW, .largestFile((pgoff << 12) &+ length, limit: maxBytes))
        }
        let types = [MapFlags.shared, .private, .sharedValidate].map(\.rawValue)
        let type = flags.rawValue & MapFlags.typeMask
        if !types.contains(type) { throw refuse(.EINVAL, .mappingType(type, "huge pages")) }
        if flags.contains(.growsDown) { throw refuse(.EINVAL, .combination("MAP_HUGETLB excludes MAP_GROWSDOWN")) }
        if deniesWriteExecute(mm, old: vmFlags, new: vmFlags) {
            throw refuse(.EACCES, .denyWriteExecute(vmFlags.permissions))
        }
        let unmapping = try gatherUnmapping(mm, place, end)
        if !mayExpand(task, vmFlags, (length >> 12) &- unmapping.pages) {
            throw refuse(.ENOMEM, expansionRule(task, vmFlags, (length >> 12) &- unmapping.pages))
        }
        completeUnmapping(mm, unmapping)
        if pgoff & (size >> 12 - 1) != 0 { throw refuse(.EINVAL, .unaligned("offset", pgoff << 12, to: size)) }
        meet(.hugePagePools)
        throw refuse(.ENOMEM, .noHugePage(length))
    }
}
