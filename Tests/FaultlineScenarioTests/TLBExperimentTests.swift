import Faultline
import Foundation
import Testing

@testable import FaultlineScenario

/// The tables of docs/TLB-EXPERIMENTS.md are those of its programs.
struct TLBExperimentTests {
    struct Experiment: Sendable {
        let program: String
        let label: String
        let set: @Sendable (inout KernelSettings) -> Void
    }

    static let experiments = [
        Experiment(program: "pcids", label: "PCIDs") { _ in },
        Experiment(program: "pcids", label: "no PCIDs (`--cpu pcid=off`)") { $0.cpu.hasPCIDs = false },
        Experiment(program: "flush-ceiling", label: "33 pages, as the kernel") { _ in },
        Experiment(program: "flush-ceiling", label: "64 pages (`--flush-ceiling 64`)") { $0.flushCeiling = 64 },
        Experiment(program: "several-cpus", label: "one CPU (`--cpus 1`)") {
            ($0.presentCPUs, $0.simulatedCPUs) = (1, 1)
        },
        Experiment(program: "several-cpus", label: "two CPUs (`--cpus 2`)") {
            ($0.presentCPUs, $0.simulatedCPUs) = (2, 2)
        },
        Experiment(program: "several-cpus", label: "four CPUs (`--cpus 4`)") {
            ($0.presentCPUs, $0.simulatedCPUs) = (4, 4)
        },
    ]

    @Test(arguments: experiments)
    func tableHolds(_ experiment: Experiment) throws {
        let root = ExampleTests.folder.deletingLastPathComponent()
        let file = ExampleTests.folder.appending(path: "tlb/\(experiment.program).fl")
        let text = try String(contentsOf: root.appending(path: "docs/TLB-EXPERIMENTS.md"), encoding: .utf8)
        var settings = KernelSettings()
        experiment.set(&settings)
        let executor = try SimulatorExecutor(settings: settings)
        let program = try Parser.parse(String(contentsOf: file, encoding: .utf8))
        let run = try ScenarioSession(program, on: executor).run()
        #expect(run.failedExpectations.map(\.statement.source) == [])
        let counts = executor.machine.tlbStatistics
        let figures = [counts.l1Hits.sum, counts.l2Hits.sum, counts.walks.sum] + counts.flushes.prefix(2)
        let row = "| \(experiment.label) | " + figures.map { String($0) }.joined(separator: " | ") + " |"
        #expect(text.contains(row), "\(row)")
    }
}
