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
        case live
    }

    @Option(help: "Run on the kernel of this machine.")
    var on: Machine

    @OptionGroup var live: LiveArguments

    @Argument(help: ArgumentHelp("Programs to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var files: [String]

    func run() throws {
        let recorder = LiveRecorder(options: try live.options())
        var noted: Set<String> = []
        for path in files {
            let file = try ProgramFile(path: path)
            let executor = try LiveExecutor(options: recorder.options)
            for note in executor.shortcomings where noted.insert(note).inserted {
                StandardError.write("note: \(note)")
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
