import ArgumentParser
import Faultline
import FaultlineHost
import FaultlineInspect
import FaultlineScenario

/// `faultline rmap`: runs a program and shows who maps a page, at its end or at a line.
struct ReverseMapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rmap",
        abstract: "Run a program, then show the chain frame, anon_vma or file, VMA, PTE for pages.",
        discussion: """
            PAGE is PROCESS:ADDRESS, such as init:0x100000001000, c1:W+4K or init:p+8K with a name of the program. Without --page, every page that a VMA of the
            program maps is shown, each frame once.

            The program runs to its end, or with --at to a line, whose statement is done. --before LINE (without an action) and --after LINE show how
            the chains differ between the two: before the statement of one line, after that of another or the same.
            """)

    @Option(help: ArgumentHelp("A page to show; may be repeated.", valueName: "process:address"))
    var page: [String] = []

    @Option(help: ArgumentHelp("Show what it is when the statement of this line is done.", valueName: "line"))
    var at: Int?

    @Option(
        help: ArgumentHelp(
            "Show the difference that the statements from --before LINE to this line make.", valueName: "line"))
    var after: Int?

    @Flag(help: "Print a graph for Graphviz (dot -Tsvg) in place of text.")
    var dot = false

    @OptionGroup var machine: MachineArguments
    @OptionGroup var shown: ShowArguments

    @Argument(help: ArgumentHelp("The program to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    /// The line of `--before LINE`; the other values of `--before` are actions.
    private var firstLine: Int? { machine.before.compactMap { Int($0) }.first }

    func validate() throws {
        if machine.before.compactMap({ Int($0) }).count > 1 {
            throw ValidationError("--before LINE: one line is compared with --after")
        }
        if (firstLine == nil) != (after == nil) {
            throw ValidationError("--before LINE and --after LINE belong together; --at LINE shows one moment")
        }
        if at != nil, after != nil {
            throw ValidationError("--at shows one moment, --before and --after compare two: give one of them")
        }
        if dot, after != nil {
            throw ValidationError("--dot shows one moment: give --at LINE in place of --before LINE and --after LINE")
        }
        if let firstLine, let after, firstLine > after {
            throw ValidationError("--before \(firstLine) --after \(after): the second line does not come later")
        }
    }

    func run() throws {
        let program = try ProgramFile(path: file)
        var configuration = try machine.configuration()
        configuration.showsInitial = shown.showsInitial
        let executor = try configuration.makeExecutor()
        let actions = machine.before.filter { Int($0) == nil }
        let schedule = try Schedule(actions, for: program.program)
        let session = try schedule.session(program.program, on: executor)
        let lines: [String]
        do { lines = try look(session, executor) } catch let error as ValidationError { throw error } catch {
            throw CommandFailure.inProgram(program.path, session, error)
        }
        machine.report(executor.unmodelled, of: program.path)
        if dot {
            print(lines.joined(separator: "\n"))
        } else {
            Terminal.tell(lines.joined(separator: "\n") + "\n", as: after == nil ? .table : .diff)
        }
        try machine.requireModelled(executor.unmodelled)
    }

    /// The chains at one place, or how they differ between two.
    private func look(_ session: ScenarioSession, _ executor: SimulatorExecutor) throws -> [String] {
        let first: Int?
        let last: Int
        do {
            first = try firstLine.map { try session.place(beforeLine: $0) }
            last = try (after ?? at).map { try session.place(afterLine: $0) } ?? session.program.statements.count
        } catch let error as SessionError { throw ValidationError("\(error)") }
        let chains = PageChains(pages: page, session: session, executor: executor)
        guard let first else {
            try session.go(to: last)
            return dot ? try chains.graph() : try chains.lines()
        }
        try session.go(to: first)
        let before = try chains.lines()
        try session.go(to: last)
        let difference = UnifiedDiff(old: before, new: try chains.lines()).lines
        return difference.isEmpty ? ["no difference"] : difference
    }
}
