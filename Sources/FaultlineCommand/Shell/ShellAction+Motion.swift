import FaultlineHost
import FaultlineInspect
import FaultlineScenario

/// Going through the program.
extension ShellAction {
    static let step: ShellAction = ShellAction(
        name: "step", arguments: "[COUNT]", summary: "Make the next statement, or so many.", kind: .transcript,
        example: "step 2",
        library: "try session.step()"
    ) { arguments, shell in
        var text = ""
        for _ in 0..<(try count(arguments)) {
            guard let step = try shell.advance() else { return text + "the program is at its end\n" }
            text += shell.text(step)
        }
        return text
    }

    static let next: ShellAction = ShellAction(
        name: "next", arguments: "", summary: "Go on until the current process has made a statement.",
        details: "The current process is the one that 'set' names.", kind: .transcript, example: "goto 4; set c; next",
        library: "try session.go(until: { $0.processName == \"init\" })"
    ) { _, shell in
        let name = shell.name(shell.current)
        var text = ""
        while let step = try shell.advance() {
            text += shell.text(step)
            if step.processName == name { return text }
        }
        return text + "the program is at its end\n"
    }

    static let back: ShellAction = ShellAction(
        name: "back", arguments: "[COUNT]", summary: "Take the last statement back, or so many.",
        details: "Names, processes, memory and files are as they were.", kind: .transcript, example: "goto 4; back",
        library: "try session.back()"
    ) { arguments, shell in
        try shell.go(to: max(shell.session.place - count(arguments), 0))
        return whereText(shell)
    }

    static let goTo: ShellAction = ShellAction(
        name: "goto", arguments: "LINE", summary: "Go to where the statement of a line is done; 0 is the start.",
        kind: .transcript, example: "goto 4", library: "try session.go(to: session.place(afterLine: 4))"
    ) { arguments, shell in
        try goTo.require(1...1, of: arguments)
        try shell.go(to: try shell.place(arguments[0]))
        return whereText(shell)
    }

    static let until: ShellAction = ShellAction(
        name: "until", arguments: "EVENT", summary: "Go on until a statement leaves such an event, as cow*.",
        details: "'faultline help events' lists the events.", kind: .transcript, example: "until cow*",
        library:
            "let filter = try EventFilter(\"cow*\")\nmachine.trace(true)\ntry session.go(until: { _ in !filter.select(machine.takeEvents()).isEmpty })"
    ) { arguments, shell in
        try until.require(1...1, of: arguments)
        let filter: EventFilter
        do { filter = try EventFilter(arguments[0]) } catch { throw ShellError("\(error)") }
        while let step = try shell.advance() {
            let found = filter.select(try shell.last().events)
            if found.isEmpty { continue }
            return shell.text(step)
                + EventRun.gather(found).map { "        " + $0.text(processName: shell.executor.processName) + "\n" }
                .joined()
        }
        return "no statement up to the program's end left one\n"
    }

    static let diff: ShellAction = ShellAction(
        name: "diff", arguments: "LINE LINE", summary: "Show how the state differs behind two lines.",
        kind: .diff, example: "diff 4 5",
        library: "try session.go(to: session.place(afterLine: 4))\nprint(try session.state().text)"
    ) { arguments, shell in
        try diff.require(2...2, of: arguments)
        let here = shell.session.place
        let states = try arguments.map { line in
            try shell.go(to: try shell.place(line))
            return try shell.session.state().text.split(separator: "\n").map(String.init)
        }
        try shell.go(to: here)
        let lines = UnifiedDiff(old: states[0], new: states[1]).lines
        return lines.isEmpty ? "no difference\n" : lines.map { $0 + "\n" }.joined()
    }

    static let list: ShellAction = ShellAction(
        name: "list", arguments: "", summary: "Show the program; > is the statement that was made last.",
        kind: .transcript, example: "goto 3; list", library: "session.program.statements.map(\\.source)"
    ) { _, shell in
        let last = shell.session.steps.last?.statement.line
        return shell.source.enumerated().map { index, line in
            let number = String(index + 1)
            let mark = index + 1 == last ? ">" : " "
            return mark + number.right(4) + "  " + line + "\n"
        }.joined()
    }

    static let save: ShellAction = ShellAction(
        name: "save", arguments: "FILE", summary: "Write the program, typed statements with it, to a file.",
        example: "save /dev/null", library: "session.program"
    ) { arguments, shell in
        try save.require(1...1, of: arguments)
        do { try TextFile.write(shell.source.map { $0 + "\n" }.joined(), to: arguments[0]) } catch {
            throw ShellError("\(error)")
        }
        return "\(shell.source.count) lines written to \(arguments[0])\n"
    }

    private static func count(_ arguments: [String]) throws -> Int {
        guard let text = arguments.first else { return 1 }
        guard let count = Int(text), count > 0 else { throw ShellError("'\(text)' is no number of statements") }
        return count
    }

    private static func whereText(_ shell: Shell) -> String {
        shell.session.steps.last.map { shell.text($0) } ?? "at the start of the program\n"
    }
}
