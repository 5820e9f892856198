import Faultline
import Testing

@testable import FaultlineScenario

struct RunReportTests {
    @Test("what happened before a statement, and the memory at the end, are in the report")
    func notes() throws {
        let program = try Parser.parse("f = disk_file(8K)\nobserve()\nfsync(f) => EIO\n")
        let executor = try SimulatorExecutor()
        let runner = try ScenarioSession(program, on: executor)
        var lines: [Int] = []
        let run = try runner.run(beforeStep: { statement in
            lines.append(statement.line)
            guard statement.line == 3 else { return }
            _ = try executor.machine.pwrite(0, 0, offset: 0, length: 1, byte: 5)
            executor.machine.setDiskFailure(reads: false, writes: true)
        })
        #expect(lines == [1, 2, 3])
        #expect(run.failedExpectations.isEmpty)
        let report = RunReport(
            run, notes: [], scheduled: [[], [], ["it fails"]], memory: executor.machine.memoryInfo())
        #expect(report.steps.map(\.notes) == [[], [], ["it fails"]])
        #expect(report.memory?.cached == 2)
        #expect(RunReport(run, notes: []).steps[2].notes == nil && RunReport(run, notes: []).memory == nil)
    }

    @Test("the state and the events are taken apart as the recording and the trace have them")
    func structure() throws {
        let map = "mmap(W, 12K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        let source = map + "write_pages(W, 8K, 1)\nmadvise(W+8K, 4K, MADV_GUARD_INSTALL)\nc = fork()\nobserve()\n"
        let executor = try SimulatorExecutor()
        executor.machine.trace(true)
        let runner = try ScenarioSession(try Parser.parse(source), on: executor)
        var notes: [Transcript.Notes] = []
        let run = try runner.run(onStep: { _ in
            var note = Transcript.Notes()
            note.events = executor.machine.takeEvents()
            notes.append(note)
        })
        var contents = RunReport.Contents()
        contents.events = true
        let report = RunReport(run, notes: notes, contents: contents, totals: try executor.totals())
        #expect(report.processes.map(\.totals?.vmaCount) == [8, 8])
        #expect(report.processes.map(\.name) == ["init", "c"])
        #expect(report.steps[4].processes?.count == 2 && report.steps[3].processes == nil)
        let vma = try #require(report.processes.first?.vmas.first)
        #expect((vma.start, vma.end) == ("0x100000000000", "0x100000003000") && vma.permissions == "rw-p")
        #expect(vma.flags.prefix(2) == ["rd", "wr"] && vma.smaps["Rss"] == 8 && vma.smaps["Pss"] == 4)
        #expect(vma.pages.map(\.kind) == ["frame", "swap"] && vma.pages.map(\.count) == [2, 1])
        #expect(vma.pages[0].frame == 0 && vma.pages[0].mapCount == 2 && vma.pages[0].flags == ["anon", "swapbacked"])
        let fault = try #require(report.steps[1].trace?.first)
        #expect(fault.event == "page_fault_user" && fault.valueName == "error_code" && fault.value == 6)
        #expect(report.steps[1].trace?.count == report.steps[1].events?.count)
    }
}
