import Faultline
import Testing

@testable import FaultlineScenario

/// Rounds of reclaim in a memory cgroup, as they were measured on the live kernel.
struct ReclaimTests {
    /// Runs a program, checks the machine after each call, and gives what each `memory_reclaim` came to.
    private func rounds(_ source: String) throws -> [String] {
        try run(source).steps.compactMap { step in
            guard step.statement.call?.name.rawValue == "memory_reclaim" else { return nil }
            return step.result?.text
        }
    }

    private func run(_ source: String, ramBytes: UInt64 = 1 << 30) throws -> ScenarioRun {
        let executor = try SimulatorExecutor(ramBytes: ramBytes)
        executor.selfCheck = .everyCall
        return try ScenarioSession(try Parser.parse(source), on: executor).run()
    }

    private static let reclaim = "memory_reclaim()\n"
    private static let file = """
        f = disk_file(384K)
        mmap(W, 384K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, f, 0)

        """

    @Test("pages of a file that were read once get a second chance, and go in the next round")
    func secondChance() throws {
        let source = Self.file + "read_pages(W, 384K)\n" + Self.reclaim + Self.reclaim + Self.reclaim
        #expect(try rounds(source) == ["62 anon=0/0 file=62/158", "34 anon=0/0 file=34/34", "0 anon=0/0 file=0/0"])
    }

    @Test("memory that is read at random has no second chance")
    func randomReads() throws {
        let source =
            Self.file + "madvise(W, 384K, MADV_RANDOM)\nread_pages(W, 384K)\n" + Self.reclaim + Self.reclaim
            + Self.reclaim
        #expect(try rounds(source) == ["38 anon=0/0 file=38/38", "40 anon=0/0 file=40/40", "18 anon=0/0 file=18/18"])
    }

    @Test("code that was used once is active, and outlives the rest")
    func code() throws {
        let source = """
            f = disk_file(256K)
            mmap(W, 256K, PROT_READ|PROT_EXEC, MAP_SHARED|MAP_FIXED, f, 0)
            read_pages(W, 64K)

            """ + Self.reclaim + Self.reclaim + Self.reclaim
        #expect(try rounds(source) == ["48 anon=0/0 file=48/64", "10 anon=0/0 file=10/10", "6 anon=0/0 file=6/6"])
    }

    @Test("pages given to MADV_FREE are looked at with the files' pages; those written since stay, active and dirty")
    func lazyFree() throws {
        let source = """
            show("active")
            mmap(W, 400K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            write_pages(W, 400K, 1)
            madvise(W, 200K, MADV_FREE)
            write_pages(W, 40K, 1)

            """ + Self.reclaim + Self.reclaim
        #expect(try rounds(source) == ["40 anon=0/0 file=40/60", "0 anon=0/0 file=0/0"])
        let runs = try #require(try run(source).end.processes[0].vmas.first).runs
        #expect(runs.map(\.count) == [10, 50])
        #expect(runs[0].flags.isSuperset(of: [.dirty, .active, .swapBacked]))
    }

    @Test("a round that frees nothing tries once more without sparing anything")
    func triesHarder() throws {
        // Another process still has the pages dirty.
        let source = """
            memory_swappiness(0)
            mmap(W, 256K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            write_pages(W, 256K, 1)
            c = fork()
            c: madvise(W, 256K, MADV_FREE)
            read_pages(W, 256K)

            """ + Self.reclaim + Self.reclaim
        #expect(try rounds(source) == ["0 anon=0/0 file=0/128", "0 anon=0/0 file=0/0"])
    }

    @Test("pread of a page twice makes it active; rounds then spare it")
    func reads() throws {
        let source = """
            f = disk_file(384K)
            pread(f, 0, 1)
            pread(f, 4K, 1)
            pread(f, 4K, 1)
            pread(f, 0, 1)
            pread(f, 8K, 1)
            memory_reclaim()
            memory_reclaim()
            memory_reclaim()
            mmap(W, 384K, PROT_READ, MAP_SHARED|MAP_FIXED, f, 0)
            mincore(W, 12K)
            """
        let run = try run(source)
        #expect(run.steps.last?.result?.outcome == .residency([true, false, false]))
    }

