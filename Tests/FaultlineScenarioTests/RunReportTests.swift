import Faultline
import Foundation
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
        #expect(report.processes.map(\.state.name) == ["init", "c"])
        #expect(report.steps[4].processes?.count == 2 && report.steps[3].processes == nil)
        let vma = try #require(report.processes.first?.state.vmas.first)
        let data = try JSONEncoder().encode(report)
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let process = try #require((json["processes"] as? [[String: Any]])?.first)
        #expect(process["name"] as? String == "init" && process["totals"] is [String: Any])
        let entry = try #require((process["vmas"] as? [[String: Any]])?.first)
        #expect(entry["start"] as? String == "0x100000000000" && entry["end"] as? String == "0x100000003000")
        #expect(entry["permissions"] as? String == "rw-p")
        #expect((entry["flags"] as? [String])?.prefix(2) == ["rd", "wr"])
        let smaps = try #require(entry["smaps"] as? [String: Int])
        #expect(smaps["Rss"] == 8 && smaps["Pss"] == 4 && smaps["Locked"] == nil)
        #expect(vma.figures[.rss] == 8)
        let pages = try #require(entry["pages"] as? [[String: Any]])
        #expect(pages.map { $0["kind"] as? String } == ["frame", "swap"])
        #expect(pages.map { $0["count"] as? Int } == [2, 1] && pages.map { $0["frame"] as? Int } == [0, nil])
        #expect(pages[0]["mapCount"] as? Int == 2 && pages[0]["flags"] as? [String] == ["anon", "swapbacked"])
        let fault = try #require(report.steps[1].trace?.first)
        #expect(fault.event == "page_fault_user" && fault.process == 0 && fault.processName == "process 0")
        #expect(fault.fields.map(\.name) == ["address", "error_code"] && fault.fields[1].number == 6)
        #expect(report.steps[1].trace?.count == report.steps[1].events?.count)
    }
}
