/// Flags of userfaultfd(2) (`uapi/linux/userfaultfd.h`).
enum UserfaultFlag {
    static var userModeOnly: UInt64 { 1 }
    static var nonBlocking: UInt64 { 0o4000 }
    static var closeOnExec: UInt64 { 0o2000000 }
    static var all: UInt64 { userModeOnly | nonBlocking | closeOnExec }
}

/// userfaultfd(2) and what is done with its descriptor (`fs/userfaultfd.c`).
extension Machine {
    /// userfaultfd(2). - Returns: the descriptor. - Throws: EPERM, EINVAL, EMFILE.
    package func userfaultfd(_ process: Int, flags: UInt64) throws(Errno) -> Int32 {
        let task = try caller(process)
        let flags = UInt64(UInt32(truncatingIfNeeded: flags))
        // userfaultfd_syscall_allowed: root has CAP_SYS_PTRACE.
        if flags & UserfaultFlag.userModeOnly == 0, task.user != 0 {
            throw refuse(.EPERM, .userfaultPrivilege("a userfaultfd that serves the kernel's own faults"))
        }
        if flags & ~UserfaultFlag.all != 0 {
            throw refuse(.EINVAL, .unknownBits("flags", flags, known: UserfaultFlag.all))
        }
        let context = makeUserfault(
            task.mm, isNonBlocking: flags & UserfaultFlag.nonBlocking != 0,
            isUserModeOnly: flags & UserfaultFlag.userModeOnly != 0)
        return try installUserfault(context, in: task, closesOnExec: flags & UserfaultFlag.closeOnExec != 0)
    }

    /// `anon_inode_create_getfile`.
    private func installUserfault(
        _ context: Handle<UserfaultContext>, in task: Process, closesOnExec: Bool
    ) throws(Errno) -> Int32 {
        let mapping = makeMapping(.image, name: names.number(of: "anon_inode:[userfaultfd]"), size: 0)
        let file = makeOpenFile(mapping, canWrite: false)
        file.pointee.userfault = context
        let descriptor = try install(file, in: task)
        if closesOnExec { task.closedOnExec.insert(descriptor) }
        return descriptor
    }

    /// The userfaultfd of a descriptor. - Throws: EBADF, ENOTTY for one of another kind, EINVAL before UFFDIO_API.
    func userfault(_ task: Process, _ fd: Int32, isHandshake: Bool = false) throws(Errno) -> Handle<UserfaultContext> {
        guard let context = try openFile(task, fd).pointee.userfault else {
            throw refuse(.ENOTTY, .noUserfault(fd))
        }
        if !isHandshake, !context.pointee.isInitialized {
            throw refuse(.EINVAL, .userfaultHandshake("UFFDIO_API comes first"))
        }
        return context
    }

    /// UFFDIO_API. - Returns: the features and the calls that there are. - Throws: EPERM, EINVAL.
    package func userfaultAPI(
        _ process: Int, _ fd: Int32, features: UInt64
    ) throws(Errno) -> (features: UInt64, ioctls: UInt64) {
        let task = try caller(process)
        let context = try userfault(task, fd, isHandshake: true)
        var wanted = UserfaultFeatures(rawValue: features)
        if wanted.contains(.eventFork), task.user != 0 {
            throw refuse(.EPERM, .userfaultPrivilege("UFFD_FEATURE_EVENT_FORK"))
        }
        if !wanted.isSubset(of: .all) {
            throw refuse(.EINVAL, .unknownBits("features", features, known: UserfaultFeatures.all.rawValue))
        }
        // WP_ASYNC relies on WP_UNPOPULATED.
        if wanted.contains(.asynchronous) { wanted.formUnion(.unpopulated) }
        if context.pointee.isInitialized {
            throw refuse(.EINVAL, .userfaultHandshake("UFFDIO_API is made once"))
        }
        context.pointee.features = wanted
        context.pointee.isInitialized = true
        return (UserfaultFeatures.all.rawValue, UserfaultCalls.api)
    }

