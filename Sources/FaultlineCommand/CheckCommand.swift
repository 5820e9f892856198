import ArgumentParser
import Faultline
import FaultlineHost
import FaultlineScenario
import Glibc
import Synchronization

/// `faultline check`: the same programs on the live kernel and on the simulator.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "Ask whether this is what Linux does: run programs on the live kernel and on the simulator, and compare.",
        discussion: """
            The exit status is 1 when a program differs or one of its expectations fails on the live kernel, 2 when one could not be run, \
            3 with --strict when one met what is not modelled, though both may do the same, or was left out: the kernel itself does not do the \
            same twice, so nothing was checked.

            --sysctl changes the settings of both kernels. The live one has them only while a program runs, and no other live run goes on \
            meanwhile; whatever ends the command, they are put back.
            """)

    @Option(help: "Check this many random programs of the profile.")
    var random: Int?

    @Option(
        help: """
            What the random programs are about; every profile but wide, caches, swap and kernel where it is left out.
            """)
    var profile: ScenarioProfile?

    @Option(help: "The seed of the first random program.")
    var seed: UInt64 = 1

    @Option(help: "Programs under way at once.")
    var jobs = 1

    @Option(help: "Runs on the live kernel, which must all agree; else the program is left out.")
    var runs = 3

    @Flag(
        help:
            "Reduce a program that differs to a small one that still does; it is written as NAME-small.fl, with its recording."
    )
    var shrink = false

    @Option(
        help: ArgumentHelp(
            "Write programs that differ, with the kernel's recording, here; with --shrink, else into the current folder.",
            valueName: "directory"))
    var keep: String?

    @Flag(help: "List which outcomes of which calls, and which rules of the model, were reached.")
    var coverage = false

    @OptionGroup var machine: MachineArguments
    @OptionGroup var live: LiveArguments

    @Argument(help: ArgumentHelp("Programs to check.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var files: [String] = []

    func validate() throws {
        if let profile, !profile.isLive {
            throw ValidationError(
                "--profile \(profile.rawValue): its programs run on the simulated machine only; use faultline generate")
        }
        if files.isEmpty, random == nil { throw ValidationError("give programs, or --random N") }
        if let random, random < 1 { throw ValidationError("--random \(random): at least one program") }
        if jobs < 1 { throw ValidationError("--jobs \(jobs): at least one") }
        if runs < 1 { throw ValidationError("--runs \(runs): at least one") }
        try machine.allowOnly(
            ["--sysctl", "--ram"], because: "the live kernel runs the program in the agent's address space")
        if !machine.layout.sysctl.isEmpty, jobs > 1 {
            throw ValidationError("--jobs \(jobs): with --sysctl one program runs at a time")
        }
    }

    func run() throws {
        let check = try makeCheck()
        var failedExpectations = 0
        var rows: [(name: String, tally: CheckTally)] = []
        var reached = Reached()
        var files = CheckTally()
        for path in self.files {
            let file: ProgramFile
            do { file = try ProgramFile(path: path) } catch {
                files.count(.notRun("\(error)"))
                print("\(path): not run: \(error)")
                continue
            }
            let verdict = check.verdict(on: file.program)
            files.count(verdict)
            try report(verdict, name: path, source: file.source, check, &reached)
            failedExpectations += reportExpectations(verdict, path)
        }
        if !self.files.isEmpty { rows.append(("files", files)) }
        if let random {
            let profiles =
                profile.map { [$0] } ?? ScenarioProfile.allCases.filter(\.isOrdinary)
            for profile in profiles { rows.append(try runRandom(profile, random, check, &reached)) }
        }
        if random != nil || self.files.count > 1 { CheckTally.table(rows).forEach { print($0) } }
        if coverage { (reached.calls.report + [""] + reached.rules.report).forEach { print($0) } }
        let all = rows.reduce(CheckTally()) { $0 + $1.tally }
        if all.unstable > 0 { print("\(all.unstable) left out: not checked") }
        if all.different > 0 || failedExpectations > 0 { throw ExitCode(1) }
        if all.notRun > 0 { throw ExitCode(ExitStatus.couldNotRun) }
        if machine.strict, all.unstable + all.unmodelled > 0 { throw ExitCode(ExitStatus.notModelled) }
    }

    private func makeCheck() throws -> ProgramCheck {
        var options = try live.options()
        var configuration = try machine.configuration()
        configuration.settings.cpu = HostKernel.cpu
        let sysctl = machine.layout.sysctl
        if !sysctl.isEmpty {
            let limit = try configuration.makeExecutor().machine.commitLimitKiB
            options.settings = LiveSettings.Request(lines: sysctl, commitLimitKiB: limit)
        }
        let executor = try LiveExecutor(options: options)
        for note in executor.shortcomings { StandardError.write("note: \(note)") }
        if executor.kernelVersion != modelledKernel {
            StandardError.write(
                "warning: this kernel is \(executor.kernelVersion), the model follows \(modelledKernel): differences may be the version's"
            )
        }
        let recorder = LiveRecorder(options: options)
        let scope: ComparisonScope = executor.shortcomings.isEmpty ? .everything : .withoutPages
        return ProgramCheck(recorder: recorder, scope: scope, runs: runs) { [configuration] in
            try configuration.makeExecutor()
        }
    }

    private func runRandom(
        _ profile: ScenarioProfile, _ count: Int, _ check: ProgramCheck, _ reached: inout Reached
    ) throws -> (name: String, tally: CheckTally) {
        let bar = Mutex(Progress(total: count))
        let shared = SharedProgress(bar)
        let run = RandomCheck(profile: profile, seed: seed, count: count, jobs: jobs, check: check)
        let outcomes = run.run { _, verdict in shared.step(profile.rawValue, verdict) }
        shared.clear()
        var tally = CheckTally()
        for outcome in outcomes {
            tally.count(outcome.verdict)
            let source = ScenarioGenerator.source(profile: profile, seed: outcome.seed)
            let name = "\(profile.rawValue)-\(outcome.seed)"
            if case .equal(let kernel, let unmodelled) = outcome.verdict, unmodelled.isEmpty || !machine.strict {
                if coverage { try reached.add(source, kernel.recording) }
                continue
            }
            try report(outcome.verdict, name: name, source: source, check, &reached)
        }
        return (profile.rawValue, tally)
    }
}

/// What the programs that are equal have reached.
struct Reached {
    var calls = CallCoverage()
    var rules = RuleCoverage()

    mutating func add(_ source: String, _ kernel: Recording) throws {
        let program = try Parser.parse(source)
        calls.add(program, kernel)
        try rules.add(program)
    }
}

/// How far a random run is.
private struct Progress {
    let bar: ProgressBar
    var done = 0
    var tally = CheckTally()

    init(total: Int) { bar = ProgressBar(total: total) }
}

/// The progress that several threads report to.
private final class SharedProgress: Sendable {
    private let progress: Mutex<Progress>

    init(_ progress: consuming sending Mutex<Progress>) { self.progress = progress }

    func step(_ name: String, _ verdict: Verdict) {
        progress.withLock { progress in
            progress.done += 1
            progress.tally.count(verdict)
            progress.bar.show(
                done: progress.done,
                note: "\(name): \(progress.tally.equal) equal, \(progress.tally.different) different")
        }
    }

    func clear() { progress.withLock { $0.bar.clear() } }
}
