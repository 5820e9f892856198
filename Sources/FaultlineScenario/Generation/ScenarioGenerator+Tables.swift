extension ScenarioProfile {
    /// The numbers of the profile `tables`.
    static let tablesShape = ProfileShape(
        steps: [
            (.tables, 700), (.fork, 60), (.exit, 40), (.remap, 30), (.store, 30), (.mapAnonymous, 20), (.advise, 20),
        ], processLimit: 3, advice: anonymousAdvice)
}

extension ScenarioGenerator {
    /// Where the gigabytes of the profile `tables` lie, each under one entry of a table of the third level. They are apart:
    /// the state leaves out the pages of a larger VMA.
    private static let gigabytes = ["W+8G", "W+10G", "W+12G", "W+14G"]
    /// Offsets in a gigabyte at which such a program makes its accesses: the first and last pages of tables of both levels.
    private static let offsets = ["", "+4K", "+2M-4K", "+2M", "+4M", "+6M+8K", "+512M", "+1G-2M", "+1G-4K"]

    /// Half of the gigabytes are mapped from the start.
    mutating func mapGigabytes() {
        for place in Self.gigabytes.prefix(2) {
            lines.append("mmap(\(place), 1G, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        }
    }

    /// A call on memory that whole page tables serve: 1 GiB and 2 MiB, aligned, and a page more or less.
    mutating func takeTables() {
        let (place, length) = piece()
        switch random.below(16) {
        case 0, 1:
            let type = random.chance(80) ? "MAP_PRIVATE" : "MAP_SHARED"
            emit("mmap(\(place), \(length), PROT_READ|PROT_WRITE, \(type)|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")
        case 2: emit("munmap(\(place), \(length))")
        case 3: emit("madvise(\(place), \(length), MADV_\(random.pick(["DONTNEED", "DONTNEED", "REMOVE"])))")
        case 4: emit("mprotect(\(place), \(length), \(protection()))")
        case 5..<9: moveTables()
        case 9..<12: emit("load(\(touched()))")
        default: emit("store(\(touched()), \(byte()))")
        }
    }

    /// A move of a whole gigabyte or of 2 MiB, after which the table that served the last access hangs elsewhere.
    private mutating func moveTables() {
        let (place, length) = piece()
        let target = random.chance(85) ? gigabyte() + place.dropFirst(place.hasPrefix("W+1") ? 5 : 4) : piece().place
        let kept = random.chance(40) ? "|MREMAP_DONTUNMAP" : ""
        let process = random.pick(processes)
        // The table is the last one that was used.
        if random.chance(60) { emit("store(\(place)\(random.pick(["", "+4K"])), \(byte()))", in: process) }
        emit("mremap(\(place), \(length), \(length), MREMAP_MAYMOVE|MREMAP_FIXED\(kept), \(target))", in: process)
        if random.chance(60) { emit("load(\(random.chance(50) ? place : target))", in: process) }
    }

    /// An address and a length that whole entries span, or nearly.
    private mutating func piece() -> (place: String, length: String) {
        let start = gigabyte()
        switch random.below(8) {
        case 0..<3: return (start, "1G")
        case 3..<6: return (start + random.pick(["", "+2M", "+4M", "+1G-2M"]), "2M")
        case 6: return (start, random.pick(["4M", "1G-2M", "1G-4K", "2M+4K"]))
        default: return (start + "+4K", random.pick(["2M", "2M-4K", "1G-4K"]))
        }
    }

    private mutating func gigabyte() -> String { random.pick(Self.gigabytes) }

    private mutating func touched() -> String { gigabyte() + random.pick(Self.offsets) }
}
