extension ScenarioGenerator {
    /// What only the profile `wide` does.
    mutating func takeRare(_ step: GeneratedStep) {
        switch step {
        case .execute: execute()
        case .faulty: faulty()
        case .boundary: crossBoundary()
        case .lockAll: lockAll()
        case .limit: setLimit()
        case .processOption: setOption()
        default: emit("getpid()")
        }
    }

    /// Puts a RET into a page, changes the page's protection and runs it. The page lies where nothing else of the program does: where it
    /// cannot be mapped (a limit) or written to, there is nothing or the RET of an earlier time, never another instruction.
    private mutating func execute() {
        let process = random.pick(processes)
        if random.chance(20) {
            // Nothing is mapped there: what crossBoundary maps at W+1G holds no RET.
            return emit("exec(\(random.pick(["0", "W+3G", "W+3G+5", "0x800000000000", "-4096"])))", in: process)
        }
        let page = "W+5G+\(random.below(Self.workingPages) * 4)K"
        emit("mmap(\(page), 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", in: process)
        emit("store(\(page)+8, 195)", in: process)
        emit("mprotect(\(page), 4K, \(protection()))", in: process)
        emit("exec(\(page)+8)", in: process)
    }

    /// Arguments that the kernel refuses, or that it takes although they look wrong.
    private mutating func faulty() {
        let (address, kib) = range()
        let anonymous = "MAP_PRIVATE|MAP_ANONYMOUS"
        emit(
            random.pick([
                "munmap(\(address)+1, \(kib)K)", "munmap(\(address), 0)", "munmap(\(address), \(kib)K-1)",
                "munmap(-4096, 8K)", "munmap(0x7ffffffff000, 8K)",
                "mmap(\(address), 0, PROT_READ, \(anonymous)|MAP_FIXED, -1, 0)",
                "mmap(\(address)+1, 4K, PROT_READ, \(anonymous)|MAP_FIXED, -1, 0)",
                "mmap(\(address), \(kib)K, PROT_READ, MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
                "mmap(\(address), \(kib)K, PROT_READ, MAP_PRIVATE|MAP_FIXED, -1, 0)",
                "mmap(\(address), \(kib)K, PROT_READ, MAP_PRIVATE|MAP_FIXED, 99, 1)",
                "mmap(NULL, 1G << 20, PROT_READ, \(anonymous), -1, 0)",
                "mmap(0x7ffffffff000, 4K, PROT_READ, \(anonymous)|MAP_FIXED, -1, 0)",
                "mmap(0, 4K, PROT_READ|PROT_WRITE, \(anonymous)|MAP_FIXED, -1, 0)",
                "mmap(\(address), \(kib)K, PROT_READ, MAP_SHARED_VALIDATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
                "mprotect(\(address)+1, \(kib)K, PROT_READ)", "mprotect(\(address), 0, PROT_READ)",
                "mprotect(\(address), \(kib)K, 64)", "mprotect(\(address), \(kib)K, PROT_READ|PROT_GROWSDOWN)",
                "mremap(\(address)+1, \(kib)K, \(kib)K, 0)", "mremap(\(address), \(kib)K, 0, 0)",
                "mremap(\(address), 0, 8K, MREMAP_MAYMOVE)", "mremap(\(address), \(kib)K, \(kib)K, MREMAP_FIXED, W)",
                "mremap(\(address), \(kib)K, \(kib)K, 64)",
                "mremap(\(address), 8K, 4K, MREMAP_MAYMOVE|MREMAP_DONTUNMAP)",
                "madvise(\(address)+1, \(kib)K, MADV_NORMAL)", "madvise(\(address), 0, MADV_DONTNEED)",
                "madvise(\(address), \(kib)K, 77)", "madvise(\(address), -4096, MADV_DONTNEED)",
                "mincore(\(address)+1, \(kib)K)", "mincore(\(address), 0)",
                "msync(\(address), \(kib)K, MS_SYNC|MS_ASYNC)",
                "msync(\(address)+1, \(kib)K, MS_SYNC)", "mlock2(\(address), \(kib)K, 2)", "mlock(\(address)+5, 1)",
                "mlock(\(address), 0)", "munlock(-4096, 8K)", "mlockall(0)", "mlockall(MCL_ONFAULT)",
                "mseal(\(address), \(kib)K, 1)", "mseal(\(address)+1, \(kib)K, 0)",
                "shmget(IPC_PRIVATE, 0, IPC_CREAT|384)",
                "shmat(-1, 0, 0)", "shmdt(\(address)+1)", "ftruncate(99, 4K)", "fallocate(99, 0, 0, 4K)", "fsync(99)",
                "close(99)", "prctl(999)", "setrlimit(99, 0)", "brk(1)",
                "remap_file_pages(\(address)+1, \(kib)K, 1, 0, 0)",
                "load(0)", "store(0x800000000000, 1)", "load(-4096)", "store(0xffffffffff600000, 1)",
                "memfd_create(\"x\", 0x1000)",
            ]))
    }

    /// Memory on both sides of the border between two page tables (2 MiB), and between two tables of tables (1 GiB).
    private mutating func crossBoundary() {
        let base = random.pick(["W+2M", "W+4M", "W+1G"])
        let before = random.below(8)
        let start = before == 0 ? base : "\(base)-\(before * 4)K"
        let kib = (before + 1 + random.below(8)) * 4
        switch random.below(8) {
        case 0, 1:
            let type = random.chance(75) ? "MAP_PRIVATE" : "MAP_SHARED"
            emit("mmap(\(start), \(kib)K, \(protection()), \(type)|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        case 2: emit("write_pages(\(start), \(kib)K, \(byte()))")
        case 3: emit("read_pages(\(start), \(kib)K)")
        case 4: emit("mprotect(\(start), \(kib)K, \(protection()))")
        case 5: emit("munmap(\(start), \(kib)K)")
        case 6: emit("madvise(\(start), \(kib)K, MADV_\(random.pick(weighted: shape.advice)))")
        default: emit("mremap(\(start), \(kib)K, \(kib)K, MREMAP_MAYMOVE|MREMAP_FIXED, \(address()))")
        }
    }

    private mutating func lockAll() {
        emit(
            random.pick([
                "mlockall(MCL_CURRENT)", "mlockall(MCL_FUTURE)", "mlockall(MCL_CURRENT|MCL_FUTURE)",
                "mlockall(MCL_CURRENT|MCL_ONFAULT)", "mlockall(MCL_FUTURE|MCL_ONFAULT)", "munlockall()",
                "munlockall()", "munlockall()",
            ]))
    }

    private mutating func setLimit() {
        let resource = random.pick(["RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_MEMLOCK"])
        let limit = random.pick(["0", "64K", "1M", "16M", "64M", "RLIM_INFINITY"])
        emit("setrlimit(\(resource), \(limit))")
    }

    private mutating func setOption() {
        emit(
            random.pick([
                "prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN)", "prctl(PR_GET_MDWE)",
                "prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN|PR_MDWE_NO_INHERIT)",
                "prctl(PR_SET_MDWE, PR_MDWE_NO_INHERIT)",
                "prctl(PR_GET_THP_DISABLE)", "prctl(PR_SET_THP_DISABLE, 1)", "prctl(PR_SET_THP_DISABLE, 0)",
                "prctl(PR_GET_MEMORY_MERGE)",
            ]))
    }
}
