import ArgumentParser
import FaultlineHost
import FaultlineScenario

/// `faultline record`: runs programs and prints their recordings.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Run scenario programs and print what each statement did.",
        discussion: """
            The exit status is 1 when an expectation (=> OUTCOME) did not hold, 2 when a program could not be run (those behind it
            are run all the same), 3 with --strict when one met what is not modelled.
            """)

    /// What a program can run on.
    enum Machine: String, ExpressibleByArgument, CaseIterable {
        case simulator, live
    }

    @Option(help: "Run on the simulator, or on the kernel of this machine.")
    var on = Machine.simulator

    @Flag(
        help: """
            Check the simulated machine's own state: after every statement what it changed; everything now and then, and at \
            the end.
            """)
    var checkInvariants = false

    @OptionGroup var machine: MachineArguments
    @OptionGroup var live: LiveArguments

    @Argument(help: ArgumentHelp("Programs to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var files: [String]

    func validate() throws {
        if on == .live {
            if checkInvariants {
                throw ValidationError(
                    "--check-invariants looks into the simulated machine: leave it out with --on live")
            }
            try machine.allowOnly(["--sysctl"], because: "it is for the simulated machine, not for --on live")
        }
        if on == .simulator, live.processor != nil || live.diskDirectory != nil {
            throw ValidationError("--processor and --disk-directory are for --on live")
        }
        if let figures = machine.before.first(where: { $0.hasSuffix(":meminfo") }) {
            throw ValidationError("--before \(figures): a recording has no place for the figures; use faultline run")
        }
    }

    func run() throws {
        let configuration = try machine.configuration()
        var noted: Set<String> = []
        var statuses: Set<Int32> = []
        for path in files {
            do {
                let (holds, isModelled) = try record(path, configuration, &noted)
                statuses.insert(holds ? 0 : 1)
                if machine.strict, !isModelled { statuses.insert(ExitStatus.notModelled) }
            } catch let error as ValidationError {
                throw error
            } catch {
                // The programs behind it are recorded all the same.
                let text = "\(error)"
                StandardError.write("Error: " + (text.contains(path) ? text : "\(path): error: \(text)"))
                statuses.insert(ExitStatus.couldNotRun)
            }
        }
        // The gravest first.
        let worst = [ExitStatus.couldNotRun, 1, ExitStatus.notModelled].first { statuses.contains($0) }
        if let worst { throw ExitCode(worst) }
    }

    /// Prints the recording of a program; returns whether its expectations held, and whether all that it met is modelled.
    private func record(
        _ path: String, _ configuration: MachineConfiguration, _ noted: inout Set<String>
    ) throws -> (holds: Bool, isModelled: Bool) {
        let file = try ProgramFile(path: path)
        let failures: [ScenarioStep]
        var unmodelled: [UnmodelledUse] = []
        switch on {
        case .simulator:
            let simulator = try configuration.makeExecutor()
            // The process ends behind the last program: giving a million statements back one by one takes longer than to write them.
            if path == files.last {
                // SAFETY: memory that nobody uses, and nobody frees.
                UnsafeMutablePointer.allocate(capacity: 1).initialize(to: (file.program, simulator))
            }
            failures = try record(file.program, path, on: simulator)
            unmodelled = simulator.unmodelled
        case .live:
            let run = try recordLive(file.program, path, configuration, &noted)
            print(run.recording.text, terminator: "")
            failures = run.failedExpectations
        }
        for step in failures {
            StandardError.write(
                "\(path):\(step.statement.line): \(step.expectationFailure ?? "") in \(step.statement.source)")
        }
        machine.report(unmodelled, of: path)
        return (failures.isEmpty, unmodelled.isEmpty)
    }

    /// Prints the recording; returns the steps whose expectation did not hold. The others are not kept: a program may have millions.
    private func record(_ program: Program, _ path: String, on simulator: SimulatorExecutor) throws -> [ScenarioStep] {
        simulator.selfCheck = checkInvariants ? .spread : .never
        let progress = StatementProgress(program)
        simulator.onProgress = { progress.pass($0, of: $1) }
        defer { progress.clear() }
        let session = try Schedule(machine.before, for: program).session(program, on: simulator, keepsSteps: false)
        var writer = RecordingWriter(
            kernelVersion: simulator.kernelVersion, cpu: simulator.cpu, initial: session.initial)
        var failures: [ScenarioStep] = []
        let recording: String
        do {
            while let step = try session.step(beforeStep: { progress.begin($0) }) {
                writer.add(step)
                failures += step.failures
            }
            failures += session.waiting.compactMap(\.failure)
            recording = writer.finish(try session.state())
        } catch { throw CommandFailure.inProgram(path, session, error) }
        progress.clear()
        print(recording, terminator: "")
        return failures
    }

    private func recordLive(
        _ program: Program, _ path: String, _ configuration: MachineConfiguration, _ noted: inout Set<String>
    ) throws -> ScenarioRun {
        // A mistake in what is to happen before a statement is one of the command line.
        _ = try Schedule(machine.before, for: program)
        var options = try live.options()
        if !machine.layout.sysctl.isEmpty {
            let limit = try configuration.makeExecutor().machine.commitLimitKiB
            options.settings = LiveSettings.Request(lines: machine.layout.sysctl, commitLimitKiB: limit)
        }
        var line = 0
        do {
            return try LiveRecorder(options: options).run(program) { notes in
                for note in notes where noted.insert(note).inserted { StandardError.write("note: \(note)") }
            } beforeStep: {
                line = $0.line
            }
        } catch { throw CommandFailure.inProgram(path, line: line, error) }
    }
}
