extension Machine {
    /// A file in memory without a name in a file system. Corresponds to memfd_create(2).
    ///
    /// - Throws: EINVAL, EMFILE, ENOMEM, ESRCH.
    public func memfdCreate(
        _ process: ProcessID, _ name: String, _ flags: MemoryFileFlags = []
    ) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try memfdCreate(process.index, name, flags: UInt64(flags.rawValue)))
    }

    /// Mounts a tmpfs of `size` bytes, rounded up to whole pages; 0 is no limit. Nothing unmounts it. Corresponds to fsmount(2).
    public func mountTmpfs(size: UInt64) -> TmpfsID { TmpfsID(rawValue: tmpfsMount(size: size)) }

    /// The size of a tmpfs and what its files use of it, in pages of 4 KiB (statfs(2)); a size of 0 is no limit.
    ///
    /// - Throws: EBADF for one that ``mountTmpfs(size:)`` did not make.
    public func blocks(of mount: TmpfsID) throws(Errno) -> (limit: UInt64, used: UInt64) {
        try tmpfsBlocks(mount.rawValue)
    }

    /// A file of `size` bytes in a tmpfs, filled with a pattern; without a mount, in one that has no limit.
    ///
    /// - Throws: EBADF, EFBIG, EMFILE, ENOMEM, ENOSPC, ESRCH.
    public func tmpfsFile(
        _ process: ProcessID, name: String, size: UInt64, in mount: TmpfsID? = nil
    ) throws(Errno) -> FileDescriptor {
        FileDescriptor(
            rawValue: try tmpfsFile(process.index, name: name, size: size, mount: mount?.rawValue ?? 0))
    }

    /// A file of `size` bytes on a disk, filled with a pattern, written back and in the page cache.
    ///
    /// - Throws: EFBIG, EMFILE, ENOSPC, ESRCH.
    public func diskFile(_ process: ProcessID, name: String, size: UInt64) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try diskFile(process.index, name: name, size: size))
    }

    /// A second descriptor of an open file. Corresponds to dup(2). - Throws: EBADF, EMFILE, ESRCH.
    public func dup(_ process: ProcessID, _ file: FileDescriptor) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try dup(process.index, file.rawValue))
    }

    /// Closes a descriptor. Corresponds to close(2). - Throws: EBADF, ESRCH.
    public func close(_ process: ProcessID, _ file: FileDescriptor) throws(Errno) {
        try close(process.index, file.rawValue)
    }

    /// Sets a file's size, in bytes. Corresponds to ftruncate(2). - Throws: EBADF, EFBIG, EINVAL, EIO, EPERM, ESRCH.
    public func ftruncate(_ process: ProcessID, _ file: FileDescriptor, to size: UInt64) throws(Errno) {
        try ftruncate(process.index, file.rawValue, size)
    }

    /// Allocates, frees or moves a range of a file, in bytes. Corresponds to fallocate(2).
    ///
    /// - Throws: EBADF, EFBIG, EINVAL, EIO, ENOMEM, ENOSPC, EOPNOTSUPP, EPERM, ESRCH.
    public func fallocate(
        _ process: ProcessID, _ file: FileDescriptor, _ mode: AllocationMode = [], offset: UInt64, length: UInt64
    ) throws(Errno) {
        try fallocate(process.index, file.rawValue, mode: Int32(bitPattern: mode.rawValue), offset, length)
    }

    /// Says how a range of a file, in bytes, will be used; a length of 0 is all from `offset` on. Corresponds to posix_fadvise(2).
    ///
    /// - Throws: EBADF, EINVAL for a length of 2^63 or more, ESRCH.
    public func advise(
        _ process: ProcessID, _ file: FileDescriptor, _ advice: FileAdvice, offset: UInt64 = 0, length: UInt64 = 0
    ) throws(Errno) {
        try fadvise(process.index, file.rawValue, offset: offset, length: length, advice: advice.rawValue)
    }

    /// Waits until a file's dirty pages are written. Corresponds to fsync(2). - Throws: EBADF, EINVAL, EIO, ESRCH.
    public func fsync(_ process: ProcessID, _ file: FileDescriptor) throws(Errno) {
        try fsync(process.index, file.rawValue)
    }

    /// A segment of `size` bytes; `key` 0 is a new one. Corresponds to shmget(2).
    ///
    /// - Throws: EACCES, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, ESRCH.
    public func shmget(
        _ process: ProcessID, key: UInt64 = 0, size: UInt64, flags: UInt64 = 0o1600
    ) throws(Errno) -> SegmentID {
        SegmentID(
            rawValue: Int32(truncatingIfNeeded: try shmget(process.index, key: key, size: size, flags: flags)))
    }

    /// Maps a segment. Corresponds to shmat(2). - Throws: EACCES, EINVAL, ENOMEM, ESRCH.
    public func shmat(
        _ process: ProcessID, _ segment: SegmentID, at address: VirtualAddress? = nil, flags: UInt64 = 0
    ) throws(Errno) -> VirtualAddress {
        try shmat(process.index, id: segment.rawValue, address ?? 0, flags: flags)
    }

    /// Unmaps a segment. Corresponds to shmdt(2). - Throws: EINVAL, ESRCH.
    public func shmdt(_ process: ProcessID, at address: VirtualAddress) throws(Errno) {
        try shmdt(process.index, address)
    }
}
