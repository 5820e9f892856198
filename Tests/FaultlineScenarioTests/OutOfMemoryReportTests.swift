import Testing

@testable import Faultline
@testable import FaultlineScenario

/// What a run tells of processes that were killed because no memory was left.
struct OutOfMemoryReportTests {
    @Test("a small machine refuses what it cannot promise, kills who takes most, and says so under the statement")
    func smallMachine() throws {
        let program = try Parser.parse(
            """
            mmap(W, 256M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            c = fork()
            c: mmap(W, 256M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_FIXED, -1, 0)
            c: write_pages(W, 48M, 1)
            mmap(W, 32M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            write_pages(W, 32M, 2)
            c: load(W)
            write_pages(W, 256M, 3)
            """)
        let executor = try SimulatorExecutor(ramBytes: 64 << 20)
        executor.selfCheck = .everyCall
        let runner = try ScenarioSession(program, on: executor)
        let transcript = Transcript(program)
        var lines: [String] = []
        var notes: [Transcript.Notes] = []
        let run = try runner.run { step in
            var note = Transcript.Notes()
            note.kills = executor.takeKills()
            notes.append(note)
            lines += transcript.text(step, note).split(separator: "\n").map(String.init)
        }
        #expect(lines[0].hasSuffix("-1 ENOMEM"))
        #expect(notes.map(\.kills.isEmpty) == [true, true, true, true, true, false, true, true])
        // The child has most and goes; the statement that met the lack of memory goes on.
        #expect(lines[5].hasSuffix("ok pages=8192 minflt=8192 majflt=0"))
        #expect(lines[6].hasPrefix("      ! out of memory: killed c (total-vm 26"))
        let log = notes[5].kills.dropFirst()
        #expect(
            log.first
                == "agent invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP), order=0, oom_score_adj=0"
        )
        #expect(log.contains("Tasks state (memory values in pages):"))
        #expect(log.contains { $0.hasPrefix("[   1001]     0  1001    655") && $0.hasSuffix("    0 agent") })
        #expect(
            log.contains(
                "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,"
                    + "task=agent,pid=1001,uid=0"))
        #expect(log.last?.hasPrefix("Out of memory: Killed process 1001 (agent) total-vm:26") ?? false)
        let after = 6 + notes[5].kills.count
        #expect(lines[after].contains("-1 ESRCH"))
        #expect(lines[after + 1].contains("SIGSEGV SEGV_MAPERR at 100002000000 pages=8192"))
        let report = RunReport(run, notes: notes)
        #expect(report.steps[5].outOfMemoryKills == notes[5].kills && report.steps[6].outOfMemoryKills == nil)
    }

    /// Runs a program on a machine of 64 MiB whose first process has an `oom_score_adj`, and gives what the kernel said too.
    private func run(_ source: String, adjustment: Int64 = 0) throws -> (texts: [String?], log: [String]) {
        let executor = try SimulatorExecutor(ramBytes: 64 << 20)
        executor.selfCheck = .everyCall
        let session = try ScenarioSession(try Parser.parse(source), on: executor)
        executor.machine.processes[0].memoryScore.adjustment = adjustment
        let run = try session.run()
        return (run.steps.map { $0.result?.text }, executor.takeKills())
    }

    private static let crowd = """
        mmap(W, 256M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_FIXED, -1, 0)
        c = fork()
        write_pages(W, 20M, 1)
        c: write_pages(W, 30M, 1)

        """

    @Test("the process with the larger oom_score_adj dies in place of the larger process")
    func adjusted() throws {
        let more = "c: write_pages(W+64M, 16M, 1)\nload(W)\n"
        let plain = try run(Self.crowd + more)
        #expect(plain.texts[4] == "killed" && plain.texts[5] == "1 minflt=0 majflt=0")
        let adjusted = try run(Self.crowd + "oom_score_adj(500)\n" + more)
        #expect(adjusted.texts[5] == "ok pages=4096 minflt=4096 majflt=0")
        #expect(adjusted.texts[6] == "-1 ESRCH minflt=0 majflt=0")
        #expect(adjusted.log.contains { $0.hasPrefix("[   1000]") && $0.hasSuffix("  500 agent") })
        #expect(adjusted.log.last?.hasSuffix("oom_score_adj:500") ?? false)
    }

    @Test("with nobody to kill the kernel panics, and nothing runs any more")
    func panic() throws {
        let result = try run(Self.crowd + "c: write_pages(W+64M, 32M, 1)\nload(W)\n", adjustment: -1000)
        #expect(result.texts[4] == "killed" && result.texts[5] == "-1 ESRCH minflt=0 majflt=0")
        #expect(result.log.contains("Kernel panic - not syncing: System is deadlocked on memory"))
    }

    @Test("in a cgroup with nobody to kill the one dies that asks, and the run says that the kernel does otherwise")
    func nobodyInGroup() throws {
        let source = """
            mmap(W, 8M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            memory_limit(1M)
            write_pages(W, 4M, 1)
            """
        let executor = try SimulatorExecutor()
        executor.selfCheck = .everyCall
        let session = try ScenarioSession(try Parser.parse(source), on: executor)
        executor.machine.processes[0].memoryScore.adjustment = -1000
        let run = try session.run()
        #expect(run.steps[2].result?.text == "killed")
        #expect(executor.unmodelled.map(\.lack) == [.nobodyToKill])
    }

    @Test("oom_score_adj takes -1000 to 1000, and without CAP_SYS_RESOURCE no less than was set with it")
    func rights() throws {
        let source = """
            oom_score_adj(1001)
            oom_score_adj(-1001)
            oom_score_adj(300)
            oom_score_adj(0)
            oom_score_adj(-1)
            setuid(1000)
            oom_score_adj(400)
            """
        #expect(
            try run(source).texts == ["-1 EINVAL", "-1 EINVAL", "ok", "ok", "-1 EACCES", "0", "-1 EACCES"])
    }
}
