extension ScenarioProfile {
    /// The numbers of the profile `ksm`.
    static let mergingShape = ProfileShape(
        steps: [(.merging, 930), (.fork, 60), (.exit, 6)], processLimit: 3, lastBlockLength: 0, beginsMapped: false)
}

extension ScenarioGenerator {
    /// How a program of the profile `ksm` begins: settings, two areas of equal pages, of which one may be merged.
    mutating func beginMerging() {
        lines.append("show(\"anonexcl\", \"head\")")
        if random.chance(20) { setMerging("use_zero_pages", "1") }
        if random.chance(15) { setMerging("max_page_sharing", random.pick(["2", "2", "3", "5"])) }
        if random.chance(25) { setMerging("smart_scan", "0") }
        if random.chance(5) { setMerging("merge_across_nodes", "0") }
        for _ in 0..<1 + random.below(2) { mergedBytes.append(random.pick([0, 1, 1, 2, 3, 5])) }
        for base in ["W", "W+256K"] {
            if base != "W", random.chance(20) { continue }
            lines.append("mmap(\(base), 96K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
            lines.append("write_pages(\(base), \(random.pick([48, 96]))K, \(random.pick(mergedBytes)))")
        }
        if random.chance(10) {
            lines.append("mmap(W+2M, 2M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
            lines.append("madvise(W+2M, 2M, MADV_HUGEPAGE)")
            lines.append("write_pages(W+2M, \(random.pick(["4K", "64K", "2M"])), \(random.pick(mergedBytes)))")
            lines.append("madvise(W+2M, 2M, MADV_MERGEABLE)")
        }
        lines.append("madvise(W, 96K, MADV_MERGEABLE)")
    }

    private mutating func setMerging(_ file: String, _ value: String) {
        lines.append("setting(\"ksm/\(file)\", \"\(value)\")")
    }

    /// The start of a page of one of the areas, and a length from there in KiB.
    private mutating func mergedRange() -> (address: String, kib: Int) {
        let (page, base) = (random.below(24), random.chance(62) ? 0 : 256)
        let length = min(random.pick([1, 1, 1, 2, 2, 4, 4, 8]), 24 - page)
        let place = base + page * 4
        return (place == 0 ? "W" : "W+\(place)K", length * 4)
    }

    private static let mergedAdvice: [(element: String, weight: Int)] = [
        ("MERGEABLE", 100), ("UNMERGEABLE", 46), ("POPULATE_WRITE", 24), ("FREE", 24), ("DONTNEED", 23),
        ("DONTFORK", 12), ("POPULATE_READ", 8), ("COLD", 8), ("PAGEOUT", 5), ("WIPEONFORK", 4),
    ]

    /// What only the profile `ksm` does.
    mutating func takeMerging() {
        let (address, kib) = mergedRange()
        switch random.below(978) {
        case 0..<225: lines.append("ksm_scan(\(random.pick([1, 1, 2, 2, 2, 3, 4])))")
        case 225..<460:
            let offset = random.pick(["", "", "", "+8", "+100"])
            emit("store(\(address)\(offset), \(random.pick(mergedBytes)))")
        case 460..<572: emit("write_pages(\(address), \(kib)K, \(random.pick(mergedBytes)))")
        case 572..<629: emit("load(\(address))")
        case 629..<674: emit("read_pages(\(address), \(kib)K)")
        case 674..<822: emit("madvise(\(address), \(kib)K, MADV_\(random.pick(weighted: Self.mergedAdvice)))")
        case 822..<858:
            emit("mmap(\(address), \(kib)K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        case 858..<888: emit("munmap(\(address), \(kib)K)")
        case 888..<918: emit("mprotect(\(address), \(kib)K, PROT_READ\(random.chance(70) ? "|PROT_WRITE" : ""))")
        case 918..<944:
            let flags = random.chance(35) ? "|MREMAP_DONTUNMAP" : ""
            let target = random.chance(80) ? "W+\(512 + random.below(24) * 4)K" : mergedRange().address
            emit("mremap(\(address), \(kib)K, \(kib)K, MREMAP_MAYMOVE|MREMAP_FIXED\(flags), \(target))")
        case 944..<951: emit("mlock(\(address), \(kib)K)")
        case 951..<957: emit("munlock(\(address), \(kib)K)")
        case 957..<964: emit("prctl(PR_SET_MEMORY_MERGE, \(random.below(2)))")
        case 964..<974: lines.append("ksm_unmerge()")
        default: setMerging("use_zero_pages", random.pick(["0", "1"]))
        }
    }
}
