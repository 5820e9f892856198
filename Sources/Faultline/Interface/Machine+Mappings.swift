extension Machine {
    /// Maps memory. Corresponds to mmap(2).
    ///
    /// - Parameters:
    ///   - address: the place or, without ``MapFlags/fixed``, a wish; nil for none.
    ///   - length: in bytes; rounded up to whole pages.
    ///   - file: the open file that is mapped; nil with ``MapFlags/anonymous``.
    ///   - offset: of the file, in bytes; a multiple of 4,096.
    /// - Returns: where the mapping begins.
    /// - Throws: EACCES, EAGAIN, EBADF, EEXIST, EINVAL, ENODEV, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM, ESRCH.
    @discardableResult
    public func mmap(
        _ process: ProcessID, at address: VirtualAddress? = nil, length: UInt64, protection: Protection = .readWrite,
        flags: MapFlags = [.private, .anonymous], file: FileDescriptor? = nil, offset: UInt64 = 0
    ) throws(Errno) -> VirtualAddress {
        try mmap(
            process.index, address ?? 0, length, prot: protection.rawValue, flags: flags.rawValue,
            fd: file?.rawValue ?? -1,
            offset: offset)
    }

    /// Unmaps whatever lies in a range of bytes. Corresponds to munmap(2).
    ///
    /// - Throws: EINVAL, ENOMEM, EPERM for sealed memory, ESRCH.
    public func munmap(_ process: ProcessID, at address: VirtualAddress, length: UInt64) throws(Errno) {
        try munmap(process.index, address, length)
    }

    /// Changes what a range allows. Corresponds to mprotect(2), with a key to pkey_mprotect(2).
    ///
    /// - Throws: EACCES, EINVAL, ENOMEM, EPERM for sealed memory, ESRCH.
    public func mprotect(
        _ process: ProcessID, at address: VirtualAddress, length: UInt64, _ protection: Protection,
        key: ProtectionKey? = nil
    ) throws(Errno) {
        guard let key else { return try mprotect(process.index, address, length, prot: protection.rawValue) }
        try pkeyMprotect(process.index, address, length, prot: protection.rawValue, key: key.rawValue)
    }

    /// Grows, shrinks or moves a mapping. Corresponds to mremap(2). Lengths are in bytes.
    ///
    /// - Parameter newAddress: with ``RemapFlags/fixed`` or ``RemapFlags/keepOld``.
    /// - Returns: where the mapping begins now.
    /// - Throws: EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM, ESRCH.
    @discardableResult
    public func mremap(
        _ process: ProcessID, at address: VirtualAddress, length: UInt64, to newLength: UInt64, flags: RemapFlags = [],
        newAddress: VirtualAddress = 0
    ) throws(Errno) -> VirtualAddress {
        try mremap(process.index, address, length, newLength, flags: flags.rawValue, new: newAddress)
    }

    /// Says how a range will be used, or changes it. Corresponds to madvise(2).
    ///
    /// - Throws: EAGAIN, EBADF, EBUSY, EFAULT, EINVAL, EIO, ENOMEM, EPERM, ESRCH.
    public func madvise(
        _ process: ProcessID, at address: VirtualAddress, length: UInt64, _ advice: Advice
    ) throws(Errno) {
        try madvise(process.index, address, length, advice: advice.rawValue)
    }

    /// Moves the end of the heap. Corresponds to the system call behind brk(2).
    ///
    /// - Returns: the new end, or the old one where it cannot be.
    /// - Throws: ESRCH only.
    @discardableResult
    public func brk(_ process: ProcessID, to address: VirtualAddress) throws(Errno) -> VirtualAddress {
        try brk(process.index, address)
    }

    /// Locks a range; with `onFault` its pages as they are brought in. Corresponds to mlock2(2).
    ///
    /// - Throws: EAGAIN, EINVAL, ENOMEM, EPERM, ESRCH.
    public func mlock(
        _ process: ProcessID, at address: VirtualAddress, length: UInt64, onFault: Bool = false
    ) throws(Errno) {
        try mlock2(process.index, address, length, flags: onFault ? 1 : 0)
    }

    /// Unlocks a range. Corresponds to munlock(2). - Throws: EINVAL, ENOMEM, ESRCH.
    public func munlock(_ process: ProcessID, at address: VirtualAddress, length: UInt64) throws(Errno) {
        try munlock(process.index, address, length)
    }

    /// Locks everything. Corresponds to mlockall(2). - Throws: EINVAL, ENOMEM, EPERM, ESRCH.
    public func mlockall(_ process: ProcessID, _ flags: LockAllFlags) throws(Errno) {
        try mlockall(process.index, flags: flags.rawValue)
    }

    /// Unlocks everything. Corresponds to munlockall(2). - Throws: ESRCH.
    public func munlockall(_ process: ProcessID) throws(Errno) { try munlockall(process.index) }

    /// For each page of a range whether it is resident. Corresponds to mincore(2). - Throws: EINVAL, ENOMEM, ESRCH.
    public func mincore(
        _ process: ProcessID, at address: VirtualAddress, length: UInt64
    ) throws(Errno) -> [Bool] {
        try mincore(process.index, address, length)
    }

    /// Seals a range against changes of its mappings. Corresponds to mseal(2). - Throws: EINVAL, ENOMEM, ESRCH.
    public func mseal(_ process: ProcessID, at address: VirtualAddress, length: UInt64) throws(Errno) {
        try mseal(process.index, address, length)
    }

    /// Writes a shared file mapping back. Corresponds to msync(2). - Throws: EBUSY, EINVAL, EIO, ENOMEM, ESRCH.
    public func msync(
        _ process: ProcessID, at address: VirtualAddress, length: UInt64, _ flags: SyncFlags = .synchronous
    ) throws(Errno) {
        try msync(process.index, address, length, flags: flags.rawValue)
    }

    /// A fresh protection key, with which PKRU denies what `rights` says (bit 0: accesses, bit 1: writes).
    /// Corresponds to pkey_alloc(2).
    ///
    /// - Throws: EINVAL, ENOSPC, ESRCH.
    public func allocateProtectionKey(_ process: ProcessID, rights: UInt64 = 0) throws(Errno) -> ProtectionKey {
        ProtectionKey(rawValue: Int32(truncatingIfNeeded: try pkeyAlloc(process.index, rights: rights)))
    }

    /// Gives a key back. Corresponds to pkey_free(2). - Throws: EINVAL, ESRCH.
    public func freeProtectionKey(_ process: ProcessID, _ key: ProtectionKey) throws(Errno) {
        try pkeyFree(process.index, key: key.rawValue)
    }
}
