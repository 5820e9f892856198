import ArgumentParser
import Faultline
import FaultlineScenario

/// `faultline races`: an order of a program's statements that breaks an expectation.
struct RacesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "races",
        abstract: "Look for an order of the processes' statements in which an expectation does not hold.",
        discussion: """
            Each process makes its own statements in their order; those of several processes are interleaved in every way, those with few
            preemptions first, each on a fresh machine. All around a `barrier()` stays where it is. What a name that another process assigns has
            to wait for stays behind it, and a use of `fault` between the messages of page faults that it stands between in the order of lines. A
            process that waits for a userfaultfd makes no statement until it is served; where nobody can go on, that is a deadlock. The first
            order in which an expectation (=> OUTCOME) does not hold, or that ends in a deadlock, is printed as a program that reproduces it; the
            exit status is 1 then. It is 0 where all orders were run, and 2 where --limit was reached first, where \(RaceSearch.mostWork / 1_000_000)
            million statements were made, or where there is nothing to check.
            """)

    @Option(help: ArgumentHelp("The most orders that are run.", valueName: "count"))
    var limit = 10_000

    @OptionGroup var machine: MachineArguments

    @Argument(help: ArgumentHelp("The program.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit \(limit): give 1 or more") }
        try machine.allowOnly(
            ["--ram", "--cpu", "--cpus", "--flush-ceiling", "--sysctl"], because: "each order runs on a fresh machine")
    }

    func run() throws {
        let file = try ProgramFile(path: file)
        let configuration = try machine.configuration()
        let outcome: RaceSearch.Outcome
        do { outcome = try RaceSearch(limit: limit).search(file.program) { try configuration.makeExecutor() } } catch {
            throw error is ScenarioError
                ? CommandFailure.inProgram(file.path, line: 0, error) : CommandFailure("\(file.path): error: \(error)")
        }
        try tell(outcome, of: file)
    }

    private func tell(_ outcome: RaceSearch.Outcome, of file: ProgramFile) throws {
        let holds = file.program.hasExpectations ? "every expectation holds" : "nobody waits forever"
        switch outcome {
        case .found(let race):
            print(RaceSearch.source(file.program, race), terminator: "")
            throw ExitCode(1)
        case .none(1): Terminal.tell("\(holds) in the one order that there is\n", as: .transcript)
        case .none(let orders): Terminal.tell("\(holds) in all \(orders) orders\n", as: .transcript)
        case .limit(let orders):
            Terminal.tell("\(holds) in the \(orders) orders that were run; there are more (--limit)\n", as: .transcript)
            throw ExitCode(2)
        case .worked(let orders, let statements):
            Terminal.tell(
                "\(holds) in the \(orders) orders that were run; there are more, but \(statements) statements were made, as many "
                    + "as a search makes\n",
                as: .transcript)
            throw ExitCode(2)
        case .wrongFromTheStart(let line, let message):
            throw CommandFailure("\(file.path):\(line): \(message): so it is in the order of lines already")
        case .nothingToCheck:
            throw CommandFailure(
                "\(file.path): no statement has an expectation (=> OUTCOME): there is nothing to check")
        }
    }
}
