import Faultline
import Testing

@testable import FaultlineScenario

struct RunReportTests {
    @Test("what happened before a statement, and the memory at the end, are in the report")
    func notes() throws {
        let program = try Parser.parse("f = disk_file(8K)\nobserve()\nfsync(f) => EIO\n")
        let executor = try SimulatorExecutor()
        var runner = try ScenarioRunner(program, on: executor)
        var lines: [Int] = []
        let run = try runner.run(beforeStep: { statement in
            lines.append(statement.line)
            guard statement.line == 3 else { return }
            _ = try executor.machine.pwrite(0, 0, offset: 0, length: 1, byte: 5)
            executor.machine.setDiskFailure(reads: false, writes: true)
        })
        #expect(lines == [1, 2, 3])
        #expect(run.failedExpectations.isEmpty)
        let report = RunReport(run, events: nil, notes: [[], [], ["it fails"]], memory: executor.machine.memoryInfo())
        #expect(report.steps.map(\.notes) == [[], [], ["it fails"]])
        #expect(report.memory?.cached == 2)
        #expect(RunReport(run, events: nil).steps[2].notes == nil && RunReport(run, events: nil).memory == nil)
    }
}
