import Faultline
import FaultlineInspect
import FaultlineScenario

/// Who waits for whom.
extension ShellAction {
    static let waits: ShellAction = ShellAction(
        name: "waits", arguments: "",
        summary: "Show who waits for whom: the statement, what it waits for, who can serve it.",
        details:
            "A process waits for a page of a userfaultfd (MISSING, WP, MINOR), for the reader of an event, or in vfork for its child.",
        example: "goto 5; d = vfork(); waits", library: "session.waiting.map(\\.text)"
    ) { arguments, shell in
        try waits.require(0...0, of: arguments)
        return WaitReader.text(shell.session.waiting)
    }
}

extension Shell {
    /// Reads processes, with what they wait for.
    var processReader: ProcessReader {
        var waiting: [Int: String] = [:]
        for wait in session.waiting {
            let process = machine.liveProcesses.first { name($0) == wait.process }
            if let process { waiting[process.index] = wait.reasonText }
        }
        return ProcessReader(machine, waiting: waiting) { [executor] in executor.processName($0) }
    }

    /// What stands in front of a line that is typed: the current process, whether it waits and for whom others do, and the line that was made
    /// last.
    var prompt: String {
        let line = session.steps.last.map { String($0.statement.line) } ?? "start"
        let waiting = session.waiting.map(\.process)
        let own = name(current) + (waiting.contains(name(current)) ? " (waits)" : "")
        let others = waiting.filter { $0 != name(current) }
        let verb = others.count == 1 ? "waits" : "wait"
        return own + (others.isEmpty ? "" : " [\(others.joined(separator: ", ")) \(verb)]") + " \(line)> "
    }
}

/// Prints who waits for whom.
enum WaitReader {
    /// A line for each process that waits.
    static func text(_ waiting: [WaitingProcess]) -> String {
        if waiting.isEmpty { return "nobody waits\n" }
        let rows = waiting.map {
            [$0.process, "\($0.statement.line)", $0.reasonText, $0.serversText, $0.statement.source]
        }
        let heads = ["PROCESS", "LINE", "WAITS FOR", "SERVED BY"]
        let widths = heads.indices.map { column in rows.reduce(heads[column].count) { max($0, $1[column].count) } + 2 }
        return ([heads + ["STATEMENT"]] + rows).map { row in
            heads.indices.map { row[$0].left(widths[$0]) }.joined() + row[heads.count] + "\n"
        }.joined()
    }
}
