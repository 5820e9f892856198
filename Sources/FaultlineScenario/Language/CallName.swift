/// Every call of the scenario language: the system calls in their raw form, and the language's own accesses and helpers.
public enum CallName: String, Sendable, CaseIterable, Hashable, Codable {
    case mmap, munmap, mprotect, mremap, madvise, brk
    case mlock, mlock2, munlock, mlockall, munlockall
    case msync, mincore
    case shmget, shmat, shmdt, shmctl
    case memfdCreate = "memfd_create"
    case ftruncate, fallocate, fsync, close
    case remapFilePages = "remap_file_pages"
    case mseal, prctl, setrlimit, getpid
    case load, store
    case readPages = "read_pages"
    case writePages = "write_pages"
    case exec
    case fork, exit
    case tmpfsFile = "tmpfs_file"
    case diskFile = "disk_file"
    case pwrite, pread
    case observe

    /// The most arguments that the call takes, without the string of `memfd_create`. Those left out are 0.
    public var maximumArgumentCount: Int { parameters.count }

    /// The parameters' names, as an error message shows them; without the string of `memfd_create`.
    public var parameters: [String] {
        switch self {
        case .mmap: ["addr", "len", "prot", "flags", "fd", "off"]
        case .munmap, .mlock, .munlock, .mincore: ["addr", "len"]
        case .mprotect: ["addr", "len", "prot"]
        case .mremap: ["old", "oldlen", "newlen", "flags", "new"]
        case .madvise: ["addr", "len", "advice"]
        case .brk: ["addr"]
        case .mlock2, .msync, .mseal: ["addr", "len", "flags"]
        case .mlockall: ["flags"]
        case .shmget: ["key", "size", "flags"]
        case .shmat: ["id", "addr", "flags"]
        case .shmdt: ["addr"]
        case .shmctl: ["id", "cmd", "buf"]
        case .memfdCreate: ["flags"]
        case .ftruncate: ["fd", "len"]
        case .fallocate: ["fd", "mode", "off", "len"]
        case .fsync, .close: ["fd"]
        case .remapFilePages: ["addr", "size", "prot", "pgoff", "flags"]
        case .prctl: ["option", "arg2", "arg3", "arg4", "arg5"]
        case .setrlimit: ["resource", "limit"]
        case .load, .exec: ["p"]
        case .store: ["p", "v"]
        case .readPages: ["p", "len"]
        case .writePages: ["p", "len", "v"]
        case .exit: ["status"]
        case .tmpfsFile, .diskFile: ["size"]
        case .pwrite: ["fd", "off", "len", "v"]
        case .pread: ["fd", "off", "len"]
        case .munlockall, .getpid, .fork, .observe: []
        }
    }

    /// True for the calls whose first argument is a string (`memfd_create`).
    public var takesString: Bool { self == .memfdCreate }

    /// True for the five accesses of memory: `load`, `store`, `read_pages`, `write_pages`, `exec`.
    public var isAccess: Bool {
        switch self {
        case .load, .store, .readPages, .writePages, .exec: true
        default: false
        }
    }

    /// True for the two accesses that count pages.
    public var countsPages: Bool { self == .readPages || self == .writePages }

    /// True when the recording shows the faults of a system call, if it took any. The language leaves out those calls
    /// whose faults depend on how the recorder makes them: it passes them a buffer, or opens a file for them.
    public var showsFaults: Bool {
        switch self {
        case .fork, .mincore, .pread, .pwrite, .setrlimit, .memfdCreate, .tmpfsFile, .diskFile, .exit, .observe: false
        default: true
        }
    }

    /// True when success is written `ok` in place of a value, because the value is not the same on each run.
    public var showsOK: Bool {
        switch self {
        case .fork, .memfdCreate, .tmpfsFile, .diskFile, .shmget, .getpid, .store, .exec, .readPages, .writePages: true
        default: false
        }
    }

    /// The call as a reader would write it, such as `munmap(addr, len)`.
    public var signature: String {
        let names = (takesString ? ["\"name\""] : []) + parameters
        return "\(rawValue)(\(names.joined(separator: ", ")))"
    }
}
