import Faultline

extension Interpreter {
    /// Makes the call, as often as `repeat` says. The result is that of the last one made, with the faults and the accesses
    /// of all; an error or a signal is the last.
    mutating func perform(
        _ evaluated: EvaluatedCall, process: Int, as call: Call, in statement: Statement
    ) throws -> StatementResult {
        var result = try executor.perform(evaluated, process: process)
        if call.name == .show, !result.isFailure {
            for (flag, name) in PageFlags.optional where evaluated.texts.contains(name) { shownFlags.insert(flag) }
        }
        guard let repetitions = call.repetitions else { return result }
        let count = try evaluate(repetitions, in: statement)
        if let message = Validator.repetitionMessage(count, of: call.name, Int64(bitPattern: evaluated.arguments[0])) {
            throw failure(message, column: call.column, in: statement)
        }
        var done: Int64 = 1
        while done < count, !result.isFailure {
            let next = try executor.perform(evaluated, process: process)
            result.outcome = next.outcome
            result.value = next.value
            result.refusal = next.refusal
            result.pages = result.pages.map { $0 + (next.pages ?? 0) }
            result.minflt += next.minflt
            result.majflt += next.majflt
            done += 1
        }
        return result
    }

    /// What an `assert` expected and what it found, where they differ; else nil.
    mutating func assertionFailure(_ call: Call, in statement: Statement) throws -> String? {
        guard case .figures(let figures) = statement.expectation else { return nil }
        let address = UInt64(bitPattern: try call.arguments.first.map { try evaluate($0, in: statement) } ?? 0)
        let expected = try figures.map { ($0.figure, Int(try evaluate($0.value, in: statement))) }
        let wanted = "expected " + expected.map { "\($0.name)=\($1)" }.joined(separator: " ")
        let process = try executor.observe().first { $0.name == call.process }
        guard let vma = process?.vmas.first(where: { $0.start <= address && address < $0.end }) else {
            return wanted + ", got no mapping at 0x\(String(address, radix: 16))"
        }
        if expected.allSatisfy({ (vma.figures[$0]) == $1 }) { return nil }
        return wanted + ", got " + expected.map { "\($0.0.name)=\(vma.figures[$0.0])" }.joined(separator: " ")
    }
}
