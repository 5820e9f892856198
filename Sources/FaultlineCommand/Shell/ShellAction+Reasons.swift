import Faultline
import FaultlineScenario

/// Why things came about.
extension ShellAction {
    static let why: ShellAction = ShellAction(
        name: "why", arguments: "", summary: "Say why the statement that was made last came to its result.",
        example: "goto 5; why", library: "StatementExplanation(session.steps.last!, events: machine.takeEvents()).text"
    ) { _, shell in
        let (step, events) = try shell.last()
        return StatementExplanation(
            step, events: events, holders: try shell.holders(events), processName: shell.executor.processName
        ).text
    }

    static let events: ShellAction = ShellAction(
        name: "events", arguments: "[EVENT,...]", summary: "Show the events of the statement that was made last.",
        details: "* in a name stands for any letters; 'faultline help events' lists them.",
        example: "goto 4; events anon_vma_new,tlb*",
        library: "machine.takeEvents()"
    ) { arguments, shell in
        try events.require(0...1, of: arguments)
        let filter: EventFilter
        do { filter = try arguments.first.map { try EventFilter($0) } ?? .everything } catch {
            throw ShellError("\(error)")
        }
        let found = EventRun.gather(filter.select(try shell.last().events))
        if found.isEmpty { return "no such event\n" }
        return found.map { $0.text(processName: shell.executor.processName) + "\n" }.joined()
    }

    static let fault: ShellAction = ShellAction(
        name: "fault", arguments: "[PROCESS:]ADDRESS [read|write|exec]",
        summary: "Say what an access would do, and leave everything as it is.", example: "goto 4; fault c:p write",
        library: "try machine.load(process, at: address)"
    ) { arguments, shell in
        try fault.require(1...2, of: arguments)
        let (process, address) = try shell.location(arguments[0])
        let kinds: [String: CallName] = ["read": .load, "write": .store, "exec": .exec]
        guard let call = kinds[arguments.count > 1 ? arguments[1] : "read"] else {
            throw ShellError("usage: fault \(fault.arguments)")
        }
        // A write puts the byte there that is there already.
        let byte = try shell.machine.peek(process, at: address, count: 1).first ?? 0
        let name = shell.name(process)
        let made = EvaluatedCall(name: call, arguments: [address, UInt64(byte)], processName: name)
        return try shell.session.trying {
            _ = shell.machine.takeEvents()
            let result = try shell.executor.perform(made, process: process.index)
            let events = EventRun.gather(shell.machine.takeEvents())
            let place = "0x" + String(address, radix: 16)
            return "\(name): \(call.rawValue)(\(place))  \(RecordedResult(result, of: call).text)\n"
                + (result.refusal.map { "refused \($0.text)\n" } ?? "")
                + events.map { "  " + $0.text(processName: shell.executor.processName) + "\n" }.joined()
        }
    }
}
