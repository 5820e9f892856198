extension ScenarioGenerator {
    /// How a program of the profile `swap` begins: the flags of pages that swap changes, an area, memory with something in it.
    mutating func beginSwap() {
        lines.append("show(\"anonexcl\", \"head\")")
        if random.chance(20) {
            lines.append("setting(\"vm/page-cluster\", \"\(random.pick(["0", "0", "1", "2", "4"]))\")")
        }
        lines.append("swapon(\(random.pick(weighted: Self.areaSizes)))")
        lines.append("mmap(W, 160K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        lines.append("write_pages(W+\(random.below(8) * 4)K, \(random.pick([64, 128]))K, \(random.pick([0, 7, 7, 7])))")
        if random.chance(35) { shareMemory() }
    }

    /// Areas that programs never fill, and one that they do.
    private static let areaSizes: [(element: String, weight: Int)] = [("64M", 68), ("256K", 14), ("96K", 18)]

    /// Memory of a file in the second half of the addresses, shared or private.
    private mutating func shareMemory() {
        let address = "W+400K, 64K, PROT_READ|PROT_WRITE"
        if random.chance(50) {
            lines.append("mmap(\(address), MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        } else {
            let file = name("f")
            lines.append("\(file) = memfd_create(\"m\", 0)")
            lines.append("ftruncate(\(file), 64K)")
            lines.append("mmap(\(address), \(random.pick(["MAP_SHARED", "MAP_PRIVATE"]))|MAP_FIXED, \(file), 0)")
        }
        lines.append("write_pages(W+400K, 40K, 5)")
        placed.append(Area(base: "(W+400K)", pages: 16))
    }

    /// What only the profile `swap` does.
    mutating func takeSwap() {
        switch random.below(1000) {
        case 0..<772: pageOut()
        case 772..<887: emit("swap_used()")
        case 887..<908: renewArea()
        case 908..<963:
            let address = address()
            emit("store(\(address), 0)")
        default:
            let (address, kib) = range()
            emit("write_pages(\(address), \(kib)K, 0)")
        }
    }

    /// Pages go out, some of them twice, with a touch in between: only then do they leave memory.
    private mutating func pageOut() {
        let (address, kib) = range()
        let process = random.pick(processes)
        emit("madvise(\(address), \(kib)K, MADV_PAGEOUT)", in: process)
        guard random.chance(24) else { return }
        let access = random.pick(weighted: [
            ("read_pages(\(address), \(kib)K)", 8), ("write_pages(\(address), \(kib)K, 6)", 1),
        ])
        emit(access, in: process)
        emit("madvise(\(address), \(kib)K, MADV_PAGEOUT)", in: process)
        if random.chance(11) { emit("madvise(\(address), \(kib)K, MADV_WILLNEED)", in: process) }
    }

    /// The area goes, and mostly another one comes.
    private mutating func renewArea() {
        lines.append("swapoff()")
        if random.chance(67) { lines.append("swapon(\(random.pick(weighted: Self.areaSizes)))") }
    }
}
