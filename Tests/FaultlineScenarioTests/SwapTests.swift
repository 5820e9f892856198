import Faultline
import Testing

@testable import FaultlineScenario

@Suite("Swap")
struct SwapTests {
    private static let map = "mmap(W, 4M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"

    /// Runs a program with the machine's self-checks after every statement; its expectations must hold.
    @discardableResult
    private func run(_ source: String, ramBytes: UInt64 = 24 << 30) throws -> (SimulatorExecutor, ScenarioRun) {
        let executor = try SimulatorExecutor(ramBytes: ramBytes)
        executor.selfCheck = .everyCall
        let run = try ScenarioSession(try Parser.parse(source), on: executor).run()
        let failed = run.failedExpectations.map { "\($0.statement.line): \($0.expectationFailure ?? "")" }
        #expect(failed == [])
        return (executor, run)
    }

    /// The runs of pages that the end of a program shows, without their addresses.
    private func pages(_ source: String) throws -> [String] {
        try run(source).1.recording.end.processes.flatMap { $0.vmas.flatMap(\.runs) }
            .map { $0.text.split(separator: " ").dropFirst().joined(separator: " ") }
    }

    @Test("slots come in ascending order, and are not used again while fresh ones lie ahead")
    func ascending() throws {
        let out = "swapon(64M)\n" + Self.map + "write_pages(W, 32K, 7)\nmadvise(W, 32K, MADV_PAGEOUT)\n"
        #expect(try pages(out) == ["x8 swap s1"])
        let again = out + "write_pages(W, 32K, 8)\nswap_used() => 0\nmadvise(W, 32K, MADV_PAGEOUT)\n"
        #expect(try pages(again) == ["x8 swap s9"])
        // At the end of an area of 23 slots the look for one begins anew.
        let small = again.replacing("64M", with: "96K") + "write_pages(W, 32K, 8)\nmadvise(W, 32K, MADV_PAGEOUT)\n"
        #expect(try pages(small) == ["x7 swap s17", "x1 swap s1"])
    }

    @Test("a page on its way out stays in the swap cache until it goes out once more")
    func swapCache() throws {
        try run(
            "swapon(64M)\n" + Self.map
                + """
                store(W, 42)
                madvise(W, 4K, MADV_PAGEOUT)
                load(W) => 42
                madvise(W, 4K, MADV_PAGEOUT)
                load(W) => 42
                swap_used() => 1
                store(W, 43)
                swapoff() => ok
                load(W) => 43
                swapoff() => EINVAL

                """)
        let (executor, run) = try run(
            "swapon(64M)\n" + Self.map
                + "store(W, 1)\nmadvise(W, 4K, MADV_PAGEOUT)\nload(W)\nmadvise(W, 4K, MADV_PAGEOUT)\nload(W)\n")
        let text = run.recording.text
        #expect(text.contains("\n5 1 minflt=1 majflt=0\n") && text.contains("\n7 1 minflt=0 majflt=1\n"))
        #expect(executor.machine.swapCounts.pagesOut == 1 && executor.machine.swapCounts.pagesIn == 1)
    }

    @Test("pages of zeros leave at once, come back by a major fault, and are neither written nor read")
    func zeros() throws {
        let (executor, run) = try run(
            "swapon(64M)\n" + Self.map
                + "write_pages(W, 16K, 0)\nmadvise(W, 16K, MADV_PAGEOUT)\nswap_used() => 4\nload(W) => 0\n")
        #expect(run.recording.text.contains("\n6 0 minflt=0 majflt=1\n"))
        let counts = executor.machine.swapCounts
        #expect(counts.zeroOut == 4 && counts.pagesOut == 0 && counts.pagesIn == 0 && counts.zeroIn > 0)
    }

    @Test("a read keeps the slot and maps the page writable; a write gives the slot back")
    func slots() throws {
        let out = "swapon(64M)\n" + Self.map + "write_pages(W, 8K, 7)\nmadvise(W, 8K, MADV_PAGEOUT)\n"
        try run(
            out + "load(W) => 7\nswap_used() => 2\nstore(W, 1)\nswap_used() => 2\nstore(W+4K, 1)\nswap_used() => 1\n")
        try run(out + "madvise(W, 8K, MADV_FREE)\nswap_used() => 0\nload(W) => 0\n")
        try run(
            out
                + "munmap(W, 4K)\nswap_used() => 1\nc = fork()\nswap_used() => 1\nmunmap(W+4K, 4K)\nswap_used() => 1\nc: exit(0)\nswap_used() => 0\n"
        )
    }

    @Test("every byte of a page comes back, in whatever form the machine keeps it")
    func contents() throws {
        var fill = ""
        var expect = ""
        // A few bytes, one byte everywhere, and many different ones.
        for page in 0..<24 {
            for place in 0..<(page * 3) {
                fill += "store(W+\(page * 4)K+\(place * 61), \(1 + (page * 7 + place) % 255))\n"
            }
            for place in stride(from: 0, to: page * 3, by: 5) {
                expect += "load(W+\(page * 4)K+\(place * 61)) => \(1 + (page * 7 + place) % 255)\n"
            }
        }
        let twice = "madvise(W, 96K, MADV_PAGEOUT)\nread_pages(W, 96K)\nmadvise(W, 96K, MADV_PAGEOUT)\n"
        try run("swapon(64M)\n" + Self.map + fill + twice + expect)
        try run("swapon(64M, \"zram\")\n" + Self.map + fill + twice + expect + "swapoff()\n" + expect)
    }

