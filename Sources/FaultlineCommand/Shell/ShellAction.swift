import FaultlineScenario

/// A command of the shell: its name, arguments and help, and what it does.
struct ShellAction: Sendable {
    let name: String
    /// As the help shows them.
    let arguments: String
    /// One line.
    let summary: String
    /// What more there is to know; may be empty.
    var details = ""
    /// What it prints.
    var kind = TextKind.table
    /// Commands that show it at work on ``ShellHelp/program``; a test runs them.
    let example: String
    /// The calls of the library that give the same answer; they may use `process` and `address`.
    let library: String
    /// Carries it out. Returns what is printed.
    let run: @Sendable (_ arguments: [String], _ shell: Shell) throws -> String

    /// All commands, by groups.
    static let all: [ShellAction] = [
        .step, .next, .back, .goTo, .until, .diff, .list, .save, .processes, .waits, .set, .vm, .translate, .pageTables,
        .entry,
        .physicalToVirtual, .memory, .read, .write, .search, .structure, .tree, .file, .reverseMap, .anonVMA,
        .fileMappers, .tlb, .lru, .swap,
        .why, .fault, .events, .help,
    ]

    /// The command with a name.
    static func named(_ name: some StringProtocol) -> ShellAction? { all.first { $0.name == name } }

    /// Throws unless so many arguments are given.
    func require(_ count: ClosedRange<Int>, of arguments: [String]) throws {
        if !count.contains(arguments.count) { throw ShellError("usage: \(name) \(self.arguments)") }
    }
}

extension ShellAction {
    /// The Swift program that gives the same answer.
    func libraryText(_ arguments: [String], _ shell: Shell) throws -> String {
        let words = Set(library.split { !$0.isLetter }.map(String.init))
        let checkpoints = words.contains("back") ? ", checkpoints: ScenarioSession.CheckpointLimits()" : ""
        var lines = [
            "let executor = try SimulatorExecutor()",
            "let session = try ScenarioSession(Parser.parse(source), on: executor\(checkpoints))",
            "try session.go(to: \(shell.session.place))",
        ]
        if words.contains("machine") { lines.append("let machine = executor.machine") }
        let place = try arguments.first { !$0.hasPrefix("-") }.flatMap { argument in
            words.contains("address") ? try shell.location(argument) : nil
        }
        if words.contains("process") {
            let named = words.contains("address") ? nil : arguments.first { !$0.hasPrefix("-") }
            let process = try place?.process ?? shell.process(named)
            lines.append("let process = ProcessID(\(process.index))  // \(shell.name(process))")
        }
        if let place { lines.append("let address: UInt64 = 0x\(String(place.address, radix: 16))") }
        return (lines + [library]).joined(separator: "\n") + "\n"
    }
}
