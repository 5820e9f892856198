extension Machine {
    /// mmap(2) (`ksys_mmap_pgoff`, `do_mmap` in `mm/mmap.c`).
    ///
    /// - Throws: EINVAL, EBADF, ENOMEM, EOVERFLOW, EEXIST, EACCES, EAGAIN, EOPNOTSUPP, EPERM, ENODEV as mmap(2) says.
    func mmap(
        _ task: Process, _ address: UInt64, _ length: UInt64, prot: UInt64, flags rawFlags: UInt64, fd: Int32,
        offset: UInt64
    ) throws(Errno) -> VirtualAddress {
        if !offset.isPageAligned { throw refuse(.EINVAL, .unaligned("offset", offset)) }
        let flags = MapFlags(rawValue: rawFlags)
        var file: Handle<OpenFile>?
        var length = length
        if !flags.contains(.anonymous) {
            let opened = try openFile(task, fd)
            file = opened
            let unit = opened.pointee.mapping.pointee.hugePageBytes
            if unit > 0 {
                length = (length &+ unit &- 1) & ~(unit - 1)
            } else if flags.contains(.hugeTLB) {
                throw refuse(.EINVAL, .fileKind("a file without huge pages", "MAP_HUGETLB"))
            }
        } else if flags.contains(.hugeTLB) {
            return try mapHugePages(task, address, length, prot, flags, offset >> 12)
        }
        let request = MmapRequest(
            address: address, length: length, prot: prot, flags: flags, pgoff: offset >> 12, file: file)
        return try mmap(task, request)
    }

    /// What `do_mmap` is asked for.
    struct MmapRequest {
        var address: UInt64
        var length: UInt64
        var prot: UInt64
        var flags: MapFlags
        var pgoff: UInt64
        var file: Handle<OpenFile>?
        var kind: VMArea.Kind = .file
    }

    /// `do_mmap`, and the population that MAP_POPULATE and locked memory ask for (`vm_mmap_pgoff`).
    func mmap(_ task: Process, _ request: MmapRequest) throws(Errno) -> VirtualAddress {
        if !hugePool.isUsed { return try makeMapping(task, request) }
        hugePool.keepsFiles = true
        defer { dropDoomedFiles() }
        return try makeMapping(task, request)
    }

    private func makeMapping(_ task: Process, _ request: MmapRequest) throws(Errno) -> VirtualAddress {
        var request = request
        if request.length == 0 { throw refuse(.EINVAL, .zeroLength("length")) }
        if request.flags.contains(.fixedNoReplace) { request.flags.formUnion(.fixed) }
        if !request.flags.contains(.fixed) { request.address = hintAboveMinimum(request.address) }
        let length = request.length.pageAlignedUp
        if length == 0 { throw refuse(.ENOMEM, .lengthWraps("length", request.length)) }
        request.length = length
        if request.pgoff &+ (length >> 12) < request.pgoff {
            throw refuse(.EOVERFLOW, .offsetWraps(request.pgoff, length))
        }
        let mm = task.mm
        if mm.pointee.mapCount > settings.maxMapCount { throw refuse(.ENOMEM, mapCountRule(mm)) }
        var flags = protectionFlags(task, request.prot).union(mm.pointee.defaultFlags)
            .union([.mayRead, .mayWrite, .mayExec])
        if request.flags.contains(.growsDown) { flags.formUnion(.growsDown) }
        if request.flags.contains(.locked) { flags.formUnion(.locked) }
        // calc_vm_flag_bits: a stack says so to keep huge pages away.
        if request.flags.contains(.stack) { flags.formUnion(.noHugePage) }
        if request.flags.contains(.sync) { flags.formUnion(.sync) }
        let place = try unmappedArea(
            task, request.file, request.address, request.length, pgoff: request.pgoff, flags: request.flags)
        if request.flags.contains(.fixedNoReplace), let vma = findVMA(mm, place, place &+ length) {
            throw refuse(.EEXIST, .occupied(place, place &+ length, by: vma.pointee.range))
        }
        if request.flags.contains(.locked), !mayLockAtAll(task) { throw refuse(.EPERM, .mayNotLock) }
        if !mayLock(task, flags, length >> 12) { throw refuse(.EAGAIN, lockRule(task, length >> 12)) }
        if request.file != nil {
            flags = try fileFlags(request, flags)
        } else {
            flags = try anonymousFlags(&request, flags, place)
        }
        if request.flags.contains(.noReserve), settings.overcommitMode != 2 || flags.has(.hugeTLB) {
            flags.formUnion(.noReserve)
        }
        try mapRegion(task, place, request, flags)
        // What is locked on fault is passed over by the population itself; memory that lost its lock is not.
        if flags.has(.locked) || request.flags.intersection([.populate, .nonBlock]) == .populate {
            populate(task, place, request.length)
        }
        return place
    }

    /// `round_hint_to_min`.
    func hintAboveMinimum(_ address: UInt64) -> UInt64 {
        let hint = address.pageAlignedDown
        return hint != 0 && hint < settings.mmapMinAddress ? settings.mmapMinAddress : hint
    }

    private func fileFlags(_ request: MmapRequest, _ old: VMFlags) throws(Errno) -> VMFlags {
        guard let file = request.file?.pointee else { return old }
        // file_mmap_ok: no file has a page at so high an offset.
        let largest = Self.largestFile
        if request.length > largest || request.pgoff > (largest - request.length) >> 12 {
            throw refuse(.EOVERFLOW, .largestFile((request.pgoff << 12) &+ request.length, limit: largest))
        }
        var flags = old
        if file.mapping.pointee.kind == .hugeTLB { flags.formUnion([.hugeTLB, .dontExpand]) }
        let type = request.flags.rawValue & MapFlags.typeMask
        switch type {
        case MapFlags.shared.rawValue, MapFlags.sharedValidate.rawValue:
            // FOP_MMAP_SYNC: ext4 knows MAP_SYNC, but refuses it later.
            let mask = MapFlags.legacyMask | (file.mapping.pointee.kind == .disk ? MapFlags.sync.rawValue : 0)
            if type == MapFlags.sharedValidate.rawValue, request.flags.rawValue & ~mask != 0 {
                throw refuse(.EOPNOTSUPP, .unknownBits("flags", request.flags.rawValue, known: mask))
            }
            if flags.has(.write), !file.canWrite { throw refuse(.EACCES, .notOpenFor("writing")) }
            flags.formUnion([.shared, .mayShare])
            if !file.canWrite { flags.subtract([.mayWrite, .shared]) }
        case MapFlags.private.rawValue: break
        default: throw refuse(.EINVAL, .mappingType(type, "a file"))
        }
        if !file.canRead { throw refuse(.EACCES, .notOpenFor("reading")) }
        if file.userfault != nil {
            // path_noexec: programs do not lie among the kernel's nameless inodes.
            let isProgram = flags.has(.exec)
            throw refuse(isProgram ? .EPERM : .ENODEV, .fileKind("a userfaultfd", isProgram ? "programs" : "mappings"))
        }
        if flags.has(.growsDown) {
            throw refuse(.EINVAL, .combination("MAP_GROWSDOWN is for private anonymous memory"))
        }
        try checkSeals(file.mapping, &flags)
        return flags
    }

    private func anonymousFlags(
        _ request: inout MmapRequest, _ old: VMFlags, _ place: VirtualAddress
    ) throws(Errno) -> VMFlags {
        var flags = old
        switch request.flags.rawValue & MapFlags.typeMask {
        case MapFlags.shared.rawValue:
            if flags.has(.growsDown) {
                throw refuse(.EINVAL, .combination("MAP_GROWSDOWN is for private anonymous memory"))
            }
            request.pgoff = 0
            flags.formUnion([.shared, .mayShare])
        case MapFlags.droppable.rawValue:
            if request.flags.contains(.locked) || flags.has(.growsDown) {
                throw refuse(.EINVAL, .combination("MAP_DROPPABLE excludes MAP_LOCKED and MAP_GROWSDOWN"))
            }
            // What can be dropped needs no reserve, whatever the overcommit mode.
            flags.formUnion([.droppable, .noReserve, .wipeOnFork, .dontDump])
            request.pgoff = place >> 12
        case MapFlags.private.rawValue:
            request.pgoff = place >> 12
        default: throw refuse(.EINVAL, .mappingType(request.flags.rawValue & MapFlags.typeMask, "anonymous memory"))
        }
        return flags
    }
}

extension Machine {
    /// The flags that mmap(2) makes of a protection: PROT_EXEC alone has the execute-only key, where one can be had.
    func protectionFlags(_ task: Process, _ prot: UInt64) -> VMFlags {
        let key = prot == VMFlags.exec.rawValue ? executeOnlyKey(task) : nil
        return VMFlags(protection: prot, key: key ?? 0)
    }
}

extension VMFlags {
    /// `calc_vm_prot_bits`.
    init(protection: UInt64, key: UInt64) { self.init(rawValue: protection & 7 | key << 32) }
}
