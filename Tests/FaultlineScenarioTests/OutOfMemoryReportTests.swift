import Faultline
import Testing

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
        #expect(log.first == "Tasks state (memory values in pages):")
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

    private func run(_ source: String, ramBytes: UInt64 = 64 << 20) throws -> (ScenarioRun, [String]) {
        let executor = try SimulatorExecutor(ramBytes: ramBytes)
        executor.selfCheck = .everyCall
        let run = try ScenarioSession(try Parser.parse(source), on: executor).run()
        return (run, executor.takeKills())
    }

    private static let crowd = """
        mmap(W, 256M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_FIXED, -1, 0)
        write_pages(W, 24M, 1)
        c = fork()
        c: write_pages(W+128M, 4M, 1)

        """

    @Test("who is spared by oom_score_adj lives, and another one dies")
    func adjusted() throws {
        let (plain, _) = try run(Self.crowd + "c: write_pages(W+140M, 32M, 1)\nload(W)\n")
        #expect(plain.steps[4].result?.text.hasPrefix("SIGKILL") ?? false)
        let (spared, log) = try run(
            Self.crowd + "c: oom_score_adj(-1000)\nc: write_pages(W+140M, 32M, 1)\nload(W)\n")
        #expect(spared.steps[5].result?.text.hasPrefix("ok pages=8192") ?? false)
        #expect(spared.steps[6].result?.text.contains("ESRCH") ?? false)
        #expect(log.contains { $0.hasSuffix("-1000 agent") })
    }

    @Test("with nobody to kill the kernel panics, and nothing runs any more")
    func panic() throws {
        let (run, log) = try run(
            "oom_score_adj(-1000)\n" + Self.crowd + "c: write_pages(W+140M, 48M, 1)\nload(W)\n")
        #expect(run.steps[5].result?.text.hasPrefix("SIGKILL") ?? false)
        #expect(run.steps[6].result?.text.contains("ESRCH") ?? false)
        #expect(log.last == "Kernel panic - not syncing: System is deadlocked on memory")
    }

    @Test("oom_score_adj takes -1000 to 1000, and no less than was set with the right to it")
    func rights() throws {
        let (run, _) = try run(
            """
            oom_score_adj(1001)
            oom_score_adj(-1001)
            oom_score_adj(300)
            drop_capability("CAP_SYS_RESOURCE")
            oom_score_adj(299)
            oom_score_adj(301)
            oom_score_adj(300)
            setuid(1000)
            oom_score_adj(400)
            """)
        #expect(
            run.steps.map { $0.result?.text } == [
                "-1 EINVAL", "-1 EINVAL", "ok", "ok", "-1 EACCES", "ok", "ok", "0", "-1 EACCES",
            ])
    }
}
