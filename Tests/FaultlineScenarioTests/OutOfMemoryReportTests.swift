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
        #expect(notes.map(\.kills.count) == [0, 0, 0, 0, 0, 1, 0, 0])
        // The child has most and goes; the statement that met the lack of memory goes on.
        #expect(lines[5].hasSuffix("ok pages=8192 minflt=8192 majflt=0"))
        #expect(lines[6].hasPrefix("      ! out of memory: killed c (total-vm 26"))
        #expect(lines[7].contains("-1 ESRCH"))
        #expect(lines[8].contains("SIGSEGV SEGV_MAPERR at 100002000000 pages=8192"))
        let report = RunReport(run, notes: notes)
        #expect(report.steps[5].outOfMemoryKills == notes[5].kills && report.steps[6].outOfMemoryKills == nil)
    }
}
