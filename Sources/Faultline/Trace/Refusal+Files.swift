/// Rules about files and shared memory.
extension Refusal.Rule {
    /// No such descriptor.
    static func badDescriptor(_ fd: Int32) -> Self {
        Self("bad_descriptor", "descriptor \("fd", .count(Int64(fd))) is not open")
    }

    /// No such tmpfs.
    static func noMount(_ mount: Int32) -> Self {
        Self("no_mount", "tmpfs_mount has made no file system \("mount", .count(Int64(mount)))")
    }

    /// swapon where an area is on, and swapoff where none is.
    static var swapIsOn: Self { Self("swap_is_on", "a swap area is on already; swapoff takes it away") }
    static var noSwapArea: Self { Self("no_swap_area", "no swap area is on; swapon makes one") }

    /// A descriptor whose mode lacks something; `mode` is `reading` or `writing`.
    static func notOpenFor(_ mode: String) -> Self {
        Self("file_mode", "the file is not open for \("mode", .name(mode))")
    }

    /// F_SEAL_*; `seal` is such as `F_SEAL_WRITE`.
    static func fileSeal(_ seal: String, _ operation: String) -> Self {
        Self("file_seal", "\("seal", .name(seal)) is set on the file, which forbids \("operation", .name(operation))")
    }

    /// What a kind of file does not have.
    static func fileKind(_ kind: String, _ operation: String) -> Self {
        Self("file_kind", "\("kind", .name(kind)) does not have \("operation", .name(operation))")
    }

    /// A seal that mappings stand against.
    static func writableMappings(_ count: Int64) -> Self {
        Self("writable_mappings", "the file has \("count", .count(count)) shared mappings that may write")
    }

    /// Beyond the end of the file.
    static func beyondFile(_ offset: UInt64, size: UInt64) -> Self {
        Self(
            "beyond_file", "offset \("offset", .bits(offset)) lies beyond the end of the file, \("size", .bytes(size))")
    }

    /// A position that is no file offset: those are 0 to 2^63 - 1.
    static func badPosition(_ offset: UInt64, _ length: UInt64) -> Self {
        Self(
            "file_position",
            "offset \("offset", .count(Int64(bitPattern: offset))) and length \("length", .count(Int64(bitPattern: length))): both must be positive, and their sum below 2^63"
        )
    }

    /// System V shared memory without such a segment.
    static func noSegment(_ id: Int64) -> Self {
        Self("no_segment", "there is no shared memory segment with id \("id", .count(id))")
    }

    /// shmget(2) with IPC_CREAT and IPC_EXCL.
    static func segmentExists(_ key: UInt64, id: Int64) -> Self {
        Self("segment_exists", "the key \("key", .bits(key)) has a segment already, with id \("id", .count(id))")
    }

    /// shmget(2) of an existing segment with a larger size.
    static func segmentSmaller(_ asked: UInt64, has size: UInt64) -> Self {
        Self(
            "segment_smaller", "size \("asked", .bytes(asked)) is more than the segment has, \("size", .bytes(size))")
    }

    /// shmget(2) without IPC_CREAT.
    static func noSegmentOfKey(_ key: UInt64) -> Self {
        Self("no_segment_of_key", "no segment has the key \("key", .bits(key)), and IPC_CREAT is missing")
    }

    /// shmdt(2).
    static func noAttachment(at address: UInt64) -> Self {
        Self("no_attachment", "no segment is attached at \("address", .address(address))")
    }

    /// The caller's buffer cannot be accessed.
    static func badBuffer(_ address: UInt64) -> Self {
        Self("bad_buffer", "the buffer's byte at \("address", .address(address)) cannot be accessed")
    }

    /// A program of this machine that cannot be opened.
    public static func cannotOpen(_ path: String) -> Self {
        Self("cannot_open", "the file \("file", .name("'" + path + "'")) cannot be opened on this machine")
    }
}
