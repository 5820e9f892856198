/// A process of a machine. Numbers count from 0 in the order of creation and are never used again.
///
/// Corresponds to `pid_t`. A call that names a process which has ended throws ESRCH.
public struct ProcessID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Its place in the order of creation, from 0.
    public let index: Int

    /// The process that was made as the `index`-th, from 0; it need not exist.
    public init(_ index: Int) { self.index = index }

    /// In the order of creation.
    public static func < (a: ProcessID, b: ProcessID) -> Bool { a.index < b.index }

    /// The number alone.
    public var description: String { "\(index)" }
}

/// An open file of a process.
///
/// Corresponds to the `int` of open(2).
public struct FileDescriptor: Hashable, Sendable, CustomStringConvertible {
    /// The number, as the system calls take it.
    public let rawValue: Int32

    /// The descriptor with this number; it need not be open.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// The number alone.
    public var description: String { "\(rawValue)" }
}

/// A System V shared memory segment.
///
/// Corresponds to the `shmid` of shmget(2).
public struct SegmentID: Hashable, Sendable {
    /// The number, as the system calls take it.
    public let rawValue: Int32

    /// The segment with this number; it need not exist.
    public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A tmpfs that was mounted.
///
/// Corresponds to the descriptor of fsmount(2), but belongs to no process.
public struct TmpfsID: Hashable, Sendable {
    /// The number, from 1 in the order of mounting.
    public let rawValue: Int32

    /// The file system with this number; it need not exist.
    public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// A protection key of a process, 0 to 15.
///
/// Corresponds to the `pkey` of pkey_alloc(2).
public struct ProtectionKey: Hashable, Sendable {
    /// The number, as the system calls take it.
    public let rawValue: Int32

    /// The key with this number; it need not be allocated.
    public init(rawValue: Int32) { self.rawValue = rawValue }
}
