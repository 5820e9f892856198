extension Machine {
    /// mmap(2) with MAP_ANONYMOUS and MAP_HUGETLB: of a file of its own in hugetlbfs (`hugetlb_file_setup`).
    ///
    /// What the pool has too little of is refused last, when the kernel has cleared its place: what was there is gone.
    ///
    /// - Throws: EINVAL for a size of pages that the CPU does not have or a length of 0, and what mmap(2) throws.
    func mapHugePages(
        _ task: Process, _ hint: UInt64, _ bytes: UInt64, _ prot: UInt64, _ flags: MapFlags, _ pgoff: UInt64
    ) throws(Errno) -> VirtualAddress {
        // The size must be one that the CPU has: 2 MiB or 1 GiB (hstate_sizelog).
        let shift = (flags.rawValue & MapFlags.hugeSizeMask) >> 26
        guard let size = PageSize.ofHugeTLB(shift: shift) else { throw refuse(.EINVAL, .hugePageSize(shift)) }
        let length = (bytes &+ size &- 1) & ~(size - 1)
        if length == 0 { throw refuse(.EINVAL, .zeroLength("length, in huge pages,")) }
        let name = names.number(of: "/anon_hugepage")
        let file = makeOpenFile(makePoolFile(name: name, size: length, pageBytes: size))
        defer { putFile(file) }
        return try mmap(
            task,
            MmapRequest(address: hint, length: length, prot: prot, flags: flags, pgoff: pgoff, file: file))
    }

    /// `hugetlbfs_file_mmap`: the mapping is promised all its pages, be it read-only; a writable one extends the file to its end.
    ///
    /// - Returns: the number of a private mapping's map of used pages; 0 where it has none.
    /// - Throws: EINVAL for an offset within a huge page, ENOMEM where the pool has too few.
    func reserveForMmap(
        _ mapping: Handle<FileMapping>, _ request: MmapRequest, _ flags: VMFlags
    ) throws(Errno) -> UInt32 {
        let unit = mapping.pointee.hugePageBytes
        let offset = request.pgoff << 12
        if request.pgoff & (unit >> 12 - 1) != 0 { throw refuse(.EINVAL, .unaligned("offset", offset, to: unit)) }
        let end = offset &+ request.length
        if request.pgoff >> 51 != 0 || end < offset {
            throw refuse(.EINVAL, .offsetWraps(request.pgoff, request.length))
        }
        let isShared = flags.has(.mayShare)
        if isShared, request.length >= PageSize.huge { meet(.sharedTables) }
        var own: UInt32 = 0
        // The pages of a segment were promised when it was made.
        if !flags.has(.noReserve), mapping.pointee.shmID < 0 {
            own = try reservePoolPages(mapping, offset / unit..<end / unit, isShared: isShared)
        }
        if flags.has(.write), mapping.pointee.size < end { mapping.pointee.size = end }
        return own
    }
}
