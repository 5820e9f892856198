extension Machine {
    /// Flags of shmget and shmat, and IPC_* (`uapi/linux/ipc.h`, `shm.h`).
    private enum ShmFlag {
        static var create: UInt64 { 0o1000 }
        static var exclusive: UInt64 { 0o2000 }
        static var hugeTLB: UInt64 { 0o4000 }
        static var noReserve: UInt64 { 0o10000 }
        static var readOnly: UInt64 { 0o10000 }
        static var round: UInt64 { 0o20000 }
        static var remap: UInt64 { 0o40000 }
        static var exec: UInt64 { 0o100000 }
    }

    // MARK: shmget

    /// shmget(2) (`ipcget`, `newseg`).
    ///
    /// - Throws: EINVAL for a size out of bounds or larger than the segment's, EACCES, EEXIST, ENOENT, ENOSPC, ENOMEM.
    package func shmget(_ process: Int, key: UInt64, size: UInt64, flags: UInt64) throws(Errno) -> UInt64 {
        let task = try caller(process)
        let key = UInt32(truncatingIfNeeded: key)
        if key != 0, let index = shm.index(key: key), let segment = shm.segments[index] {
            if flags & (ShmFlag.create | ShmFlag.exclusive) == ShmFlag.create | ShmFlag.exclusive {
                throw refuse(.EEXIST, .segmentExists(UInt64(key), id: Int64(segment.id)))
            }
            if size > segment.size {
                throw refuse(.EINVAL, .segmentSmaller(size, has: segment.size))
            }
            let mode = UInt32(truncatingIfNeeded: flags)
            try checkPermission(task, segment, wants: mode >> 6 | mode >> 3 | mode)
            return UInt64(segment.id)
        }
        if key != 0, flags & ShmFlag.create == 0 { throw refuse(.ENOENT, .noSegmentOfKey(UInt64(key))) }
        return UInt64(try newSegment(task, key, size, flags))
    }

    /// `newseg`.
    private func newSegment(_ task: Process, _ key: UInt32, _ size: UInt64, _ flags: UInt64) throws(Errno) -> Int32 {
        if size == 0 { throw refuse(.EINVAL, .zeroLength("size")) }
        if size > settings.shmMaxBytes {
            throw refuse(
                .EINVAL, .sharedMemoryLimit("kernel.shmmax", .bytes(size), limit: .bytes(settings.shmMaxBytes)))
        }
        let pages = size.pageCountUp
        if pages << 12 < size { throw refuse(.ENOSPC, .lengthWraps("size", size)) }
        if shm.pages &+ pages < shm.pages || shm.pages + pages > settings.shmAllPages {
            throw refuse(
                .ENOSPC,
                .sharedMemoryLimit("kernel.shmall", .pages(shm.pages &+ pages), limit: .pages(settings.shmAllPages)))
        }
        if shm.count >= settings.shmMaxSegments {
            throw refuse(
                .ENOSPC,
                .sharedMemoryLimit(
                    "kernel.shmmni", .count(Int64(shm.count) + 1), limit: .count(Int64(settings.shmMaxSegments))))
        }
        let digits = String(key, radix: 16)
        let name = "/SYSV" + String(repeating: "0", count: 8 - digits.count) + digits
        let mapping = try segmentMemory(name: names.number(of: name), size, flags)
        let index = nextSegmentIndex()
        let id = shm.sequence << ShmNamespace.indexBits | Int32(index)
        mapping.pointee.shmID = id
        if index == shm.segments.count { shm.segments.append(nil) }
        shm.segments[index] = ShmNamespace.Segment(
            key: key, id: id, mapping: mapping, size: size, mode: UInt32(flags & 0o777), owner: task.user,
            maker: task.user,
            creator: Int32(task.index))
        shm.pages += pages
        return id
    }

    /// The file that a segment is of. One of huge pages is promised all of them at once.
    private func segmentMemory(name: Int32, _ size: UInt64, _ flags: UInt64) throws(Errno) -> Handle<FileMapping> {
        let reserves = flags & ShmFlag.noReserve == 0 || settings.overcommitMode == 2
        guard flags & ShmFlag.hugeTLB != 0 else { return try makeShmem(name: name, size: size, reserves: reserves) }
        guard let unit = PageSize.ofHugeTLB(shift: flags >> 26 & 0x3f) else {
            throw refuse(.EINVAL, .hugePageSize(flags >> 26 & 0x3f))
        }
        let pages = (size + unit - 1) / unit
        let mapping = makePoolFile(name: name, size: pages * unit, pageBytes: unit)
        do {
            if reserves { _ = try reservePoolPages(mapping, 0..<pages, isShared: true) }
        } catch {
            putMapping(mapping)
            throw error
        }
        return mapping
    }

    /// `ipc_idr_alloc`: indices go round, so that an id comes back late.
    private func nextSegmentIndex() -> Int {
        // Cyclic within what is in use, or at least 64 indices (`ipc_min_cycle`).
        let limit = max(64, shm.count * 3 / 2)
        var index = shm.lastIndex + 1
        if index >= limit { index = 0 }
        while index < shm.segments.count, shm.segments[index] != nil { index += 1 }
        if index <= shm.lastIndex { shm.sequence = (shm.sequence + 1) & 0xffff }
        shm.lastIndex = index
        return index
    }

    // MARK: shmat and shmdt

    /// shmat(2) (`do_shmat`).
    ///
    /// - Throws: EINVAL, EACCES for the segment's permissions, and what mmap(2) throws.
    package func shmat(_ process: Int, id: Int32, _ address: UInt64, flags: UInt64) throws(Errno) -> UInt64 {
        let task = try caller(process)
        if id < 0 { throw refuse(.EINVAL, .noSegment(Int64(id))) }
        var address = address
        var mapFlags: MapFlags = .shared
        if address != 0 {
            if !address.isPageAligned {
                if flags & ShmFlag.round == 0 { throw refuse(.EINVAL, .unaligned("shmaddr without SHM_RND", address)) }
                address = address.pageAlignedDown
                if address == 0, flags & ShmFlag.remap != 0 {
                    throw refuse(.EINVAL, .combination("SHM_REMAP needs an address"))
                }
            }
            mapFlags.formUnion(.fixed)
        } else if flags & ShmFlag.remap != 0 {
            throw refuse(.EINVAL, .combination("SHM_REMAP needs an address"))
        }
        let isReadOnly = flags & ShmFlag.readOnly != 0
        var prot: UInt64 = isReadOnly ? 1 : 3
        if flags & ShmFlag.exec != 0 { prot |= 4 }
        guard let index = shm.index(id: id), let segment = shm.segments[index] else {
            throw refuse(.EINVAL, .noSegment(Int64(id)))
        }
        try checkPermission(task, segment, wants: (isReadOnly ? 4 : 6) | (flags & ShmFlag.exec != 0 ? 1 : 0))
        // Each attachment is an open file of its own.
        segment.mapping.pointee.refcount += 1
        let file = makeOpenFile(segment.mapping, canWrite: !isReadOnly)
        shm.segments[index]?.attachments += 1
        defer {
            putFile(file)
            detachSegment(segment.mapping)
        }
        let size = segment.mapping.pointee.size
        if address != 0, flags & ShmFlag.remap == 0 {
            if address &+ size < address { throw refuse(.EINVAL, .rangeWraps(address, size)) }
            if let vma = findVMA(task.mm, address, address &+ size) {
                throw refuse(.EINVAL, .occupied(address, address &+ size, by: vma.pointee.range))
            }
        }
        let request = MmapRequest(
            address: address, length: size, prot: prot, flags: mapFlags, pgoff: 0, file: file, kind: .sysvShm)
        return try mmap(task, request)
    }

    /// shmdt(2) (`ksys_shmdt`): the first VMA at or above the address that could be the start of an attachment, and the
    /// rest of it.
    ///
    /// - Throws: EINVAL where there is none.
    package func shmdt(_ process: Int, _ address: UInt64) throws(Errno) {
        let task = try caller(process)
        if !address.isPageAligned { throw refuse(.EINVAL, .unaligned("shmaddr", address)) }
        var candidate = findVMA(task.mm, address)
        while let vma = candidate, !isFragment(vma, of: address) { candidate = nextVMA(vma) }
        guard let first = candidate, let file = first.pointee.file else {
            throw refuse(.EINVAL, .noAttachment(at: address))
        }
        let size = file.pointee.mapping.pointee.size.pageAlignedUp
        // The VMAs go one by one; the file must outlive the comparison.
        getFile(file)
        defer { putFile(file) }
        var vma: Handle<VMArea>? = first
        while let current = vma {
            let end = current.pointee.end
            if current != first, end &- address > size { break }
            if isFragment(current, of: address), current.pointee.file == file {
                // A sealed part stays.
                passingOver { () throws(Errno) in try unmap(task.mm, current.pointee.start, current.pointee.length) }
            }
            vma = findVMA(task.mm, end)
        }
    }

    private func isFragment(_ vma: Handle<VMArea>, of address: VirtualAddress) -> Bool {
        vma.pointee.kind == .sysvShm && (vma.pointee.start &- address) >> 12 == vma.pointee.pgoff
    }
}
