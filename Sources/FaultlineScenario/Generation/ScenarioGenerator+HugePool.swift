/// Programs about huge pages of the pool: 16 MiB at W, in which mappings of whole huge pages meet.
extension ScenarioGenerator {
    /// How a program of the profile `hugetlb` begins: a pool, files, mappings, and in some a userfaultfd whose faults `h` serves.
    mutating func beginPool() {
        lines.append("hugepages(\(random.pick([2, 2, 3, 4, 4, 6, 6, 8, 12])))")
        if random.chance(40) { lines.append("hugepages_overcommit(\(1 + random.below(3)))") }
        // Where a program has few pages, most of its mappings reserve none.
        poolReserves = random.chance(60)
        let mapsFirst = random.chance(40)
        if mapsFirst { mapWholePool() }
        if random.chance(65) {
            for _ in 0..<(random.chance(20) ? 2 : 1) {
                let file = name("f")
                lines.append("\(file) = memfd_create(\"h\", MFD_HUGETLB)")
                lines.append("ftruncate(\(file), \(2 + 2 * random.below(4))M)")
                files.append((file, 4))
            }
        }
        if !mapsFirst, random.chance(60) { mapWholePool() }
        for _ in 0..<(1 + random.below(3)) { mapPool(in: Program.firstProcess) }
        if random.chance(35) { beginServedPool() }
    }

    private mutating func mapWholePool() {
        let type = random.pick(["MAP_PRIVATE", "MAP_PRIVATE", "MAP_PRIVATE", "MAP_SHARED"])
        let reserve = random.chance(80) ? "|MAP_NORESERVE" : ""
        lines.append(
            "mmap(W, 16M, PROT_READ|PROT_WRITE, \(type)|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED\(reserve), -1, 0)")
    }

