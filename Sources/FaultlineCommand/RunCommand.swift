import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario
import Glibc

/// `faultline run`: runs a program on the simulated machine and tells what happened.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a scenario program on the simulated machine and show what happened.",
        discussion: """
            The exit status is 1 when an expectation (=> OUTCOME) of the program did not hold, or --check-tlb found something;
            2 when the program could not be run; 3 with --strict, when it met what is not modelled.
            --trace=NAME,... is short for --trace --trace-filter NAME,...
            """)

    @Flag(
        help:
            "Show the machine's events under each statement, and why they came about; equal ones of neighbouring pages together."
    )
    var trace = false

    @Option(
        help: ArgumentHelp(
            "Of the events show these, such as vma_merge_refused,cow*.", valueName: "name,..."))
    var traceFilter: String?

    @Flag(help: "Print JSON (docs/schema.json).")
    var json = false

    @Flag(help: "Print JSON, an object a line: each statement as soon as it is done, then the end; for long programs.")
    var jsonLines = false

    @Option(
        help: ArgumentHelp(
            "The CPU's TLBs, a preset (\(RunCommand.presetNames)) or a JSON file; shows how they did.",
            valueName: "preset|file"))
    var tlb: String?

    @Flag(help: "Report every use of a TLB entry that the page tables no longer allow; slow.")
    var checkTLB = false

    @Flag(help: "With --check-tlb, leave out all flushes of the TLB: shows what a kernel that forgets them would do.")
    var dropFlushes = false

    @Flag(
        help: """
            Check the machine's own state: after every statement what it changed; everything now and then, and at the end.
            """)
    var checkInvariants = false

    @Flag(help: "Show at the end what memory is used for, as /proc/meminfo does.")
    var meminfo = false

    @Flag(help: "Show at the end what /proc/PID/status says of each process's memory.")
    var status = false

    @OptionGroup var machine: MachineArguments
    @OptionGroup var swap: SwapArguments
    @OptionGroup var shown: ShowArguments

    @Argument(help: ArgumentHelp("The program to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    private static let presetNames = TLBGeometry.presets.map(\.name).joined(separator: ", ")

    @Option(
        help: ArgumentHelp(
            "Interleave the statements of the processes anew, as this seed draws it; each process's own stay in their order.",
            valueName: "seed"))
    var schedule: UInt64?

    @Option(
        help: ArgumentHelp(
            "With --check-tlb, a CPU that the interrupt of a flush does not reach, as in a kernel that forgets it. May be given several times.",
            valueName: "cpu"))
    var loseShootdowns: [Int] = []

    func validate() throws {
        if schedule != nil, !machine.before.isEmpty {
            throw ValidationError("--schedule changes the order of lines, by which --before goes: give one of them")
        }
        if !loseShootdowns.isEmpty, !checkTLB {
            throw ValidationError(
                "--lose-shootdowns makes uses of stale TLB entries, which --check-tlb reports: give it too")
        }
        if !loseShootdowns.isEmpty, checkInvariants {
            throw ValidationError(
                "--lose-shootdowns makes the stale TLB entries at which --check-invariants ends the run: give one of them"
            )
        }
        let most = KernelSettings.mostSimulatedCPUs
        if let cpu = loseShootdowns.first(where: { !(0..<most).contains($0) }) {
            throw ValidationError("--lose-shootdowns \(cpu): give the number of a CPU, 0 to \(most - 1)")
        }
        if json, jsonLines { throw ValidationError("--json is one object, --json-lines one a line: give one of them") }
        if dropFlushes, !checkTLB {
            throw ValidationError(
                "--drop-flushes makes uses of stale TLB entries, which --check-tlb reports: give it too")
        }
        if traceFilter != nil, !trace {
            throw ValidationError("--trace-filter says which events --trace shows: give it too")
        }
        _ = try filter()
    }

    private func filter() throws -> EventFilter {
        guard let traceFilter else { return .everything }
        do { return try EventFilter(traceFilter) } catch {
            throw ValidationError("--trace-filter \(traceFilter): \(error)")
        }
    }

    func run() throws {
        var file = try ProgramFile(path: file)
        let geometry = try tlb.map { try TLBArgument.geometry($0) }
        var configuration = try machine.configuration(tlb: geometry ?? .standard)
        configuration.showsInitial = shown.showsInitial
        swap.apply(to: &configuration)
        if let schedule {
            let configuration = configuration
            try file.interleave(seed: schedule) {
                let executor = try configuration.makeExecutor()
                try swap.turnOn(executor.machine)
                return executor
            }
        }
        let executor = try configuration.makeExecutor()
        try swap.turnOn(executor.machine)
        executor.selfCheck = checkInvariants ? .spread : .never
        executor.machine.trace(trace)
        executor.machine.tracesVMALocks = try filter().namesLocks
        executor.machine.checksCoherence = checkTLB
        executor.machine.dropsFlushes = dropFlushes
        let settings = configuration.settings
        let cpus = file.program.choosesCPUs ? settings.presentCPUs : settings.simulatedCPUs
        if let cpu = loseShootdowns.first(where: { $0 >= cpus }) {
            throw ValidationError(
                "--lose-shootdowns \(cpu): the machine has no such CPU, but 0 to \(cpus - 1); --cpus makes more")
        }
        executor.machine.losesShootdowns = loseShootdowns.reduce(0) { $0 | 1 << UInt64($1) }
        var narrator = RunNarrator(
            file, on: executor, schedule: try Schedule(machine.before, for: file.program), tells: !json && !jsonLines)
        narrator.filter = try filter()
        if jsonLines { narrator.onStep = { try printLine($0, $1, told: $2, executor) } }
        let run = try narrator.run()
        if let deadlock = file.deadlock { narrator.stop(at: deadlock.line, deadlock.message) }
        if json || jsonLines {
            try printReport(run, narrator, executor)
        } else {
            try printEnd(run, executor)
        }
        machine.report(executor.unmodelled, of: file.path)
        if let failure = narrator.failure {
            throw CommandFailure("\(file.path):\(failure.line): error: \(failure.message)")
        }
        let isStale = narrator.notes.contains { !$0.staleUses.isEmpty }
        if !run.failedExpectations.isEmpty || isStale { throw ExitCode(1) }
        try machine.requireModelled(executor.unmodelled)
    }

    /// What shortness of memory did; nil where nobody asked, or memory was enough for a machine without a swap area.
    private func pressureReport(_ executor: SimulatorExecutor) throws -> PressureReport? {
        if machine.ram == nil, !swap.isGiven { return nil }
        let report = try PressureReport(executor)
        return swap.isGiven || !report.isEmpty ? report : nil
    }

    /// What stands behind the statements in a transcript.
    private func printEnd(_ run: ScenarioRun, _ executor: SimulatorExecutor) throws {
        let totals = try executor.totals()
        let summary = Transcript(run.steps.map(\.statement)).summary(
            run, totals: totals, leftOut: try executor.leftOutVMAs())
        Terminal.tell(summary, as: .transcript)
        if status {
            for (process, totals) in zip(run.end.processes, totals) {
                Terminal.tell("\nstatus of \(process.name)\n" + StatusReader.text(totals), as: .file)
            }
        }
        if meminfo { Terminal.tell("\n" + MeminfoReader.text(executor.machine.memoryInfo()), as: .file) }
        if let pressure = try pressureReport(executor) { Terminal.tell("\n" + pressure.text, as: .file) }
        if tlb != nil { Terminal.tell("\n" + TLBReader.text(executor.machine.tlbStatistics), as: .table) }
    }

    /// What a report has of each statement.
    private var contents: RunReport.Contents {
        var contents = RunReport.Contents()
        contents.events = trace
        contents.staleUses = checkTLB
        return contents
    }

    private func printLine(
        _ step: ScenarioStep, _ notes: Transcript.Notes, told: [String], _ executor: SimulatorExecutor
    ) throws {
        let step = RunReport.Step(
            step, notes: notes, contents, scheduled: machine.before.isEmpty ? nil : told,
            processName: executor.processName)
        print(try JSONText.line(RunReport.StepLine(step)))
        // A reader of the pipe sees it now.
        fflush(nil)
    }

    private func printReport(_ run: ScenarioRun, _ narrator: RunNarrator, _ executor: SimulatorExecutor) throws {
        let report = RunReport(
            run, hasSteps: !jsonLines, notes: narrator.notes, contents: contents,
            scheduled: machine.before.isEmpty ? nil : narrator.scheduled,
            totals: try executor.totals(), tlb: tlb == nil ? nil : executor.machine.tlbStatistics,
            memory: meminfo ? executor.machine.memoryInfo() : nil, pressure: try pressureReport(executor),
            error: narrator.failure,
            leftOut: try executor.leftOutVMAs(), processName: executor.processName)
        print(jsonLines ? try JSONText.line(report) : try JSONText.pretty(report))
    }
}
