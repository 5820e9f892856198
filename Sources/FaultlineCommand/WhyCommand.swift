import ArgumentParser
import Faultline
import FaultlineScenario

/// `faultline why`: the reasons behind the result of one statement.
struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Run a statement and say why it came to its result: the rule that refused, and what the machine did.",
        discussion: """
            faultline why FILE.fl --line 7 runs the program up to line 7 and explains that statement.
            faultline why 'mmap(0, 1T, PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)' explains one on its own;
            --after FILE.fl runs a program first, whose names it may use.
            """)

    @Option(help: "Explain the statement in this line of the program.")
    var line: Int?

    @Option(
        help: ArgumentHelp("Run this program before the statement.", valueName: "file.fl"),
        completion: .file(extensions: ["fl"]))
    var after: String?

    @OptionGroup var machine: MachineArguments

    @Argument(
        help: ArgumentHelp("A program with --line, else a statement.", valueName: "file.fl|statement"),
        completion: .file(extensions: ["fl"]))
    var subject: String

    func validate() throws {
        if line != nil, after != nil {
            throw ValidationError("--line names a statement of the program itself: leave out --after")
        }
        if line == nil, subject.hasSuffix(".fl") {
            throw ValidationError("\(subject): a program needs --line N, the statement to explain")
        }
        if subject.contains(where: \.isNewline) {
            throw ValidationError("give one statement; put several into a file and name one with --line")
        }
    }

    func run() throws { Terminal.tell(try answer(), as: .table) }

    /// What the command prints.
    func answer() throws -> String {
        let (path, source, target) = try program()
        let program: Program
        do { program = try Parser.parse(source) } catch { throw CommandFailure(error.report(file: path)) }
        let lines = program.statements.indices.lazy.map { program.statements.line(at: $0) }
        guard lines.contains(target) else {
            let near = lines.last { $0 < target } ?? lines.first
            throw ValidationError(
                "--line \(target): no statement is there\(near.map { "; the nearest is in line \($0)" } ?? "")")
        }
        let executor = try machine.configuration().makeExecutor()
        let session = try Schedule(machine.before, for: program).session(program, on: executor)
        do {
            try session.go(to: session.place(beforeLine: target))
            _ = executor.takeKills()
            let step = try session.step { _ in executor.machine.trace(true) }
            guard let step else { preconditionFailure("the program has a statement in this line") }
            let events = executor.machine.takeEvents()
            return StatementExplanation(
                step, events: events, kills: executor.takeKills(), holders: try holders(events, program, target),
                processName: executor.processName
            ).text
        } catch { throw CommandFailure.inProgram(path, session, error) }
    }

    /// Who else had the frames that the statement copied: the machine before it tells, which is made once more.
    private func holders(_ events: [Event], _ program: Program, _ target: Int) throws -> [String] {
        guard events.contains(where: { $0.kind == .cowCopied }) else { return [] }
        let executor = try machine.configuration().makeExecutor()
        let session = try Schedule(machine.before, for: program).session(program, on: executor)
        try session.go(to: session.place(beforeLine: target))
        return try FrameHolders.lines(of: events, processName: executor.processName) {
            try executor.machine.reverseMap($0, $1)
        }
    }

    /// The file's name for messages, the source, and the line of the statement to explain.
    private func program() throws -> (path: String, source: String, line: Int) {
        if let line { return (subject, try TextFile.read(subject), line) }
        guard let after else { return ("the statement", subject, 1) }
        var source = try TextFile.read(after)
        if !source.isEmpty, source.last?.isNewline != true { source += "\n" }
        let lines = source.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
        return (after, source + subject, max(lines, 1))
    }
}
