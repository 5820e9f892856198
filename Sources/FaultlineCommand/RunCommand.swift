import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario
import Foundation

/// `faultline run`: runs a program on the simulated machine and tells what happened.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a scenario program on the simulated machine and show what happened.",
        discussion: """
            The exit status is 1 when an expectation (=> OUTCOME) of the program did not hold, or --check-tlb found something;
            2 when the program could not be run.
            """)

    @Flag(help: "Show the machine's events under each statement, and why they came about.")
    var trace = false

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "The CPU's TLBs, a preset (\(RunCommand.presetNames)) or a JSON file; shows how they did.",
            valueName: "preset|file"))
    var tlb: String?

    @Flag(help: "Report every use of a TLB entry that the page tables no longer allow; slow.")
    var checkTLB = false

    @Flag(help: "Check the machine's own state after every statement; slow.")
    var checkInvariants = false

    @Flag(help: "Show at the end what memory is used for, as /proc/meminfo does.")
    var meminfo = false

    @OptionGroup var machine: MachineArguments
    @OptionGroup var shown: ShowArguments

    @Argument(help: ArgumentHelp("The program to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    private static let presetNames = TLBGeometry.presets.map(\.name).joined(separator: ", ")

    func run() throws {
        let file = try ProgramFile(path: file)
        let geometry = try tlb.map { try TLBArgument.geometry($0) }
        var configuration = try machine.configuration(tlb: geometry ?? .standard)
        configuration.showsInitial = shown.showsInitial
        let executor = try configuration.makeExecutor()
        executor.checksInvariants = checkInvariants
        executor.machine.trace(trace)
        executor.machine.checksCoherence = checkTLB
        var narrator = RunNarrator(
            file, on: executor, schedule: try Schedule(machine.before, for: file.program), tells: !json)
        let run = try narrator.run()
        let statistics = geometry == nil ? nil : executor.machine.tlbStatistics
        if json {
            try printReport(run, narrator, statistics, executor)
        } else {
            print(Transcript(file.program).summary(run, leftOut: try executor.leftOutVMAs()), terminator: "")
            if meminfo { print("\n" + MeminfoReader.text(executor.machine.memoryInfo()), terminator: "") }
            if let statistics { print("\n" + TLBReader.text(statistics), terminator: "") }
        }
        if let failure = narrator.failure {
            throw CommandFailure("\(file.path):\(failure.line): error: \(failure.message)")
        }
        if !run.failedExpectations.isEmpty || narrator.staleUses.contains(where: { !$0.isEmpty }) { throw ExitCode(1) }
    }

    private func printReport(
        _ run: ScenarioRun, _ narrator: RunNarrator, _ statistics: TLBStatistics?, _ executor: SimulatorExecutor
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let report = RunReport(
            run, events: trace ? narrator.events : nil, staleUses: checkTLB ? narrator.staleUses : nil,
            kills: narrator.kills, tlb: statistics, notes: machine.before.isEmpty ? nil : narrator.notes,
            memory: meminfo ? executor.machine.memoryInfo() : nil, error: narrator.failure,
            leftOut: try executor.leftOutVMAs())
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}
