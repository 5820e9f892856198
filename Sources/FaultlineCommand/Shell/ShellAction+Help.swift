import Faultline
import FaultlineInspect
import FaultlineScenario

/// The shell's own help.
extension ShellAction {
    static let help: ShellAction = ShellAction(
        name: "help", arguments: "[COMMAND]", summary: "List the commands, or explain one with an example.",
        example: "help rmap",
        library: "LanguageReference.text(of: \"mmap\")"
    ) { arguments, _ in
        guard let name = arguments.first else { return ShellHelp.overview }
        if let action = named(name) { return try ShellHelp.text(action) }
        if let text = LanguageReference.text(of: name) { return text + "\n" }
        throw ShellError("there is no command '\(name)', and no call of the language; 'help' lists the commands")
    }
}

/// What the shell says of itself.
enum ShellHelp {
    /// The program that examples are shown on.
    static let program = """
        p = mmap(W, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        write_pages(p, 16K, 7)
        load(p)
        c = fork()
        c: store(p, 8)

        """

    /// All commands, a line each.
    static var overview: String {
        let width = ShellAction.all.map { $0.name.count }.max() ?? 0
        let lines = ShellAction.all.map { action in
            "  " + action.name.left(width + 2) + action.summary + "\n"
        }
        return lines.joined() + """

            A statement of the scenario language is made, and becomes part of the program behind the line that was made last.
            COMMAND --swift prints the library's calls that give the same answer. COMMAND | PROGRAM and COMMAND > FILE hand the answer
            on. 'quit', or the end of the input, leaves. 'help COMMAND' explains one, 'help CALL' a call of the language.

            """
    }

    /// One command, with what its example prints.
    static func text(_ action: ShellAction) throws -> String {
        var text = "\(action.name)\(action.arguments.isEmpty ? "" : " " + action.arguments)\n  \(action.summary)\n"
        if !action.details.isEmpty { text += "  \(action.details)\n" }
        text += "\nOf the program\n" + program.split(separator: "\n").map { "  \($0)\n" }.joined()
        return text + "\n> \(action.example)\n" + (action.name == "help" ? "" : try example(action))
    }

    /// What a command's example prints.
    static func example(_ action: ShellAction) throws -> String {
        let executor = try SimulatorExecutor()
        let shell = try Shell(
            program, executor: executor,
            schedule: { try ScenarioSession($0, on: executor, checkpoints: ScenarioSession.CheckpointLimits()) },
            cannotType: nil)
        var last = ""
        for line in ShellLine.split(action.example) { last = try ShellLine(line).answer(shell) }
        return last
    }
}
