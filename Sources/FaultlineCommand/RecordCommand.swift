import ArgumentParser
import FaultlineHost
import FaultlineScenario

/// `faultline record`: runs programs and prints their recordings.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Run scenario programs and print what each statement did.")

    /// What a program can run on.
    enum Machine: String, ExpressibleByArgument, CaseIterable {
        case simulator, live
    }

    @Option(help: "Run on the simulator, or on the kernel of this machine.")
    var on = Machine.simulator

    @Flag(help: "Check the simulated machine's own state after every statement; slow.")
    var checkInvariants = false

    @OptionGroup var live: LiveArguments

    @Argument(help: ArgumentHelp("Programs to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var files: [String]

    func validate() throws {
        if on == .live, checkInvariants {
            throw ValidationError("--check-invariants looks into the simulated machine: leave it out with --on live")
        }
        if on == .simulator, live.cpu != nil || live.diskDirectory != nil {
            throw ValidationError("--cpu and --disk-directory are for --on live")
        }
    }

    func run() throws {
        var noted: Set<String> = []
        for path in files {
            let file = try ProgramFile(path: path)
            let executor: any ScenarioExecutor
            switch on {
            case .simulator:
                let simulator = try SimulatorExecutor()
                simulator.checksInvariants = checkInvariants
                executor = simulator
            case .live:
                let live = try LiveExecutor(options: try live.options())
                for note in live.shortcomings where noted.insert(note).inserted {
                    StandardError.write("note: \(note)")
                }
                executor = live
            }
            var runner = try ScenarioRunner(file.program, on: executor)
            let run = try runner.run()
            print(run.recording.text, terminator: "")
            for step in run.failedExpectations {
                StandardError.write(
                    "\(path):\(step.statement.line): \(step.expectationFailure ?? "") in \(step.statement.source)")
            }
        }
    }
}