    @Test("a slot of two processes goes when both have let it go; their entries count half")
    func shared() throws {
        let source =
            "swapon(64M)\n" + Self.map
            + "write_pages(W, 32K, 7)\nmadvise(W, 32K, MADV_PAGEOUT)\nc = fork()\nassert(W) => Swap=32 SwapPss=16\n"
            + "store(W, 1)\nc: load(W) => 7\nload(W) => 1\nswap_used() => 8\nc: exit(0)\nassert(W) => Swap=28 SwapPss=28\n"
        try run(source)
    }

    @Test("memory files have their slots in the page cache: nothing in the tables, Swap without SwapPss")
    func memoryFiles() throws {
        try run(
            """
            swapon(64M)
            f = memfd_create("m", 0)
            ftruncate(f, 64K)
            mmap(W, 64K, 3, MAP_SHARED|MAP_FIXED, f, 0)
            write_pages(W, 64K, 9)
            madvise(W, 64K, MADV_PAGEOUT)
            assert(W) => Swap=64 SwapPss=0 Rss=0
            swap_used() => 16
            load(W+8K) => 9
            swap_used() => 15
            madvise(W+16K, 8K, MADV_REMOVE)
            load(W+16K) => 0
            ftruncate(f, 32K+100)
            swap_used() => 5
            pwrite(f, 0, 4, 3)
            load(W) => 3
            swapoff() => ok
            load(W+4K) => 9
            load(W+32K) => 9

            """)
    }

    @Test("on compressed memory one process's page is read past the swap cache, and its slot is free then")
    func compressed() throws {
        try run(
            "swapon(64M, \"zram\")\n" + Self.map
                + "write_pages(W, 64K, 7)\nmadvise(W, 64K, MADV_PAGEOUT)\nswap_used() => 16\nload(W) => 7\nstore(W+4K, 1)\n"
                + "swap_used() => 14\nmadvise(W, 8K, MADV_PAGEOUT)\nswap_used() => 16\n")
        // Of two processes: by address, eight pages at first.
        let (executor, _) = try run(
            "swapon(64M, \"zram\")\n" + Self.map
                + "write_pages(W, 128K, 7)\nmadvise(W, 128K, MADV_PAGEOUT)\nc = fork()\nload(W+32K)\nmincore(W, 64K)\n")
        #expect(executor.machine.swapCounts.pagesIn == 8)
    }

    @Test("settings: what page-cluster takes, and what it does")
    func settings() throws {
        try run("setting(\"vm/page-cluster\", \"32\") => EINVAL\nsetting(\"vm/page-cluster\", \"x\") => EINVAL\n")
        let cold =
            "write_pages(W, 64K, 7)\nmadvise(W, 64K, MADV_PAGEOUT)\nread_pages(W, 64K)\nmadvise(W, 64K, MADV_PAGEOUT)\n"
            + (4..<12).map { "load(W+\($0 * 4)K)\n" }.joined()
        #expect(try run("swapon(64M)\n" + Self.map + cold).0.machine.swapCounts.readAhead > 0)
        let single = "setting(\"vm/page-cluster\", \"0\")\nswapon(64M)\n"
        #expect(try run(single + Self.map + cold).0.machine.swapCounts.readAhead == 0)
    }

    @Test("what an evicted page of a disk file left is no slot of a swap area")
    func shadowsAreNoSlots() throws {
        try run(
            "swapon(8K)\nf = disk_file(256K)\np = mmap(W, 256K, PROT_READ, MAP_SHARED|MAP_FIXED, f, 0)\n"
                + "memory_reclaim()\nmincore(p, 256K)\nftruncate(f, 6K) => 0\nmincore(p, 8K)\n"
                + "madvise(p, 4K, MADV_WILLNEED) => 0\npread(f, 0, 4) => 4\nswapoff() => ok\n")
    }

    @Test("one area at a time, of two pages or more")
    func areas() throws {
        try run("swapon(4K) => EINVAL\nswapon(8K) => ok\nswapon(64M) => EBUSY\nswapoff() => ok\nswap_used() => 0\n")
    }

    @Test("what goes out is there after any number of rounds", arguments: [1, 2, 3, 4] as [UInt64])
    func nothingIsLost(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bytes = Array(repeating: 0, count: 64)
        var source = "swapon(\(seed % 2 == 0 ? "64M" : "96K")\(seed > 2 ? ", \"zram\"" : ""))\n" + Self.map
        for _ in 0..<400 {
            let page = Int(random.next() % 64)
            switch random.next() % 6 {
            case 0, 1: source += "madvise(W+\(page * 4)K, \(min(16, 64 - page) * 4)K, MADV_PAGEOUT)\n"
            case 2, 3:
                bytes[page] = Int(random.next() % 256)
                source += "store(W+\(page * 4)K, \(bytes[page]))\n"
            default: source += "load(W+\(page * 4)K) => \(bytes[page])\n"
            }
        }
        try run(source)
    }
}