    private mutating func beginServedPool() {
        isPoolServed = true
        served = random.pick(weighted: [(.missing, 6), (.protected, 2), (.minor, 3)])
        let features = [
            "EXACT_ADDRESS", "EVENT_REMOVE", "EVENT_UNMAP", "WP_UNPOPULATED", "WP_ASYNC", "SIGBUS",
        ].filter { _ in random.chance(14) }.map { "UFFD_FEATURE_" + $0 }
        lines.append("u = userfaultfd(O_NONBLOCK)")
        lines.append("uffd_api(u, \(features.isEmpty ? "0" : features.joined(separator: "|")))")
        lines.append("mmap(W+64M, 4M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        lines.append("store(W+64M, 7)")
        lines.append("h = fork()")
        processes.append("h")
        let mode =
            switch served {
            case .missing: "MISSING"
            case .protected: random.chance(60) ? "MISSING|UFFDIO_REGISTER_MODE_WP" : "WP"
            case .minor: "MINOR"
            }
        lines.append("uffd_register(u, W, \(random.pick([8, 16, 16]))M, UFFDIO_REGISTER_MODE_\(mode))")
    }

    /// A huge page of the working area, and a length in MiB that does not leave it.
    private mutating func poolRange() -> (first: Int, length: Int) {
        let first = random.below(8)
        return (first * 2, min(random.pick([1, 1, 1, 2, 2, 3, 4]), 8 - first) * 2)
    }

    private func place(_ mib: Int) -> String { mib == 0 ? "W" : "W+\(mib)M" }

    /// An address in a huge page: its start, or some byte of it.
    private mutating func poolByte(_ mib: Int) -> String {
        let offset = random.pick(["", "", "+4K", "+5", "+2M-1", "+\(4 * random.below(512))K"])
        return place(mib) + offset
    }

    private mutating func mapPool(in process: String? = nil) {
        let (first, length) = poolRange()
        let protection = random.pick(weighted: [
            ("PROT_READ|PROT_WRITE", 80), ("PROT_READ", 13), ("PROT_NONE", 7),
        ])
        let extra = random.pick(weighted: [("", 70), ("|MAP_POPULATE", 13), ("|MAP_LOCKED", 17)])
        let reserve = random.chance(poolReserves ? 15 : 90) ? "|MAP_NORESERVE" : ""
        if !files.isEmpty, random.chance(45) {
            let file = random.pick(files).name
            let type = random.chance(50) ? "MAP_SHARED" : "MAP_PRIVATE"
            emit(
                "mmap(\(place(first)), \(length)M, \(protection), \(type)|MAP_FIXED\(extra)\(reserve), \(file), \(random.below(5) * 2)M)",
                in: process)
            return
        }
        let type = random.chance(82) ? "MAP_PRIVATE" : "MAP_SHARED"
        let fixed = random.chance(92) ? "MAP_FIXED" : "MAP_FIXED_NOREPLACE"
        emit(
            "mmap(\(place(first)), \(length)M, \(protection), \(type)|MAP_ANONYMOUS|MAP_HUGETLB|\(fixed)\(extra)\(reserve), -1, 0)",
            in: process)
    }

    /// What only the profile `hugetlb` does.
    mutating func takePool() {
        if isPoolServed, random.chance(26) { return touchServedPool() }
        switch random.below(1000) {
        case 0..<165: mapPool()
        case 165..<300:
            let address = poolByte(random.below(8) * 2)
            emit("store(\(address), \(byte()))")
        case 300..<375:
            let address = poolByte(random.below(8) * 2)
            emit("load(\(address))")
        case 375..<420:
            let (first, length) = poolRange()
            if random.chance(50) {
                emit("read_pages(\(place(first)), \(length)M)")
            } else {
                emit("write_pages(\(place(first))+2M-8K, 16K, \(byte()))")
            }
        case 420..<530: advisePool()
        case 530..<580: movePool()
        case 580..<625: emitRange("munmap", "")
        case 625..<675: emitRange("mprotect", ", " + random.pick(["PROT_READ", "PROT_READ|PROT_WRITE", "PROT_NONE"]))
        case 675..<745: changePoolFile()
        case 745..<890: resizePool()
        case 890..<930: forkPool()
        case 930..<950: emit("mincore(\(place(2 * random.below(8)))\(random.pick(["", "+2M-16K"])), 32K)")
        case 950..<975: emitRange(random.pick(["mlock", "mlock", "munlock"]), "")
        default: mapSmall()
        }
    }

    /// A call about a range of huge pages, which need not be whole.
    private mutating func emitRange(_ call: String, _ rest: String) {
        let (first, length) = poolRange()
        let text = random.pick(weighted: [
            ("\(length)M", 80), ("4K", 8), ("2M+4K", 6), ("\(length)M-4K", 6),
        ])
        emit("\(call)(\(place(first)), \(text)\(rest))")
    }

    private static let poolAdvice: [(element: String, weight: Int)] = [
        ("DONTNEED", 34), ("DONTNEED_LOCKED", 6), ("POPULATE_WRITE", 14), ("POPULATE_READ", 7), ("HUGEPAGE", 7),
        ("SEQUENTIAL", 6), ("COLD", 5), ("REMOVE", 9), ("WIPEONFORK", 6), ("DONTFORK", 3), ("DOFORK", 3),
        ("GUARD_INSTALL", 2),
    ]

    private mutating func advisePool() { emitRange("madvise", ", MADV_" + random.pick(weighted: Self.poolAdvice)) }

    private mutating func movePool() {
        let (first, length) = poolRange()
        let source = "mremap(\(place(first)), \(length)M, "
        switch random.below(3) {
        case 0: emit("\(source)\(length)M, 0)")
        case 1: emit("\(source)\(max(2, length + 2 * (random.below(3) - 1)))M, 0)")
        default:
            let keeps = random.chance(25) ? "|MREMAP_DONTUNMAP" : ""
            emit("\(source)\(length)M, MREMAP_MAYMOVE|MREMAP_FIXED\(keeps), \(place(random.below(8) * 2)))")
        }
    }

    private mutating func changePoolFile() {
        guard !files.isEmpty else { return mapPool() }
        let file = random.pick(files).name
        switch random.below(10) {
        case 0..<2: emit("ftruncate(\(file), \(2 * random.below(5))M\(random.chance(15) ? "+4K" : ""))")
        case 2..<5:
            let mode = random.chance(60) ? "0" : "FALLOC_FL_KEEP_SIZE"
            emit("fallocate(\(file), \(mode), \(2 * random.below(4))M, 2M)")
        default:
            let offset = "\(2 * random.below(4))M\(random.chance(25) ? "+4K" : "")"
            emit(
                "fallocate(\(file), FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE, \(offset), \(random.pick([1, 2, 2, 4]))M)"
            )
        }
    }

    private mutating func resizePool() {
        if random.chance(16) { emit("hugepages(\(random.pick([0, 1, 2, 4, 6, 8])))", in: Program.firstProcess) }
        if random.chance(14) { emit("hugepages_overcommit(\(random.below(4)))", in: Program.firstProcess) }
        lines.append("hugetlb_pool()")
    }

    private mutating func forkPool() {
        if processes.count > 1, random.chance(12), let last = processes.last, last != "h" {
            emit("exit(0)", in: last)
            processes.removeLast()
        } else if processes.count < 4 {
            let child = name("c")
            emit("\(child) = fork()")
            processes.append(child)
        }
        lines.append("hugetlb_pool()")
    }

    /// Small pages in the midst of huge ones.
    private mutating func mapSmall() {
        let first = 2 * random.below(8)
        emit(
            "mmap(\(place(first)), \(random.pick(["4K", "1M", "2M"])), PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)"
        )
        emit("store(\(place(first)), 1)")
    }

    /// A touch of memory that may be registered, and what serves it.
    private mutating func touchServedPool() {
        let mib = 2 * random.below(8)
        let target = random.chance(70) ? "fault&~(2M-1)" : random.pick(["fault", place(mib)])
        switch random.below(10) {
        case 0..<2: emit("madvise(\(place(mib)), 2M, MADV_DONTNEED)", in: Program.firstProcess)
        case 2..<4 where served == .protected:
            let length = random.chance(80) ? "2M" : "4K"
            emit("uffd_wp(u, \(place(mib)), \(length), UFFDIO_WRITEPROTECT_MODE_WP)", in: random.pick(["h", "init"]))
        default: break
        }
        if random.chance(70) {
            emit("store(\(place(mib))\(random.pick(["+5", "+4K"])), 3)", in: Program.firstProcess)
        } else {
            emit("load(\(place(mib))+7)", in: Program.firstProcess)
        }
        let mode = random.chance(30) ? "UFFDIO_COPY_MODE_WP" : "0"
        switch served {
        case .minor: emit("uffd_continue(u, \(target), 2M, 0)", in: "h")
        default: emit("uffd_copy(u, \(target), W+64M, 2M, \(mode))", in: "h")
        }
        if served == .protected { emit("uffd_wp(u, \(target), 2M, 0)", in: "h") }
        if random.chance(8) { emit("uffd_read(u)", in: "h") }
        if random.chance(4) { emit("uffd_poison(u, \(place(mib)), 2M, 0)", in: "h") }
    }
}

extension ScenarioProfile {
    /// The numbers of the profile `hugetlb`.
    static let poolShape = ProfileShape(steps: [(.pool, 1)], processLimit: 4, executes: false, beginsMapped: false)
}
