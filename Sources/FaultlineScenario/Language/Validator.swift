/// Finds the errors of a program that are not of its syntax: processes that do not exist, names that nothing assigned,
/// and values that no run could take. A program is a straight line, so all of it is known before it runs.
struct Validator {
    /// At most this many bytes for `pread` and `pwrite`, each written byte below `byteLimit`.
    static let transferLimit = 47
    /// At most this many bytes for `mem_read` and `mem_write`.
    static let memoryTransferLimit = 4096
    /// What `pwrite` may write is below this.
    static let byteLimit = 128

    /// Everything that is wrong with the statements so far; at most one diagnostic a statement.
    private(set) var diagnostics: [ScenarioDiagnostic] = []
    private var names: Set<String> = []
    /// The live processes.
    private var processes: Set<String> = [Program.firstProcess]
    /// The line in which a process made `exit`.
    private var exitLines: [String: Int] = [:]
    /// The processes that wait in vfork, each with the child that it waits for and the line of the call.
    private var waits: [String: (child: String, line: Int)] = [:]

    /// Takes the next statement of the program.
    mutating func add(_ statement: Statement) {
        do {
            try check(statement)
        } catch {
            diagnostics.append(error)
        }
        carryOut(statement)
    }

    private func check(_ statement: Statement) throws(ScenarioDiagnostic) {
        switch statement.action {
        case .assign(_, let value): try check(value, line: statement.line)
        case .call(let call): try check(call, line: statement.line)
        }
        switch statement.expectation {
        case .value(let value): try check(value, line: statement.line)
        case .figures(let figures): for figure in figures { try check(figure.value, line: statement.line) }
        default: break
        }
    }

    /// What the statement changes for those after it, even if it is faulty: one mistake is reported once.
    private mutating func carryOut(_ statement: Statement) {
        switch statement.action {
        case .assign(let name, _): names.insert(name)
        case .call(let call):
            if let name = call.assignedName { names.insert(name) }
            if call.name.makesProcess, let child = call.assignedName {
                processes.insert(child)
                if call.name == .vfork { waits[call.process] = (child, statement.line) }
            }
            if call.name == .exit, processes.remove(call.process) != nil {
                exitLines[call.process] = statement.line
                waits = waits.filter { $0.value.child != call.process }
            }
            if call.name == .execve { waits = waits.filter { $0.value.child != call.process } }
        }
    }

    private func check(_ call: Call, line: Int) throws(ScenarioDiagnostic) {
        try checkProcess(call, line: line)
        if call.name.makesProcess { try checkFork(call, line: line) }
        for argument in call.arguments { try check(argument, line: line) }
        if let count = call.repetitions {
            try check(count, line: line)
            let message = Validator.repetitionMessage(
                (try? count.evaluate([:])) ?? 1, of: call.name, (try? call.arguments.first?.evaluate([:])) ?? 1)
            if let message { throw ScenarioDiagnostic(line: line, column: call.column, message: message) }
        }
        try checkValues(call, line: line)
    }

    private func checkProcess(_ call: Call, line: Int) throws(ScenarioDiagnostic) {
        try checkProcess(call.process, line: line, column: call.processColumn)
        if let wait = waits[call.process], call.name != .observe {
            let message =
                "the process '\(call.process)' waits for the exit of '\(wait.child)' (vfork in line \(wait.line)); "
                + "let that go first: \(wait.child): exit(0)"
            throw ScenarioDiagnostic(line: line, column: call.processColumn, message: message)
        }
        for argument in call.processArguments {
            try checkProcess(argument.name, line: line, column: argument.column)
        }
    }

    private func checkProcess(_ name: String, line: Int, column: Int) throws(ScenarioDiagnostic) {
        if processes.contains(name) { return }
        if let exitLine = exitLines[name] {
            let message = "process '\(name)' exited at line \(exitLine)"
            throw ScenarioDiagnostic(line: line, column: column, message: message)
        }
        let suggestion = Suggestion.text(for: name, among: processes.sorted())
        let message = "no process '\(name)'\(suggestion.isEmpty ? "; make it first: \(name) = fork()" : suggestion)"
        throw ScenarioDiagnostic(line: line, column: column, message: message)
    }

    private func checkFork(_ call: Call, line: Int) throws(ScenarioDiagnostic) {
        guard let child = call.assignedName else {
            let message = "the new process needs a name: write for example c = \(call.name.rawValue)()"
            throw ScenarioDiagnostic(line: line, column: call.column, message: message)
        }
        if processes.contains(child) {
            let message = "a process '\(child)' is alive already; give the new one another name"
            throw ScenarioDiagnostic(line: line, column: call.column, message: message)
        }
    }

    private func check(_ expression: Expression, line: Int) throws(ScenarioDiagnostic) {
        for (name, column) in expression.usedNames where !names.contains(name) && name != Program.faultName {
            let suggestion = Suggestion.text(for: name, among: names.sorted())
            let remedy = suggestion.isEmpty ? "; assign it in an earlier line" : suggestion
            throw ScenarioDiagnostic(line: line, column: column, message: "nothing has assigned '\(name)' yet\(remedy)")
        }
        if case .divisionByZero(let column) = expression.failure {
            throw ScenarioDiagnostic(line: line, column: column, message: Validator.divisionMessage)
        }
    }

