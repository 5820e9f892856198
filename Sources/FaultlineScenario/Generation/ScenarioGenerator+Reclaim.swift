extension ScenarioGenerator {
    /// What only the profiles `oom` and `reclaim` do.
    mutating func takeReclaim(_ step: GeneratedStep) {
        if step == .limited { useLimited() } else { useReclaimed() }
    }

    // MARK: oom

    /// The first statements of a program with a limit. Sizes are even MiB and the limit is odd: what the kernel charges beside the pages, and
    /// what a CPU holds in advance (64 pages each), does not matter then.
    mutating func beginLimited() {
        lines.append("memory_limit(\(random.pick([5, 9, 13]))M)")
        lines.append("mmap(W, 32M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
    }

    private mutating func useLimited() {
        let start = random.pick([0, 0, 0, 2, 4, 6, 8])
        let place = start == 0 ? "W" : "W+\(start)M"
        switch random.below(10) {
        case 0..<6: emit("write_pages(\(place), \(random.pick([2, 2, 2, 4, 4, 6]))M, \(1 + random.below(99)))")
        // Of MADV_FREE's pages the kernel takes as many as it lacks, which is no round number.
        case 6..<8: emit("madvise(\(place), \(random.pick([2, 2, 4]))M, MADV_DONTNEED)")
        case 8: forkLimited()
        default:
            if random.chance(40) {
                exitLimited()
            } else if random.chance(40) {
                emit("oom_score_adj(\(random.pick([0, 200, 500, 1000, 1001])))")
            }
        }
    }

    private mutating func forkLimited() {
        guard processes.count < shape.processLimit else { return }
        let child = name("c")
        emit("\(child) = fork()")
        processes.append(child)
    }

    private mutating func exitLimited() {
        guard let child = processes.last, child != Program.firstProcess else { return }
        processes.removeLast()
        emit("exit(0)", in: child)
    }

    // MARK: reclaim

    /// The first statements of a program that is reclaimed: 640 KiB of anonymous memory, an area on compressed memory and a file in most.
    mutating func beginReclaimed() {
        lines.append("show(\"anonexcl\", \"active\", \"referenced\")")
        if random.chance(75) { lines.append("swapon(64M, \"zram\")") }
        if random.chance(60) { lines.append("memory_swappiness(\(random.pick([0, 10, 60, 100, 200])))") }
        if random.chance(70) {
            lines.append("f = disk_file(384K)")
            let type = random.chance(70) ? "MAP_SHARED" : "MAP_PRIVATE"
            lines.append("mmap(W+8M, 384K, PROT_READ|PROT_WRITE, \(type)|MAP_FIXED, f, 0)")
            if type == "MAP_SHARED" { files.append(("f", 96)) }
            lines.append("read_pages(W+8M, \(random.pick([64, 128, 384]))K)")
            placed.append(Area(base: "W+8M", pages: 96))
        }
        lines.append("mmap(W, 640K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        lines.append("write_pages(W, \(random.pick([128, 300, 640]))K, \(random.pick([0, 7, 99])))")
    }

    /// A part of the anonymous memory, or of the file's.
    private mutating func reclaimedRange() -> (address: String, kib: Int, isFile: Bool) {
        let isFile = !placed.isEmpty && random.chance(35)
        let pages = isFile ? 96 : 160
        let page = random.pick([0, 0, random.below(pages), random.below(pages)])
        let length = min(random.pick([1, 1, 2, 4, 8, 16, 32, 64]), pages - page)
        let base = isFile ? "W+8M" : "W"
        return (page == 0 ? base : "\(base)+\(page * 4)K", length * 4, isFile)
    }

    private mutating func useReclaimed() {
        let (address, kib, isFile) = reclaimedRange()
        switch random.below(20) {
        case 0..<6: for _ in 0..<random.pick([1, 1, 2, 3]) { emit("memory_reclaim()", in: Program.firstProcess) }
        case 6..<9: emit("read_pages(\(address), \(kib)K)")
        case 9, 10: writeReclaimed(address, kib, isFile)
        case 11: emit("load(\(address))")
        case 12..<15: adviseReclaimed(address, kib, isFile)
        case 15: emit("mincore(\(address), \(kib)K)")
        case 16: emit(random.chance(60) ? "mlock(\(address), \(kib)K)" : "munlock(\(address), \(kib)K)")
        case 17: forkLimited()
        case 18: emit("mprotect(\(address), \(kib)K, PROT_READ\(random.chance(70) ? "|PROT_WRITE" : ""))")
        default:
            if random.chance(30) { emit("munmap(\(address), \(kib)K)") }
            if random.chance(10), lines.contains("swapon(64M, \"zram\")") {
                lines += ["swapoff()", "swapon(64M, \"zram\")"]
            }
        }
    }

    /// No page of a file is dirty in a round.
    private mutating func writeReclaimed(_ address: String, _ kib: Int, _ isFile: Bool) {
        let process = random.pick(processes)
        emit("write_pages(\(address), \(kib)K, \(random.pick([0, 7, 1 + random.below(200)])))", in: process)
        if isFile, !files.isEmpty { emit("msync(W+8M, 384K, MS_SYNC)", in: process) }
    }

    private mutating func adviseReclaimed(_ address: String, _ kib: Int, _ isFile: Bool) {
        let advice = random.pick(
            isFile
                ? ["SEQUENTIAL", "RANDOM", "NORMAL", "COLD"]
                : [
                    "FREE", "FREE", "FREE", "COLD", "COLD", "PAGEOUT", "PAGEOUT", "WILLNEED", "SEQUENTIAL", "RANDOM",
                    "NORMAL", "DONTNEED", "POPULATE_WRITE",
                ])
        emit("madvise(\(address), \(kib)K, MADV_\(advice))")
    }
}

extension ScenarioProfile {
    /// The numbers of the profiles `oom` and `reclaim`.
    static let oomShape = ProfileShape(steps: [(.limited, 1)], processLimit: 4, beginsMapped: false)
    static let reclaimShape = ProfileShape(steps: [(.reclaimed, 1)], processLimit: 3, beginsMapped: false)
}
