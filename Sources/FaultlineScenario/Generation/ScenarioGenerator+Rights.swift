extension ScenarioGenerator {
    /// Processes of other users, segments with permissions, and advice about files.
    mutating func takeRight(_ step: GeneratedStep) {
        switch step {
        case .setUser: setUser()
        case .shareSegment: shareSegment()
        default: adviseFile()
        }
    }

    /// Another user for a process, and as often as not a limit that counts from then on, or a file that it may not open.
    private mutating func setUser() {
        let process = random.pick(processes)
        emit("setuid(\(random.pick(["1000", "1000", "1000", "1001", "0", "-1"])))", in: process)
        emit("getuid()", in: process)
        switch random.below(5) {
        case 0, 1: emit("setrlimit(RLIMIT_MEMLOCK, \(random.pick(["0", "16K", "64K", "128K"])))", in: process)
        case 2:
            guard !files.isEmpty else { return }
            let file = random.pick(files)
            let mode = random.pick(["O_RDONLY", "O_WRONLY", "O_RDWR"])
            emit("\(name("d")) = reopen(\(file.name), \(mode))", in: process)
        default: return
        }
    }

    /// A segment that processes find by its key, or one that only its name leads to: who may do what with it depends on its mode.
    private mutating func shareSegment() {
        let segment = name("s")
        let key = random.pick(["IPC_PRIVATE", "1", "2"])
        let kib = random.pick([4, 16, 36])
        // 0600, 0660, 0640, 0400, 0, 0777.
        let mode = random.pick(["384", "384", "432", "416", "256", "0", "511"])
        let create = random.chance(80) ? "IPC_CREAT|" : ""
        emit("\(segment) = shmget(\(key), \(kib)K, \(create)\(mode))")
        let place = name("p")
        let flags = random.pick(["0", "0", "SHM_RDONLY", "SHM_EXEC"])
        emit("\(place) = shmat(\(segment), 0, \(flags))")
        if random.chance(50) { emit("write_pages(\(place), \(kib)K, \(byte()))") }
        for _ in 0..<random.below(3) {
            emit(
                "shmctl(\(segment), "
                    + random.pick([
                        "SHM_LOCK, 0", "SHM_LOCK, 0", "SHM_UNLOCK, 0", "IPC_RMID, 0", "IPC_SET, \(address())",
                        "IPC_SET, 0", "IPC_STAT, 0",
                    ]) + ")")
        }
        if random.chance(40) { emit("shmdt(\(place))") }
    }

    /// posix_fadvise of a part of a file or of all of it.
    private mutating func adviseFile() {
        guard !files.isEmpty else { return makeFile() }
        let file = random.pick(files)
        let advice = random.pick(weighted: [
            ("POSIX_FADV_DONTNEED", 12), ("POSIX_FADV_WILLNEED", 4), ("POSIX_FADV_RANDOM", 3),
            ("POSIX_FADV_SEQUENTIAL", 2), ("POSIX_FADV_NORMAL", 2), ("POSIX_FADV_NOREUSE", 2), ("6", 1),
        ])
        let offset = random.chance(60) ? "0" : "\(random.below(file.pages) * 4)K+\(random.pick([0, 0, 100]))"
        let length = random.chance(50) ? "0" : random.pick(["4K", "8K", "16K", "16K+100", "64K", "-1"])
        let name = random.chance(95) ? file.name : "99"
        if advice == "POSIX_FADV_WILLNEED", random.chance(50) {
            return emit("readahead(\(name), \(offset), \(length))")
        }
        emit("fadvise(\(name), \(offset), \(length), \(advice))")
    }

    /// pread of a file whose pages may have been taken out of memory: without POSIX_FADV_RANDOM, a read that goes on would bring in
    /// folios of several pages.
    mutating func readFile(_ name: String, page: Int) {
        let call = "pread(\(name), \(page * 4)K+\(random.pick([0, 100])), 16)"
        guard profile == .words else { return emit(call) }
        let process = random.pick(processes)
        emit("fadvise(\(name), 0, 0, POSIX_FADV_RANDOM)", in: process)
        emit(call, in: process)
    }
}