    @Test("a file that comes back after eviction is read in one piece, with one major fault")
    func refault() throws {
        let source = """
            f = disk_file(256K)
            mmap(W, 256K, PROT_READ, MAP_SHARED|MAP_FIXED, f, 0)
            memory_reclaim()
            memory_reclaim()
            mincore(W, 256K)
            load(W)
            mincore(W, 256K)
            """
        let run = try run(source)
        #expect(run.steps[4].result?.outcome == .residency(Array(repeating: false, count: 64)))
        #expect(run.steps[5].result?.faults == FaultCount(minor: 0, major: 1))
        #expect(run.steps[6].result?.outcome == .residency(Array(repeating: true, count: 64)))
    }

    @Test("a limit below what can go is EBUSY, after every clean file page has gone")
    func impossibleLimit() throws {
        let run = try run(
            """
            f = disk_file(256K)
            mmap(W, 2M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            write_pages(W, 2M, 1)
            mmap(W+4M, 256K, PROT_READ, MAP_SHARED|MAP_FIXED, f, 0)
            memory_limit(1M)
            mincore(W+4M, 256K)
            madvise(W, 1536K, MADV_FREE)
            memory_limit(1M)
            """)
        #expect(run.steps[4].result?.text == "-1 EBUSY")
        #expect(run.steps[5].result?.outcome == .residency(Array(repeating: false, count: 64)))
        #expect(run.steps[7].result?.text == "ok")
    }

    @Test("at the limit the process with most memory is killed, even where another one asks, and the recording says so")
    func kills() throws {
        let run = try run(
            """
            memory_limit(8M)
            c = fork()
            d = fork()
            mmap(W, 8M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            c: mmap(W, 8M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            d: mmap(W, 8M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            c: write_pages(W, 4M, 1)
            d: write_pages(W, 1M, 1)
            write_pages(W, 4000K, 1)
            write_pages(W, 8M, 1)
            """)
        let text = run.recording.text
        #expect(text.contains("\n9 ok pages=1000 minflt=1000 majflt=0\n9 killed c\n10 killed\n"))
        #expect(run.end.processes.map(\.name) == ["d"])
        #expect(try Recording.parse(text).text == text)
    }

    @Test(
        "a small machine takes back what MADV_FREE gave and clean pages of files, before it kills anyone",
        arguments: [
            "write_pages(W, 24M, 1)\nmadvise(W, 24M, MADV_FREE)\nwrite_pages(W+32M, 36M, 2)\n",
            "f = disk_file(40M)\nwrite_pages(W, 44M, 1)\n",
        ])
    func smallMachine(source: String) throws {
        let map = "mmap(W, 96M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_NORESERVE, -1, 0)\n"
        let run = try run(map + source, ramBytes: 64 << 20)
        #expect(run.end.processes.count == 1)
        #expect(run.steps.allSatisfy { !($0.result?.isKilled ?? false) })
    }

    @Test("it kills when nothing can go")
    func nothingLeft() throws {
        let source =
            "mmap(W, 96M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_NORESERVE, -1, 0)\nwrite_pages(W, 96M, 1)\n"
        let run = try run(source, ramBytes: 64 << 20)
        #expect(run.steps[1].result?.isKilled == true && run.end.processes.isEmpty)
    }

    @Test("going back brings lists, costs and the group's usage back")
    func checkpoints() throws {
        let program = try Parser.parse(Self.file + "read_pages(W, 384K)\n" + Self.reclaim + Self.reclaim)
        let executor = try SimulatorExecutor(ramBytes: 1 << 30)
        executor.selfCheck = .everyCall
        let session = try ScenarioSession(program, on: executor, checkpoints: ScenarioSession.CheckpointLimits())
        let first = try session.run().recording.text
        try session.back(3)
        #expect(try session.run().recording.text == first)
    }
}
