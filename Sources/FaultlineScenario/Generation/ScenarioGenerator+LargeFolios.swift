extension ScenarioProfile {
    /// The numbers of the profile `mthp`.
    static let largeFolioShape = ProfileShape(
        steps: [(.largeFolio, 93), (.fork, 6), (.exit, 1)], processLimit: 3, blockCount: 3, lastBlockLength: 8,
        beginsMapped: false)
}

extension ScenarioGenerator {
    /// How a program of the profile `mthp` begins: sizes that are enabled, private memory, and in half of the programs shared memory too.
    mutating func beginLargeFolios() {
        lines.append("show(\"anonexcl\", \"head\")")
        for size in Self.folioSizes where random.chance(40) {
            setLarge("hugepages-\(size)kB/enabled", random.pick(["always", "always", "madvise", "inherit"]))
        }
        if random.chance(25) { setLarge("enabled", random.pick(["always", "madvise", "never"])) }
        let isShared = random.chance(50)
        if isShared { beginShared() }
        if random.chance(40) { lines.append("swapon(64M, \"zram\")") }
        let place = random.pick([0, 0, 4, 20, 64])
        let length = random.pick([4096, 4096, 2800, 2048])
        lines.append(
            "mmap(W+\(place)K, \(length)K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        if random.chance(60) { lines.append("madvise(W+\(place)K, \(length)K, MADV_HUGEPAGE)") }
        if isShared { mapShared() }
        lines.append("write_pages(W+\(place)K, \(random.pick([4, 64, 512]))K, 7)")
    }

    private static let folioSizes = [16, 32, 64, 128, 256, 512, 1024]

    private mutating func setLarge(_ file: String, _ value: String) {
        lines.append("setting(\"transparent_hugepage/\(file)\", \"\(value)\")")
    }

    private mutating func beginShared() {
        for _ in 0..<(1 + random.below(2)) {
            let size = random.pick(Self.folioSizes)
            setLarge("hugepages-\(size)kB/shmem_enabled", random.pick(["always", "within_size", "advise"]))
        }
        if random.chance(25) {
            setLarge("shmem_enabled", random.pick(["always", "within_size", "advise", "force", "deny"]))
        }
    }

    /// Shared anonymous memory, or a memory file: at W+8M.
    private mutating func mapShared() {
        if random.chance(60) {
            lines.append("mmap(W+8M, 2M, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        } else {
            largeFile = name("f")
            lines.append("\(largeFile) = memfd_create(\"m\", 0)")
            let size = random.pick(["2M", "2M", "1000K", "4M"])
            if random.chance(80) { lines.append("ftruncate(\(largeFile), \(size))") }
            let type = random.chance(75) ? "SHARED" : "PRIVATE"
            lines.append("mmap(W+8M, 2M, PROT_READ|PROT_WRITE, MAP_\(type)|MAP_FIXED, \(largeFile), 0)")
        }
        if random.chance(60) { lines.append("madvise(W+8M, 2M, MADV_HUGEPAGE)") }
    }

    /// An address in the private memory or the shared one, in KiB: often the start of a folio.
    private mutating func folioPlace() -> String {
        let base = random.chance(30) ? 8192 : 0
        let pages = base == 0 ? 600 : 512
        if random.chance(45) { return "W+\(base + random.below(pages / 16) * 64)K" }
        return "W+\(base + random.below(pages) * 4)K"
    }

    private mutating func folioLength() -> String {
        random.pick(["4K", "4K", "8K", "16K", "32K", "60K", "64K", "64K", "128K", "256K", "512K", "1024K"])
    }

    private static let folioAdvice: [(element: String, weight: Int)] = [
        ("DONTNEED", 22), ("PAGEOUT", 14), ("FREE", 12), ("POPULATE_WRITE", 10), ("REMOVE", 10), ("WIPEONFORK", 8),
        ("COLLAPSE", 8), ("COLD", 7), ("POPULATE_READ", 4), ("HUGEPAGE", 3), ("NOHUGEPAGE", 3), ("WILLNEED", 2),
        ("DONTFORK", 1),
    ]

    /// What only the profile `mthp` does.
    mutating func takeLargeFolio() {
        let (place, length) = (folioPlace(), folioLength())
        switch random.below(1000) {
        case 0..<159: emit("store(\(place), \(random.below(128)))")
        case 159..<255: emit("write_pages(\(place), \(length), \(random.below(128)))")
        case 255..<349: emit("load(\(place))")
        case 349..<653: adviseFolio(place, length)
        case 653..<709: moveFolio(place, length)
        case 709..<756: emit("read_pages(\(place), \(length))")
        case 756..<802: emit("munmap(\(place), \(length))")
        case 802..<847: emit("mincore(\(place), 64K)")
        case 847..<891: remapFolio(place, length)
        case 891..<929: emit("mprotect(\(place), \(length), PROT_\(random.pick(["READ", "READ|PROT_WRITE", "NONE"])))")
        case 929..<945: lines.append("khugepaged_scan()")
        case 945..<958: emit("\(random.pick(["mlock", "munlock"]))(\(place), \(length))")
        default: if largeFile.isEmpty { changeSize() } else { useLargeFile() }
        }
    }

    private mutating func adviseFolio(_ place: String, _ length: String) {
        let advice = random.pick(weighted: Self.folioAdvice)
        if advice == "COLLAPSE" { return emit("madvise(\(random.pick(["W", "W+8M"])), 2M, MADV_COLLAPSE)") }
        emit("madvise(\(place), \(length), MADV_\(advice))")
    }

    private mutating func moveFolio(_ place: String, _ length: String) {
        if random.chance(50) { return emit("mremap(\(place), \(length), \(folioLength()), MREMAP_MAYMOVE)") }
        let target = random.pick(["W+6144K", "W+6148K", "W+6400K", "W+12M"])
        emit("mremap(\(place), \(length), \(length), MREMAP_MAYMOVE|MREMAP_FIXED, \(target))")
    }

    /// Fresh memory in the place of some, or another process's part of the shared memory.
    private mutating func remapFolio(_ place: String, _ length: String) {
        if largeFile.isEmpty || random.chance(60) {
            emit("mmap(\(place), \(length), PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        } else {
            let type = random.pick(["SHARED", "PRIVATE"])
            let offset = random.pick(["0", "64K", "512K", "12K"])
            emit(
                "mmap(W+16M+\(random.pick(["0", "8K", "64K"])), 1M, PROT_READ|PROT_WRITE, MAP_\(type)|MAP_FIXED, \(largeFile), \(offset))"
            )
        }
    }

    /// Another policy for folios of a size, private or shared.
    private mutating func changeSize() {
        let size = random.pick(Self.folioSizes)
        if random.chance(15) {
            return setLarge(
                "hugepages-\(size)kB/shmem_enabled", random.pick(["always", "within_size", "advise", "never"]))
        }
        setLarge("hugepages-\(size)kB/enabled", random.pick(["always", "madvise", "inherit", "never"]))
    }

    /// Writes, reads, and changes of the size of the memory file.
    private mutating func useLargeFile() {
        let place = "\(random.below(500) * 4 + random.below(3))K"
        switch random.below(4) {
        case 0: emit("pwrite(\(largeFile), \(place), \(random.pick([1, 30, 47])), \(random.below(128)))")
        case 1: emit("pread(\(largeFile), \(place), 40)")
        case 2: emit("ftruncate(\(largeFile), \(random.pick(["1M", "2M", "700K", "1000K", "3M"])))")
        default:
            let mode = random.pick(["0", "FALLOC_FL_KEEP_SIZE", "FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE"])
            emit("fallocate(\(largeFile), \(mode), \(place), \(folioLength()))")
        }
    }
}
