/// What programs of the profile `uffd` do besides: memory of huge pages, marks, scans that protect, and pins.
extension ScenarioGenerator {
    private static var hugeBase: String { "W+8M" }

    /// Whether memory is registered that huge pages may map.
    var hasServedHuge: Bool { placed.last?.base == Self.hugeBase }

    /// Memory to be registered, and some to move from.
    mutating func mapServedHuge() {
        lines.append("mmap(W+8M, 4M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        lines.append("mmap(W+16M, 4M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        lines.append("madvise(W+8M, 4M, MADV_HUGEPAGE)")
        if random.chance(70) { lines.append("madvise(W+16M, 4M, MADV_HUGEPAGE)") }
        if random.chance(50) { lines.append("store(W+\(random.pick([8, 10]))M, 9)") }
        if random.chance(20) { lines.append("load(W+10M)") }
    }

    /// Behind the fork of the server, so that what is written now is not shared.
    mutating func registerServedHuge(_ mode: String) {
        lines.append("write_pages(W+\(random.pick([16, 17, 18]))M, \(random.pick([1024, 2048]))K, 8)")
        lines.append("uffd_register(u, W+8M, \(random.pick([2, 4, 4]))M, UFFDIO_REGISTER_MODE_\(mode))")
        placed.append(Area(base: Self.hugeBase, pages: 1024))
    }

    /// A part of it: a whole huge page, or pages at an edge.
    mutating func hugeServedRange() -> (String, Int) {
        if random.chance(40) { return ("W+\(random.pick([8, 10]))M", 2048) }
        let page = random.pick([0, 1, 2, 255, 510, 511, 512, 513, 900])
        return ("W+8M+\(page * 4)K", random.pick([4, 4, 8, 16]))
    }

    mutating func changeServedHuge() {
        let (address, length) = hugeServedRange()
        switch random.below(8) {
        case 0, 1:
            let source = random.pick(["W+16M", "W+16M", "W+18M", "W+17M", "W+16M+8K"])
            let holes = random.chance(60) ? "UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES" : "0"
            emit("uffd_move(u, \(address), \(source), \(length)K, \(holes))", in: Program.firstProcess)
        case 2: emit("madvise(W+\(random.pick([8, 10]))M, 2M, MADV_COLLAPSE)", in: Program.firstProcess)
        case 3: emit("madvise(\(address), \(length)K, MADV_DONTNEED)", in: Program.firstProcess)
        case 4: emit("uffd_copy(u, \(address), W+1M, 4K, 0)", in: "h")
        case 5: emit("uffd_zeropage(u, \(address), 4K, 0)", in: "h")
        case 6: emit("store(\(address), \(byte()))", in: Program.firstProcess)
        default: scanServed(address, length)
        }
    }

    /// Guards, scans that protect, and pins of memory that moves.
    mutating func markServed() {
        let (address, length) = servedRange()
        switch random.below(10) {
        case 0..<3:
            let call = random.pick(["INSTALL", "INSTALL", "REMOVE"])
            emit("madvise(\(address), \(length)K, MADV_GUARD_\(call))", in: Program.firstProcess)
        case 3..<7: scanServed(address, length)
        default:
            // They stay: the end of a ring interrupts the waits of who made it, some time later.
            let ring = name("r")
            emit("\(ring) = pin(W+1M+\(random.below(12) * 4)K, \(random.pick([4, 8]))K)", in: Program.firstProcess)
        }
    }

    private mutating func scanServed(_ address: String, _ length: Int) {
        let flags = random.pick(["0", "PM_SCAN_WP_MATCHING", "PM_SCAN_WP_MATCHING", "PM_SCAN_CHECK_WPASYNC"])
        let mask = random.pick(["0", "PAGE_IS_WRITTEN", "PAGE_IS_WRITTEN", "PAGE_IS_PRESENT"])
        let returned = random.pick(["0x1ff", "0x1ff", "PAGE_IS_WRITTEN"])
        emit("pagemap_scan(\(address), \(length)K, \(flags), 0, \(mask), 0, \(returned))", in: Program.firstProcess)
    }
}