    /// `validate_range`, without the alignment for the source of a copy. - Throws: EINVAL.
    func checkUserfaultRange(
        _ start: UInt64, _ length: UInt64, isAligned: Bool = true
    ) throws(Errno) {
        if isAligned, !start.isPageAligned { throw refuse(.EINVAL, .unaligned("start", start)) }
        if isAligned, !length.isPageAligned { throw refuse(.EINVAL, .unaligned("len", length)) }
        if length == 0 { throw refuse(.EINVAL, .zeroLength("len")) }
        if start >= AddressSpaceLimit.taskSize || length > AddressSpaceLimit.taskSize - start {
            throw refuse(.EINVAL, .beyondUserSpace(start, length))
        }
    }

    /// The address space that a userfaultfd serves. - Throws: `gone` where that is no more.
    func served(_ context: Handle<UserfaultContext>, gone: Errno = .ESRCH) throws(Errno) -> Handle<MMStruct> {
        guard let mm = context.pointee.mm else { throw refuse(gone, .userfaultWithoutMemory()) }
        return mm
    }

    /// UFFDIO_WAKE. - Throws: EINVAL.
    package func userfaultWake(_ process: Int, _ fd: Int32, _ start: UInt64, _ length: UInt64) throws(Errno) {
        let context = try userfault(try caller(process), fd)
        try checkUserfaultRange(start, length)
        wakeUserfault(context, start, length)
    }

    /// Reads one event from a userfaultfd that is open with O_NONBLOCK; who waited for that runs on.
    ///
    /// - Returns: the event, and the descriptor of a child's userfaultfd, or -1.
    /// - Throws: EAGAIN where there is none, EINVAL before UFFDIO_API, EBADF; EMFILE where the child's descriptor has no place.
    package func userfaultRead(
        _ process: Int, _ fd: Int32
    ) throws(Errno) -> (notice: UserfaultNotice, descriptor: Int32) {
        let task = try caller(process)
        let context = try userfault(task, fd)
        guard let index = userfaults.events.firstIndex(where: { $0.context == context }) else {
            throw refuse(.EAGAIN, .combination("no event is waiting to be read"))
        }
        let event = userfaults.events[index]
        var descriptor: Int32 = -1
        if let child = event.child {
            descriptor = try installUserfault(child, in: task, closesOnExec: false)
        }
        userfaults.events.remove(at: index)
        processes[event.process].wait?.isWoken = true
        forgetTold(context)
        return (event.notice, descriptor)
    }

    /// Whether a descriptor is a userfaultfd that can be read from at once.
    package func isReadableUserfault(_ process: Int, _ fd: Int32) throws(Errno) -> Bool {
        let task = try caller(process)
        guard fd >= 0, Int(fd) < task.files.count, let file = task.files[Int(fd)] else { return false }
        return file.pointee.userfault?.pointee.isNonBlocking ?? false
    }
}

/// Bits of the calls that UFFDIO_API and UFFDIO_REGISTER report (`_UFFDIO_*`).
enum UserfaultCalls {
    /// UFFD_API_IOCTLS: REGISTER, UNREGISTER, API.
    static var api: UInt64 { 1 << 0 | 1 << 1 | 1 << 63 }
    static var writeProtect: UInt64 { 1 << 6 }
    static var `continue`: UInt64 { 1 << 7 }
    /// UFFD_API_RANGE_IOCTLS_BASIC: the same without ZEROPAGE and MOVE, which huge pages of the pool do not have.
    static var basicRange: UInt64 { range & ~(1 << 4 | 1 << 5) }
    /// UFFD_API_RANGE_IOCTLS: WAKE, COPY, ZEROPAGE, MOVE, WRITEPROTECT, CONTINUE, POISON.
    static var range: UInt64 { 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | writeProtect | `continue` | 1 << 8 }
}
