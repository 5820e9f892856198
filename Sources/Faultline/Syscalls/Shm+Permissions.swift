/// Who may do what with a System V segment (`ipc/util.c`), and whose limit a locked one counts for (`user_shm_lock`).
extension Machine {
    /// `ipcperms`. The group's bits count for everyone but owner and maker: all are in group 0, the maker's.
    ///
    /// - Parameter wants: 4 to read, 2 to write, 1 to execute; other bits do not count.
    /// - Throws: EACCES.
    func checkPermission(_ task: Process, _ segment: ShmNamespace.Segment, wants: UInt32) throws(Errno) {
        let isOwn = task.user == segment.owner || task.user == segment.maker
        let granted = segment.mode >> (isOwn ? 6 : 3)
        if wants & ~granted & 7 == 0 || task.capabilities.ownsAllSegments { return }
        throw refuse(
            .EACCES,
            .segmentMode(
                Int64(segment.id), mode: segment.mode, owner: segment.owner, user: task.user, wanted: wants & 7))
    }

    /// `ipcctl_obtain_check`: who may change or remove a segment.
    ///
    /// - Throws: EPERM.
    func checkOwner(_ task: Process, _ segment: ShmNamespace.Segment) throws(Errno) {
        if task.user == segment.owner || task.user == segment.maker || task.capabilities.isAdministrator { return }
        throw refuse(
            .EPERM, .notSegmentOwner(Int64(segment.id), owner: segment.owner, user: task.user, "CAP_SYS_ADMIN"))
    }

    /// `shmctl_do_lock`.
    ///
    /// - Throws: EPERM.
    func checkLocking(_ task: Process, _ segment: ShmNamespace.Segment, locks: Bool) throws(Errno) {
        if task.capabilities.canLockMemory { return }
        if task.user != segment.owner, task.user != segment.maker {
            throw refuse(
                .EPERM, .notSegmentOwner(Int64(segment.id), owner: segment.owner, user: task.user, "CAP_IPC_LOCK"))
        }
        if locks, task.limits.lockedMemory == 0 { throw refuse(.EPERM, .mayNotLock) }
    }

    /// SHM_LOCK (`user_shm_lock`): counts for the user whose process asks, not for the owner of the segment.
    ///
    /// - Throws: ENOMEM.
    func lockSegment(_ task: Process, _ index: Int) throws(Errno) {
        guard let segment = shm.segments[index], segment.lockedFor == nil else { return }
        let pages = segment.mapping.pointee.endIndex
        let locked = shm.lockedPages[task.user, default: 0]
        let limit = task.limits.lockedMemory
        if !task.capabilities.canLockMemory, limit != .max, locked + pages > limit >> 12 {
            throw refuse(.ENOMEM, .lockLimit(locked: locked, more: pages, limit: limit))
        }
        shm.lockedPages[task.user] = locked + pages
        shm.segments[index]?.lockedFor = task.user
    }
}
