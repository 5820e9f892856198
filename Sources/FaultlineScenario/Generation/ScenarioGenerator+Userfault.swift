/// Programs whose faults another process serves: `init` has registered memory, `h` holds the descriptor.
extension ScenarioGenerator {
    /// How a program's memory is registered, and so how its faults are served.
    enum ServedMode: Sendable {
        case missing, protected, minor
    }

    /// The first statements: a descriptor, the memory, its server.
    mutating func beginUserfault() {
        served = random.pick(weighted: [(.missing, 5), (.protected, 6), (.minor, 2)])
        let features = [
            "EVENT_FORK", "EVENT_REMAP", "EVENT_REMOVE", "EVENT_UNMAP", "EXACT_ADDRESS", "WP_UNPOPULATED",
            "POISON",
            "MOVE", "SIGBUS", "WP_ASYNC",
        ]
        let chances = [
            20, 20, 25, 20, 20, served == .protected ? 45 : 10, 20, 25, 4, served == .protected ? 15 : 2,
        ]
        var chosen: [String] = []
        for (feature, chance) in zip(features, chances) where random.chance(chance) {
            chosen.append("UFFD_FEATURE_" + feature)
        }
        lines.append("u = userfaultfd(O_NONBLOCK\(random.chance(8) ? "|UFFD_USER_MODE_ONLY" : ""))")
        lines.append("uffd_api(u, \(chosen.isEmpty ? "0" : chosen.joined(separator: "|")))")
        lines.append("mmap(W, 160K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        let isShared = served == .minor || random.chance(45)
        if isShared { mapServedFile() }
        lines.append(
            "mmap(W+1M, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        lines.append("write_pages(W+1M, 32K, 77)")
        if random.chance(50) {
            lines.append("write_pages(W+\(random.below(20) * 4)K, \(random.pick([16, 32]))K, 5)")
        }
        if isShared, random.chance(60) { lines.append("write_pages(W+400K, 16K, 6)") }
        let isHuge = served != .minor && random.chance(30)
        if isHuge { mapServedHuge() }
        lines.append("h = fork()")
        lines.append("write_pages(W+1M+32K, 16K, 3)")
        let (start, length) = random.pick([(0, 160), (16, 80), (32, 128)])
        let mode = served == .protected ? "WP" : "MISSING"
        lines.append("uffd_register(u, W+\(start)K, \(length)K, UFFDIO_REGISTER_MODE_\(mode))")
        if isShared {
            let mode = served == .minor ? "MINOR" : mode
            lines.append("uffd_register(u, W+400K, 64K, UFFDIO_REGISTER_MODE_\(mode))")
        }
        placed = isShared ? [Area(base: "W+400K", pages: 16)] : []
        if isHuge { registerServedHuge(mode) }
    }

    private mutating func mapServedFile() {
        if served == .protected, random.chance(50) {
            lines.append(
                "mmap(W+400K, 64K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
            return
        }
        lines.append("f = memfd_create(\"m\", 0)")
        lines.append("ftruncate(f, 64K)")
        let type = random.chance(80) ? "MAP_SHARED" : "MAP_PRIVATE"
        lines.append("mmap(W+400K, 64K, PROT_READ|PROT_WRITE, \(type)|MAP_FIXED, f, 0)")
    }

    /// The next statement.
    mutating func takeUserfault() {
        if random.chance(8) { return markServed() }
        if hasServedHuge, random.chance(20) { return changeServedHuge() }
        switch random.below(100) {
        case 0..<30: touchServed()
        case 30..<66: serve()
        case 66..<74: if served == .protected { protectServed() } else { touchServed() }
        case 74..<78: emit("uffd_read(u)", in: "h")
        case 78..<92: changeServed()
        default: askServed()
        }
    }

    /// A page of the memory that may be registered, and a length in KiB.
    mutating func servedRange(_ lengths: [Int] = [4, 4, 4, 8, 12, 16, 32]) -> (String, Int) {
        if hasServedHuge, random.chance(25) { return hugeServedRange() }
        let shared = placed.first?.base == "W+400K" && random.chance(served == .minor ? 80 : 40)
        let (first, pages) = shared ? (100, 16) : (0, 40)
        let page = random.below(pages)
        return ("W+\((first + page) * 4)K", min(random.pick(lengths), (pages - page) * 4))
    }

    private mutating func touchServed() {
        let (address, length) = servedRange()
        let offset = random.pick(["", "", "+5", "+4095"])
        switch random.below(10) {
        case 0..<4: emit("store(\(address)\(offset), \(byte()))", in: Program.firstProcess)
        case 4, 5: emit("load(\(address)\(offset))", in: Program.firstProcess)
        case 6, 7: emit("write_pages(\(address), \(length)K, \(byte()))", in: Program.firstProcess)
        case 8: emit("read_pages(\(address), \(length)K)", in: Program.firstProcess)
        default:
            emit("madvise(\(address), \(length)K, MADV_DONTNEED)", in: Program.firstProcess)
            emit("store(\(address), \(byte()))", in: Program.firstProcess)
        }
    }

    private mutating func protectServed() {
        let (address, length) = servedRange()
        emit(
            "uffd_wp(u, \(address), \(length)K, UFFDIO_WRITEPROTECT_MODE_WP)",
            in: random.pick(["h", "init"]))
        if random.chance(70) {
            emit("write_pages(\(address), \(length)K, \(byte()))", in: Program.firstProcess)
        }
    }

    private mutating func serve() {
        let (address, _) = servedRange()
        let place = random.chance(80) ? "fault&~4095" : address
        let length = random.pick(["4K", "4K", "4K", "8K", "16K"])
        let mode = random.pick(["0", "0", "0", "0", "UFFDIO_COPY_MODE_DONTWAKE"])
        switch served {
        case .protected:
            let wakes = random.chance(95) ? "0" : "UFFDIO_WRITEPROTECT_MODE_DONTWAKE"
            emit("uffd_wp(u, \(place), \(length), \(wakes))", in: "h")
        case .minor where random.chance(70):
            emit(
                "uffd_continue(u, \(place), \(length), \(random.pick(["0", "0", "UFFDIO_CONTINUE_MODE_WP"])))",
                in: "h")
        default:
            if random.chance(65) {
                let mode = random.chance(15) ? "UFFDIO_COPY_MODE_WP" : mode
                emit(
                    "uffd_copy(u, \(place), W+1M\(random.pick(["", "", "+100", "+40K"])), \(length), \(mode))",
                    in: "h")
            } else {
                emit("uffd_zeropage(u, \(place), \(length), 0)", in: "h")
            }
        }
    }

    /// What changes the mappings.
    private mutating func changeServed() {
        let (address, length) = servedRange()
        let target = "W+\(random.pick([random.below(40) * 4, 640 + random.below(20) * 4]))K"
        let call: String
        switch random.below(12) {
        case 0..<3: call = "madvise(\(address), \(length)K, MADV_DONTNEED)"
        case 3:
            call = "madvise(\(address), \(length)K, MADV_\(random.pick(["REMOVE", "FREE", "DONTFORK"])))"
        case 4, 5: call = "munmap(\(address), \(length)K)"
        case 6, 7:
            let dontUnmap = random.chance(40) ? "|MREMAP_DONTUNMAP" : ""
            call =
                "mremap(\(address), \(length)K, \(length)K, MREMAP_MAYMOVE|MREMAP_FIXED\(dontUnmap), \(target))"
        case 8:
            let populates = random.chance(30) ? "|MAP_POPULATE" : ""
            call =
                "mmap(\(address), \(length)K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED\(populates), -1, 0)"
        case 9:
            call =
                "mprotect(\(address), \(length)K, \(random.pick(["PROT_READ", "PROT_READ|PROT_WRITE"])))"
        // `h`, which serves the faults, is not among them.
        case 10 where processes.count + 1 < shape.processLimit:
            let child = name("c")
            emit("\(child) = fork()", in: Program.firstProcess)
            processes.append(child)
            return
        default:
            call = "madvise(\(address), \(length)K, MADV_POPULATE_\(random.pick(["READ", "WRITE"])))"
        }
        emit(call, in: Program.firstProcess)
    }

    /// The other calls of the descriptor.
    private mutating func askServed() {
        let (address, length) = servedRange()
        let place = random.chance(60) ? "fault&~4095" : address
        let server = random.pick(["h", "h", "init"])
        switch random.below(10) {
        case 0..<2: emit("uffd_wake(u, \(place), 4K)", in: server)
        case 2..<4: emit("uffd_poison(u, \(place), \(random.pick([4, 4, 8, 16]))K, 0)", in: server)
        case 4, 5:
            let mode = random.pick(["MISSING", "WP", "MINOR", "MISSING|UFFDIO_REGISTER_MODE_WP"])
            emit("uffd_register(u, \(address), \(length)K, UFFDIO_REGISTER_MODE_\(mode))", in: server)
        case 6: emit("uffd_unregister(u, \(address), \(length)K)", in: server)
        case 7:
            let holes = random.chance(50) ? "UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES" : "0"
            emit(
                "uffd_move(u, \(address), W+1M+\(random.below(12) * 4)K, \(length)K, \(holes))", in: "init")
        case 8: emit("uffd_copy(u, \(address), W+1M+4K, 4K, 0)", in: "init")
        default:
            emit("pagemap_scan(\(address), \(length)K, 0, 0, 0, PAGE_IS_WRITTEN, 0x1ff)", in: "init")
        }
    }
}

extension ScenarioProfile {
    /// The numbers of the profile `uffd`.
    static let userfaultShape = ProfileShape(
        steps: [(.userfault, 1)], processLimit: 4, executes: false, beginsMapped: false)
}
