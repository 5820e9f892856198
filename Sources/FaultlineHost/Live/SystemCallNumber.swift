import FaultlineScenario

/// The system calls that an agent can make, by their x86-64 numbers (arch/x86/entry/syscalls/syscall_64.tbl).
enum SystemCallNumber: UInt64 {
    case open = 2
    case close = 3
    case mmap = 9
    case mprotect = 10
    case munmap = 11
    case brk = 12
    case pread = 17
    case pwrite = 18
    case mremap = 25
    case msync = 26
    case mincore = 27
    case madvise = 28
    case shmget = 29
    case shmat = 30
    case shmctl = 31
    case getpid = 39
    case fork = 57
    case shmdt = 67
    case fsync = 74
    case ftruncate = 77
    case mlock = 149
    case munlock = 150
    case mlockall = 151
    case munlockall = 152
    case prctl = 157
    case setrlimit = 160
    case remapFilePages = 216
    case fallocate = 285
    case memfdCreate = 319
    case mlock2 = 325
    case mseal = 462
}

extension SystemCallNumber {
    /// The number of a call that goes to the kernel as the program states it; nil for the others.
    init?(_ name: CallName) {
        switch name {
        case .mmap: self = .mmap
        case .munmap: self = .munmap
        case .mprotect: self = .mprotect
        case .mremap: self = .mremap
        case .madvise: self = .madvise
        case .brk: self = .brk
        case .mlock: self = .mlock
        case .mlock2: self = .mlock2
        case .munlock: self = .munlock
        case .mlockall: self = .mlockall
        case .munlockall: self = .munlockall
        case .msync: self = .msync
        case .shmget: self = .shmget
        case .shmat: self = .shmat
        case .shmdt: self = .shmdt
        case .shmctl: self = .shmctl
        case .ftruncate: self = .ftruncate
        case .fallocate: self = .fallocate
        case .fsync: self = .fsync
        case .close: self = .close
        case .remapFilePages: self = .remapFilePages
        case .mseal: self = .mseal
        case .prctl: self = .prctl
        case .getpid: self = .getpid
        default: return nil
        }
    }
}
