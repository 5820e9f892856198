import Testing

@testable import Faultline
@testable import FaultlineScenario

@Suite("When the host has no memory left")
struct HostShortageTests {
    @Test(
        "the statement that asks for more ends the run, with what is left; nothing is killed and nothing lost",
        arguments: ["write_pages(p, 8M, 1)", "mlock(p, 8M)", "store(p, 1)", "tmpfs_file(8M)", "load(p)"])
    func runEnds(statement: String) throws {
        let map = "p = mmap(W, 8M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        let program = try Parser.parse(map + "\(statement)\nload(p)\n")
        let executor = try SimulatorExecutor()
        executor.selfCheck = .everyCall
        let runner = try ScenarioSession(program, on: executor)
        var line = 0
        let error = #expect(throws: MachineError.self) {
            _ = try runner.run(beforeStep: { statement in
                line = statement.line
                if line == 2 { executor.machine.frames.host.pointee.isExhausted = true }
            })
        }
        #expect(line == 2)
        #expect(error?.description.contains("MiB of memory left, which simulated RAM does not take") == true)
        let run = try runner.soFar()
        #expect(run.steps.count == 1 && run.end.processes.map(\.name) == ["init"])
        #expect(executor.machine.checkInvariants() == nil)
    }
}
