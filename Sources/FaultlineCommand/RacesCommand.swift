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
            preemptions first, each on a fresh machine. All around a `barrier()` stays where it is, and so does what a name that another
            process assigns has to wait for. The first order in which an expectation (=> OUTCOME) does not hold is printed as a program that
            reproduces it; the exit status is 1 then. It is 0 where all orders were run, and 2 where --limit was reached first.
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
        let outcome = try RaceSearch(limit: limit).search(file.program) { program in
            let executor = try configuration.makeExecutor()
            do { return RaceSearch.failure(in: try ScenarioSession(program, on: executor).run()) } catch {
                throw CommandFailure.inProgram(file.path, line: 0, error)
            }
        }
        switch outcome {
        case .found(let race):
            print(RaceSearch.source(file.program, race), terminator: "")
            throw ExitCode(1)
        case .none(let orders):
            Terminal.tell("every expectation holds in all \(orders) orders\n", as: .transcript)
        case .limit(let orders):
            Terminal.tell(
                "every expectation holds in the \(orders) orders that were run; there are more (--limit)\n",
                as: .transcript)
            throw ExitCode(2)
        case .wrongFromTheStart(let line, let message):
            throw CommandFailure("\(file.path):\(line): \(message): it does not hold in the order of lines")
        }
    }
}
