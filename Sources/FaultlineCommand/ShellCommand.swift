import ArgumentParser
import Faultline
import FaultlineScenario
import Glibc

/// `faultline shell`: looks at a program statement by statement, in the manner of the debugger crash.
struct ShellCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Go through a program statement by statement, forward and back, and look at the machine.",
        discussion: """
            Commands are those of the debugger crash (vm, vtop, kmem, rd, ...) and ones for what only a simulator knows (rmap, anon_vma, tlb, why, \
            back, ...); 'help' in the shell lists them. Statements that are typed become part of the program; 'save FILE' keeps it.
            Without a terminal, lines are read from standard input. A line that fails there, or with -c, ends the shell with status 2.
            """)

    @Option(
        name: .customShort("c"),
        help: ArgumentHelp("Carry out these commands, with ; between them, and end.", valueName: "commands"))
    var commands: String?

    @Option(help: ArgumentHelp("The CPU's TLBs, a preset or a JSON file.", valueName: "preset|file"))
    var tlb: String?

    @OptionGroup var machine: MachineArguments

    @Argument(
        help: ArgumentHelp("The program to go through; an empty one if not given.", valueName: "file.fl"),
        completion: .file(extensions: ["fl"]))
    var file: String?

    func validate() throws {
        if file == "-", commands == nil { throw ValidationError("-: standard input has the commands; name a file") }
    }

    func run() throws {
        let path = file ?? "the program"
        let source = try file.map { try TextFile.read($0) } ?? ""
        let executor = try machine.configuration(tlb: try tlb.map { try TLBArgument.geometry($0) } ?? .standard)
            .makeExecutor()
        let shell: Shell
        do {
            shell = try Shell(
                source, executor: executor,
                schedule: { program in
                    try Schedule(machine.before, for: program)
                        .session(program, on: executor, checkpoints: ScenarioSession.CheckpointLimits())
                },
                cannotType: machine.before.isEmpty
                    ? nil : "no statement can be typed with --before, whose lines would move")
        } catch let error as ScenarioError { throw CommandFailure(error.report(file: path)) }
        let failed: Bool
        if let commands {
            failed = try ShellRunner(shell: shell, stopsAtErrors: true).run(ShellLine.split(commands))
        } else if isatty(STDIN_FILENO) == 0 {
            failed = try ShellRunner(shell: shell, stopsAtErrors: true).run(AnyIterator { readLine() })
        } else {
            failed = try talk(shell)
        }
        machine.report(executor.unmodelled, of: path)
        if failed { throw ExitCode(ExitStatus.couldNotRun) }
        try machine.requireModelled(executor.unmodelled)
    }

    /// Reads what a user types.
    private func talk(_ shell: Shell) throws -> Bool {
        let editor = LineEditor()
        defer { editor.save() }
        print(
            "\(shell.session.program.statements.count) statements; 'help' lists the commands, 'step' makes a statement")
        let lines = AnyIterator { () -> String? in
            editor.line(shell.prompt, for: shell)
        }
        return try ShellRunner(shell: shell, stopsAtErrors: false).run(lines)
    }
}