    private func checkValues(_ call: Call, line: Int) throws(ScenarioDiagnostic) {
        guard Validator.hasLimits(call.name) else { return }
        let message = Validator.limitMessage(call.name, call.arguments.map { try? $0.evaluate([:]) })
        if let message { throw ScenarioDiagnostic(line: line, column: call.column, message: message) }
    }

    /// The message for an expression's division by zero.
    static let divisionMessage = "division by zero; the right side of '/' and '%' must not be 0"

    /// What may be wrong with the values of a call, as far as they are known; an argument left out is 0.
    private typealias Limit = @Sendable ((Int) -> Int64?) -> String?

    /// The calls whose values have limits in the language.
    private static let limits: [CallName: Limit] = [
        .pread: { transferMessage(.pread, length: $0(2), byte: $0(3)) },
        .pwrite: { transferMessage(.pwrite, length: $0(2), byte: $0(3)) },
        .memRead: { transferMessage(.memRead, length: $0(1), byte: nil, limit: memoryTransferLimit) },
        .memWrite: { transferMessage(.memWrite, length: $0(1), byte: nil, limit: memoryTransferLimit) },
        .movePages: { moveMessage($0(1)) },
        .tmpfsFile: { fileSizeMessage(.tmpfsFile, $0(0)) },
        .diskFile: { fileSizeMessage(.diskFile, $0(0)) },
        .wrpkru: { registerMessage($0(0)) },
        .dropCaches: { dropMessage($0(0)) },
        .ksmScan: { scanMessage($0(0)) },
    ]

    /// Whether a call is one of them, by its place in the table: a look at every statement.
    private static let isLimited: [Bool] = CallName.allCases.map { limits[$0] != nil }

    /// Whether ``limitMessage(_:_:)`` can say something of the call.
    static func hasLimits(_ name: CallName) -> Bool { isLimited[name.place] }

    /// What is wrong with a call's values, as far as they are known; arguments left out are 0.
    static func limitMessage(_ name: CallName, _ arguments: [Int64?]) -> String? {
        limits[name]?({ arguments.count > $0 ? arguments[$0] : 0 })
    }

    private static func moveMessage(_ count: Int64?) -> String? {
        guard let count, !(0...16).contains(count) else { return nil }
        return "move_pages moves 0 to 16 pages, not \(count)"
    }

    /// The most bytes that `tmpfs_file` and `disk_file` fill, 4 GiB: every page is written on either machine.
    static let fileSizeLimit: Int64 = 1 << 32

    private static func fileSizeMessage(_ name: CallName, _ size: Int64?) -> String? {
        guard let size, !(0...fileSizeLimit).contains(size) else { return nil }
        return "\(name.rawValue) fills 0 to \(fileSizeLimit) bytes (4G), not \(size); ftruncate makes larger files"
    }

    /// Higher bits are about the kernel's log, or of the kernel's maker's own.
    private static func dropMessage(_ value: Int64?) -> String? {
        guard let value, value > 3, value <= Int64(Int32.max) else { return nil }
        return "drop_caches takes 1 (page cache), 2 (slabs) or 3 (both), not \(value)"
    }

    /// The code, the stack and the buffers of the process that makes the program's calls have key 0.
    private static func registerMessage(_ value: Int64?) -> String? {
        guard let value, value & 3 != 0 else { return nil }
        return "wrpkru leaves key 0 open, since the program's own stack has it: bits 0 and 1 must be 0"
    }

    private static func transferMessage(
        _ name: CallName, length: Int64?, byte: Int64?, limit: Int = transferLimit
    ) -> String? {
        if let length, !(0...Int64(limit)).contains(length) {
            return "\(name.rawValue) moves 0 to \(limit) bytes, not \(length)"
        }
        if name == .pwrite, let byte, !(0..<Int64(byteLimit)).contains(byte) {
            return "pwrite writes a byte below \(byteLimit), not \(byte)"
        }
        return nil
    }
}

extension Expression {
    /// The error that its evaluation is bound to end in whatever its names' values, if there is one.
    fileprivate var failure: EvaluationError? {
        switch self {
        case .literal, .constant, .name: return nil
        case .unary(_, let operand): return operand.failure
        case .binary(let operation, let left, let right, let column):
            if let failure = left.failure ?? right.failure { return failure }
            guard operation == .divide || operation == .remainder else { return nil }
            return (try? right.evaluate([:])) == 0 ? .divisionByZero(column: column) : nil
        }
    }
}

extension Program {
    /// Checks a program that was put together by hand, as `Parser.parse` checks one that it read.
    public func validated() throws(ScenarioError) -> Program {
        var validator = Validator()
        for statement in statements { validator.add(statement) }
        let diagnostics = validator.diagnostics
        guard diagnostics.isEmpty else {
            let lines = statements.map { ($0.line, $0.source) }
            throw ScenarioError(diagnostics, sourceLines: Dictionary(lines) { first, _ in first })
        }
        return self
    }
}
