extension ScenarioProfile {
    /// The numbers of the profile `thp`.
    static let hugeShape = ProfileShape(
        steps: [(.huge, 100), (.fork, 5), (.exit, 1)], processLimit: 3, beginsMapped: false)
}

extension ScenarioGenerator {
    /// How a program of the profile `thp` begins: settings, and memory that is advised in part.
    mutating func beginHuge() {
        lines.append("show(\"anonexcl\", \"head\")")
        set("enabled", random.pick(["madvise", "madvise", "madvise", "always", "never"]))
        if random.chance(15) { set("use_zero_page", "0") }
        if random.chance(15) { set("khugepaged/max_ptes_none", random.pick(["0", "64", "510"])) }
        if random.chance(8) { set("khugepaged/max_ptes_shared", random.pick(["0", "511"])) }
        if random.chance(8) { set("shrink_underused", "0") }
        if random.chance(65) {
            lines.append("mmap(W, 16M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
            if random.chance(70) { lines.append("madvise(\(hugePlace()), \(random.pick([2, 4, 8]))M, MADV_HUGEPAGE)") }
        } else {
            mapHuge()
        }
    }

    private mutating func set(_ file: String, _ value: String) {
        lines.append("setting(\"transparent_hugepage/\(file)\", \"\(value)\")")
    }

    /// An address in 16 MiB: the start of 2 MiB, or any page.
    private mutating func hugePlace() -> String {
        if random.chance(55) { return "W+\(random.below(8) * 2048)K" }
        return "W+\(random.below(4096) * 4)K"
    }

    private mutating func hugeLength() -> String {
        random.pick(["4K", "12K", "64K", "512K", "2048K", "2048K", "2048K", "4096K", "6144K"])
    }

    private mutating func mapHuge() {
        let (place, length) = (hugePlace(), random.pick(["2048K", "4096K", "6000K", "8192K"]))
        let fixed = random.pick(weighted: [("MAP_FIXED", 9), ("MAP_FIXED_NOREPLACE", 1)])
        emit("mmap(\(place), \(length), PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|\(fixed), -1, 0)")
        if random.chance(80) { emit("madvise(\(place), \(length), MADV_HUGEPAGE)") }
    }

    private static let hugeAdvice: [(element: String, weight: Int)] = [
        ("HUGEPAGE", 12), ("NOHUGEPAGE", 4), ("DONTNEED", 10), ("FREE", 6), ("COLD", 4), ("PAGEOUT", 4),
        ("COLLAPSE", 6), ("POPULATE_WRITE", 5), ("POPULATE_READ", 4),
    ]

    /// What only the profile `thp` does.
    mutating func takeHuge() {
        let place = hugePlace()
        let length = hugeLength()
        switch random.below(100) {
        case 0..<14: mapHuge()
        case 14..<27: emit("write_pages(\(place), \(length), \(1 + random.below(127)))")
        case 27..<36: emit("store(\(place), \(random.below(128)))")
        case 36..<43: emit("load(\(place))")
        case 43..<48: emit("read_pages(\(place), \(length))")
        case 48..<54: emit("munmap(\(place), \(length))")
        case 54..<61:
            let protection = random.pick(["READ|PROT_WRITE", "READ|PROT_WRITE", "READ", "NONE", "READ|PROT_EXEC"])
            emit("mprotect(\(place), \(length), PROT_\(protection))")
        case 61..<70: moveHuge(place, length)
        case 70..<90: emit("madvise(\(place), \(length), MADV_\(random.pick(weighted: Self.hugeAdvice)))")
        case 90..<92: emit("mincore(\(place), 64K)")
        case 92..<94: emit("mlock(\(place), \(length))")
        case 94..<95: emit("munlock(\(place), \(length))")
        case 95..<97: lines.append("khugepaged_scan()")
        default: set("enabled", random.pick(["madvise", "always", "never"]))
        }
    }

    private mutating func moveHuge(_ place: String, _ length: String) {
        switch random.below(3) {
        case 0: emit("mremap(\(place), \(length), \(hugeLength()), 0)")
        case 1: emit("mremap(\(place), \(length), \(hugeLength()), MREMAP_MAYMOVE)")
        default:
            let flags = random.chance(20) ? "|MREMAP_DONTUNMAP" : ""
            emit("mremap(\(place), \(length), \(length), MREMAP_MAYMOVE|MREMAP_FIXED\(flags), \(hugePlace()))")
        }
    }
}
