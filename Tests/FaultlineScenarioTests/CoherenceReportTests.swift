import Foundation
import Testing

@testable import Faultline
@testable import FaultlineScenario

/// What a run tells of stale TLB entries.
struct CoherenceReportTests {
    @Test("a stale use stands under its statement, with the line of the change that was not flushed")
    func forgottenFlush() throws {
        let program = try Parser.parse(
            "p = mmap(W, 8K, 3, 0x32, -1, 0)\nstore(p, 1)\n\nmprotect(p, 4K, PROT_NONE)\nload(p)\nload(p+4K)\n")
        let executor = try SimulatorExecutor()
        executor.machine.checksCoherence = true
        executor.machine.cpu.mmu.check?.dropsFlushes = true
        let runner = try ScenarioSession(program, on: executor)
        let transcript = Transcript(program)
        var text = ""
        var notes: [Transcript.Notes] = []
        let run = try runner.run { step in
            var note = Transcript.Notes()
            note.staleUses = executor.machine.takeStaleUses()
            notes.append(note)
            text += transcript.text(step, note)
        }
        #expect(notes.map(\.staleUses.count) == [0, 0, 0, 1, 0])
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[4].hasPrefix("      ! stale TLB entry: CPU 0, process 0, 0x100000000000: "))
        #expect(lines[4].hasSuffix("change_protection (mprotect) of 0x100000000000-0x100000001000, change 1, line 4"))
        var contents = RunReport.Contents()
        contents.staleUses = true
        let report = RunReport(run, notes: notes, contents: contents)
        #expect(report.steps[3].staleUses?.count == 1 && report.steps[4].staleUses == [])
        #expect(RunReport(run, notes: notes).steps[3].staleUses == nil)
    }
}
