import Faultline

/// Makes the program of a quiz: the same topic and seed give the same one.
struct QuizProgram {
    /// The statements, and which of them have a question.
    private(set) var lines: [(text: String, isAsked: Bool)] = []
    private var random: SplitMix64

    private static let anonymous = "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0"

    init(_ topic: QuizTopic, seed: UInt64) {
        // The same seed gives programs of different topics that are not alike.
        random = SplitMix64(seed: seed &* 64 &+ UInt64(QuizTopic.allCases.firstIndex(of: topic) ?? 0))
        switch topic {
        case .cow: copyOnWrite()
        case .merge: merges()
        case .tables: tables()
        case .tlb: translations()
        case .faults: faults()
        case .sharing: sharing()
        case .reclaim: reclaim()
        }
    }

    /// The program as text.
    var source: String { lines.map { $0.text + "\n" }.joined() }

    private mutating func say(_ text: String) { lines.append((text, false)) }
    private mutating func ask(_ text: String) { lines.append((text, true)) }

    /// An address such as `p` or `p+8K`.
    private static func place(_ base: String, _ page: Int) -> String { page == 0 ? base : "\(base)+\(page * 4)K" }

    private mutating func copyOnWrite() {
        let pages = 2 + random.below(3)
        say("p = mmap(W, \(pages * 4)K, PROT_READ|PROT_WRITE, \(Self.anonymous))")
        say("write_pages(p, \(random.chance(50) ? pages * 4 : 4)K, 1)")
        say("c = fork()")
        var isChildAlive = true
        for step in 0..<5 {
            let byChild = isChildAlive && random.chance(50)
            let page = Self.place("p", random.below(pages))
            if step == 3, isChildAlive, random.chance(60) {
                say("c: exit(0)")
                isChildAlive = false
            } else if random.chance(75) {
                ask("\(byChild ? "c: " : "")store(\(page), \(step + 2))")
            } else {
                ask("\(byChild ? "c: " : "")load(\(page))")
            }
        }
    }

    private mutating func merges() {
        say("mmap(W, 16K, PROT_READ|PROT_WRITE, \(Self.anonymous))")
        for _ in 0..<6 {
            let start = random.below(12)
            let length = 1 + random.below(3)
            let rights = random.chance(65) ? "PROT_READ|PROT_WRITE" : "PROT_READ"
            let range = "\(Self.place("W", start)), \(length * 4)K"
            switch random.below(10) {
            case 0..<4: ask("mmap(\(range), \(rights), \(Self.anonymous))")
            case 4..<8: ask("mprotect(W\(random.chance(50) ? "" : "+4K"), \((1 + random.below(3)) * 4)K, \(rights))")
            case 8: ask("munmap(\(range))")
            default: say("store(\(Self.place("W", start)), 1)")
            }
        }
    }

    private mutating func tables() {
        say("p = mmap(W, 3G, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_NORESERVE, -1, 0)")
        let places = ["", "+4K", "+2M", "+2M+8K", "+4M", "+1G", "+1G+4K", "+1G+2M", "+2G"]
        for _ in 0..<5 {
            let access = random.chance(70) ? "store(p\(random.pick(places)), 1)" : "load(p\(random.pick(places)))"
            ask(access)
        }
        ask(random.chance(50) ? "madvise(p, 3G, MADV_DONTNEED)" : "munmap(p+\(random.pick(["1G", "2M"])), 1G)")
    }

    private mutating func translations() {
        say("p = mmap(W, 16K, PROT_READ|PROT_WRITE, \(Self.anonymous))")
        say("write_pages(p, 8K, 1)")
        for _ in 0..<6 {
            let page = Self.place("p", random.below(3))
            switch random.below(8) {
            case 0: say("mprotect(\(Self.place("p", random.below(2))), 4K, PROT_READ)")
            case 1: say("madvise(\(page), 4K, MADV_DONTNEED)")
            case 2..<5: ask("load(\(page))")
            default: ask("store(\(page), 2)")
            }
        }
        ask("load(p)")
    }

    private mutating func faults() {
        say("f = tmpfs_file(8K)")
        say("a = mmap(W, 16K, PROT_READ|PROT_WRITE, \(Self.anonymous))")
        say("s = mmap(W+1M, 16K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, f, 0)")
        say("r = mmap(W+2M, 8K, PROT_READ, MAP_PRIVATE|MAP_FIXED, f, 0)")
        if random.chance(50) { say("madvise(a+8K, 4K, MADV_GUARD_INSTALL)") }
        for _ in 0..<6 {
            let base = random.pick(["a", "a", "s", "r"])
            let page = Self.place(base, random.below(base == "r" ? 2 : 4))
            ask(random.chance(50) ? "load(\(page))" : "store(\(page), 9)")
        }
        ask(random.pick(["read_pages(a, 16K)", "write_pages(a, 8K, 3)", "load(a+16K)"]))
    }

    private mutating func reclaim() {
        say("p = mmap(W, 32K, PROT_READ|PROT_WRITE, \(Self.anonymous))")
        say("write_pages(p, 24K, 1)")
        say("f = tmpfs_file(16K)")
        say("s = mmap(W+1M, 16K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, f, 0)")
        say("write_pages(s, 16K, 2)")
        say("d = disk_file(16K)")
        say("r = mmap(W+2M, 16K, PROT_READ, MAP_SHARED|MAP_FIXED, d, 0)")
        say("read_pages(r, 16K)")
        for step in 0..<6 {
            let start = random.below(6)
            let range = "\(Self.place("p", start)), \((1 + random.below(3)) * 4)K"
            switch random.below(12) {
            case 0..<4: ask("madvise(\(range), MADV_FREE)")
            case 4..<6: ask("madvise(\(range), MADV_DONTNEED)")
            case 6: ask("madvise(\(random.pick(["s", "r"])), 8K, MADV_DONTNEED)")
            case 7: ask("madvise(\(Self.place("s", random.below(3))), 4K, MADV_REMOVE)")
            case 8: ask("madvise(r, \((1 + random.below(4)) * 4)K, MADV_PAGEOUT)")
            case 9: ask("ftruncate(f, \(random.pick(["0", "4K", "8K"])))")
            case 10: ask("load(\(Self.place("p", start)))")
            default: ask("store(\(Self.place("p", start)), \(step + 3))")
            }
        }
    }

    private mutating func sharing() {
        say("f = tmpfs_file(16K)")
        say("s = mmap(W, 8K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, f, 0)")
        say("p = mmap(W+1M, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, f, 0)")
        say("a = mmap(W+2M, 8K, PROT_READ|PROT_WRITE, \(Self.anonymous))")
        ask("store(a, 1)")
        ask("store(s, 50)")
        say("c = fork()")
        for step in 0..<5 {
            let who = random.chance(55) ? "c: " : ""
            let page = Self.place(random.pick(["s", "p", "a"]), random.below(2) == 0 ? 0 : random.below(2))
            ask(random.chance(50) ? "\(who)load(\(page))" : "\(who)store(\(page), \(60 + step))")
        }
    }
}
