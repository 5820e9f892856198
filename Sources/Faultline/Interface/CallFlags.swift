/// What a mapping allows: the `prot` of mmap(2) and mprotect(2) (`uapi/asm-generic/mman-common.h`).
public struct Protection: OptionSet, Hashable, Sendable {
    /// The bits as the system calls take them; unknown ones are kept.
    public let rawValue: UInt64

    /// The protection with these bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `PROT_NONE`.
    public static let none: Protection = []
    /// `PROT_READ`.
    public static let read = Protection(rawValue: 1)
    /// `PROT_WRITE`.
    public static let write = Protection(rawValue: 2)
    /// `PROT_EXEC`; alone it is execute-only where the machine has protection keys.
    public static let execute = Protection(rawValue: 4)
    /// `PROT_READ | PROT_WRITE`.
    public static let readWrite: Protection = [.read, .write]
    /// `PROT_GROWSDOWN`: mprotect goes on to the start of a stack.
    public static let growsDown = Protection(rawValue: 0x0100_0000)
}

/// The flags of mremap(2).
public struct RemapFlags: OptionSet, Hashable, Sendable {
    /// The bits as the system call takes them.
    public let rawValue: UInt64

    /// The flags with these bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `MREMAP_MAYMOVE`.
    public static let mayMove = RemapFlags(rawValue: 1)
    /// `MREMAP_FIXED`: exactly at the new address; what is there goes. Needs ``mayMove``.
    public static let fixed = RemapFlags(rawValue: 2)
    /// `MREMAP_DONTUNMAP`: the old range stays, empty. Needs ``mayMove``.
    public static let keepOld = RemapFlags(rawValue: 4)
}

/// The flags of mlockall(2) (`MCL_`).
public struct LockAllFlags: OptionSet, Hashable, Sendable {
    /// The bits as the system call takes them.
    public let rawValue: UInt64

    /// The flags with these bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `MCL_CURRENT`: what is mapped now.
    public static let current = LockAllFlags(rawValue: 1)
    /// `MCL_FUTURE`: what is mapped from now on.
    public static let future = LockAllFlags(rawValue: 2)
    /// `MCL_ONFAULT`: pages are locked when they are brought in.
    public static let onFault = LockAllFlags(rawValue: 4)
}

/// The flags of msync(2) (`MS_`).
public struct SyncFlags: OptionSet, Hashable, Sendable {
    /// The bits as the system call takes them.
    public let rawValue: Int32

    /// The flags with these bits.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// `MS_ASYNC`.
    public static let asynchronous = SyncFlags(rawValue: 1)
    /// `MS_INVALIDATE`: EBUSY where the range is locked.
    public static let invalidate = SyncFlags(rawValue: 2)
    /// `MS_SYNC`: waits until the pages are written.
    public static let synchronous = SyncFlags(rawValue: 4)
}

/// A resource of setrlimit(2) that memory is limited by.
public struct ResourceKind: Hashable, Sendable {
    /// The number, as the system call takes it.
    public let rawValue: Int32

    /// The resource with this number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// `RLIMIT_FSIZE`, in bytes.
    public static let fileSize = ResourceKind(rawValue: 1)
    /// `RLIMIT_DATA`, in bytes.
    public static let data = ResourceKind(rawValue: 2)
    /// `RLIMIT_STACK`, in bytes.
    public static let stack = ResourceKind(rawValue: 3)
    /// `RLIMIT_NOFILE`, in descriptors.
    public static let openFiles = ResourceKind(rawValue: 7)
    /// `RLIMIT_MEMLOCK`, in bytes.
    public static let lockedMemory = ResourceKind(rawValue: 8)
    /// `RLIMIT_AS`, in bytes.
    public static let addressSpace = ResourceKind(rawValue: 9)
}
