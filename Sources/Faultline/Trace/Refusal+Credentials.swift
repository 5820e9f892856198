/// Rules about who a process is. Users are given by their numbers.
extension Refusal.Rule {
    /// setuid(2) to another user.
    static func mayNotBecome(_ user: UInt32, from current: UInt32) -> Self {
        Self(
            "may_not_become",
            "the process is user \("current", .name(String(current))) and cannot become user \("user", .name(String(user))): CAP_SETUID is missing"
        )
    }

    /// `inode_permission`; `wanted` is `read`, `write` or `read and write`.
    static func fileMode(_ mode: UInt16, owner: UInt32, user: UInt32, wanted: String) -> Self {
        let bits = String(mode, radix: 8)
        return Self(
            "file_permissions",
            "the file has mode \("mode", .name("0" + bits)) and belongs to user \("owner", .name(String(owner))); user \("user", .name(String(user))) may not \("wanted", .name(wanted)) it"
        )
    }

    /// A file of /proc/PID of a process whose memory counts as root's since it became another user (`proc_pid_make_inode`).
    static func fileOfRoot(_ path: String) -> Self {
        Self(
            "file_of_root",
            "\("file", .name("'" + path + "'")) belongs to root since the process became another user, until it becomes a program by execve"
        )
    }

    /// execve(2) of a file that, or a directory above it, the user may not execute.
    public static func mayNotExecute(_ path: String, user: UInt32) -> Self {
        Self(
            "may_not_execute",
            "the file \("file", .name("'" + path + "'")), or what leads to it, may not be executed by user \("user", .name(String(user)))"
        )
    }

    /// `ipcperms`; `wanted` are the bits 4 (read), 2 (write) and 1 (execute) that were asked for.
    static func segmentMode(_ id: Int64, mode: UInt32, owner: UInt32, user: UInt32, wanted: UInt32) -> Self {
        let bits = String(mode & 0o777, radix: 8)
        return Self(
            "segment_permissions",
            "segment \("id", .count(id)) has mode \("mode", .name("0" + bits)) and belongs to user \("owner", .name(String(owner))); user \("user", .name(String(user))) wants \("wanted", .bits(UInt64(wanted))), and CAP_IPC_OWNER is missing"
        )
    }

    /// `ipcctl_obtain_check`, and SHM_LOCK; `capability` would do instead.
    static func notSegmentOwner(_ id: Int64, owner: UInt32, user: UInt32, _ capability: String) -> Self {
        Self(
            "not_segment_owner",
            "segment \("id", .count(id)) belongs to user \("owner", .name(String(owner))), not to user \("user", .name(String(user))), and \("capability", .name(capability)) is missing"
        )
    }

    /// `ptrace_may_access`.
    static func mayNotInspect(user: UInt32, target: UInt32) -> Self {
        Self(
            "may_not_inspect",
            "user \("user", .name(String(user))) may not move pages of a process of user \("target", .name(String(target))), which is another's, is not to be dumped, or has more capabilities; CAP_SYS_PTRACE is missing"
        )
    }

    /// `__ptrace_may_access` and the mode of /proc/PID/mem.
    static func memoryOfOther(user: UInt32, target: UInt32, isDumpable: Bool) -> Self {
        let state = isDumpable ? "may be dumped" : "may not be dumped, so that its /proc files are root's"
        return Self(
            "memory_of_other",
            "user \("user", .name(String(user))) may not open /proc/PID/mem of a process of user \("target", .name(String(target))), which \("state", .name(state))"
        )
    }

    /// RLIMIT_NPROC.
    static func processLimit(_ count: UInt64, of user: UInt32, limit: UInt64) -> Self {
        Self(
            "rlimit_nproc",
            "user \("user", .name(String(user))) would have \("count", .count(Int64(clamping: count))) processes; RLIMIT_NPROC is \("limit", .count(Int64(clamping: limit)))"
        )
    }
}
