import Faultline
import Testing

@testable import FaultlineScenario

/// Reclaim with a swap area, and what shortness of memory leads to.
struct SwappedReclaimTests {
    /// Runs a program, and checks the machine after each call.
    private func run(_ source: String) throws -> ScenarioRun {
        let executor = try SimulatorExecutor(ramBytes: 1 << 30)
        executor.selfCheck = .everyCall
        return try ScenarioSession(try Parser.parse(source), on: executor).run()
    }

    /// What each `memory_reclaim` of a program came to.
    private func rounds(_ source: String) throws -> [String] {
        try run(source).steps.compactMap { step in
            guard step.statement.call?.name.rawValue == "memory_reclaim" else { return nil }
            return step.result?.text
        }
    }

    private static let reclaim = "memory_reclaim()\n"

    private static let swapped = """
        show("active", "referenced")
        swapon(64M, "zram")
        mmap(W, 400K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        write_pages(W, 400K, 7)

        """

    @Test("with a swap area rounds look at anonymous pages, and write those to it that stay unused")
    func swapRounds() throws {
        let source = Self.swapped + String(repeating: Self.reclaim, count: 5)
        #expect(
            try rounds(source) == [
                "16 anon=16/116 file=0/0", "43 anon=43/43 file=0/0", "36 anon=36/36 file=0/0", "5 anon=5/5 file=0/0",
                "0 anon=0/0 file=0/0",
            ])
        let end = try run(source).end.processes[0].vmas.first
        #expect(end?.figures[.swap] == 400 && end?.figures[.rss] == 0)
    }

    @Test("rounds that swap out to a disk lose no byte, and free a page when they look at it once more")
    func diskRounds() throws {
        let source =
            Self.swapped.replacing(", \"zram\"", with: "") + String(repeating: Self.reclaim, count: 6)
            + "swap_used() => 100\n" + (0..<100).map { "load(W+\($0 * 4)K) => 7\n" }.joined()
        let run = try run(source)
        #expect(run.failedExpectations.isEmpty)
        #expect(run.steps.count { $0.result?.faults?.major == 1 } > 0)
    }

    @Test("a round in which nothing goes is made twice: a page that was used goes at the second look")
    func walksTwice() throws {
        #expect(
            try rounds(Self.swapped.replacing("400K", with: "8K") + Self.reclaim) == ["2 anon=2/4 file=0/0"])
    }

    @Test("memory that MADV_PAGEOUT took comes back active, as the rest of a live machine would hold it so long")
    func pageOutLeavesShadow() throws {
        let source = Self.swapped + "madvise(W, 40K, MADV_PAGEOUT)\nread_pages(W, 40K)\n"
        let runs = try #require(try run(source).end.processes[0].vmas.first).runs
        #expect(runs.map(\.count) == [10, 90])
        #expect(runs[0].flags.contains(.active) && !runs[1].flags.contains(.active))
    }

    @Test(
        "evicted pages are forgotten once the group has too few pages for the nodes that remember them",
        arguments: [(3, 20), (4, 0)])
    func shadowNodes(rounds: Int, active: Int) throws {
        let source =
            "show(\"active\")\nswapon(64M, \"zram\")\nf = disk_file(384K)\nmmap(W, 384K, 3, MAP_SHARED|MAP_FIXED, f, 0)\n"
            + "madvise(W, 384K, MADV_RANDOM)\n" + String(repeating: Self.reclaim, count: rounds)
            + "mmap(W+1M, 80K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
            + "write_pages(W+1M, 80K, 7)\nread_pages(W, 384K)\n"
        let runs = try run(source).end.processes[0].vmas.filter { $0.start == 0x1000_0000_0000 }.flatMap(\.runs)
        #expect(runs.filter { $0.flags.contains(.active) }.map(\.count).reduce(0, +) == active)
    }

    /// 12 MiB are touched again and again in a machine of 16 MiB, with an area of 32 MiB.
    private static let thrashing =
        "mmap(W, 12M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        + String(repeating: "write_pages(W, 12M, 7)\n", count: 3) + "load(W+4M) => 7\n"

    @Test("a small machine with a swap area kills nobody, and tells what went and came back")
    func pressure() throws {
        let executor = try SimulatorExecutor(ramBytes: 12 << 20)
        executor.selfCheck = .everyCall
        try executor.machine.swapOn(bytes: 32 << 20)
        let run = try ScenarioSession(try Parser.parse(Self.thrashing), on: executor).run()
        #expect(run.failedExpectations.isEmpty)
        let report = try PressureReport(executor)
        #expect(report.killed.isEmpty && report.evictedAnonymous > 0 && report.refaultedAnonymous > 0)
        #expect(report.swappedOut > 0 && report.majorFaults > 0)
        #expect(report.areas.contains { $0.start == "0x100000000000" && $0.process == "init" })
        #expect(report.text.contains("  killed          nobody\n"))
    }

    @Test("the smallest machine is the one below which something is lacking")
    func fit() throws {
        let program = try Parser.parse(Self.thrashing)
        let fit = try MemoryFit(largest: 256) { mebibytes in
            guard let executor = try? SimulatorExecutor(ramBytes: mebibytes << 20) else { return .start }
            let run = try ScenarioSession(program, on: executor).run()
            return MemoryFit.shortage(of: run, on: executor, failures: 0)
        }
        let size = try #require(fit.mebibytes)
        #expect(size > 12 && size < 24 && fit.below == .kill && fit.lacking == nil)
        let none = MemoryFit(largest: 8) { _ in MemoryFit.Shortage.kill }
        #expect(none.mebibytes == nil && none.lacking == .kill && none.text.isEmpty)
    }

    @Test("a program that its own limit kills fits nowhere, and the limit is said")
    func ownLimit() throws {
        let program = try Parser.parse("memory_limit(4M)\nmmap(W, 8M, 3, 0x32, -1, 0)\nwrite_pages(W, 8M, 1)\n")
        let fit = try MemoryFit(largest: 256) { mebibytes in
            let executor = try SimulatorExecutor(ramBytes: mebibytes << 20)
            let run = try ScenarioSession(program, on: executor).run()
            return MemoryFit.shortage(of: run, on: executor, failures: 0)
        }
        #expect(fit.lacking == .limit && fit.tries == 1)
    }

    @Test(
        "of two processes with as many pages the one dies whose counters show more: pages that came one at a time count by 32",
        arguments: [
            ("write_pages(W, 6M, 1)\nmadvise(W, 1M, MADV_DONTNEED)\nc = fork()\nc: write_pages(W+1M, 5M, 2)\n", "c"),
            ("write_pages(W, 5M, 1)\nc = fork()\nc: write_pages(W, 5M, 2)\n", "init"),
        ])
    func alike(source: String, survivor: String) throws {
        let map = "mmap(W, 32M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        #expect(try run("memory_limit(8M+512K)\n" + map + source).end.processes.map(\.name) == [survivor])
    }
}
