import Faultline

extension LineParser {
    /// `CALL(ARGUMENT, ...)`; the call's name comes next.
    mutating func call(_ word: String) throws(ScenarioDiagnostic) -> Call {
        guard let name = CallName(rawValue: word) else {
            throw diagnostic("no call '\(word)'\(Suggestion.text(for: word, among: CallName.allCases.map(\.rawValue)))")
        }
        var call = Call(name: name, column: current.column)
        advance()
        let parenthesis = current
        advance()
        if name.takesString { try string(of: &call) }
        if take(.rightParenthesis) { return call }
        if name.takesString && !take(.comma) {
            throw diagnostic("expected ',' or ')' after the name, not \(current.description): \(name.signature)")
        }
        while true {
            let isArgument = current.kind != .symbol(.rightParenthesis) && current.kind != .end
            if isArgument && call.arguments.count == name.maximumArgumentCount { throw tooManyArguments(name) }
            if case .string = current.kind {
                throw diagnostic("\(name.rawValue) takes no string here: \(name.signature)")
            }
            call.arguments.append(try expression())
            if take(.rightParenthesis) { return call }
            if take(.comma) { continue }
            if current.kind == .end {
                throw diagnostic("expected ')': the parenthesis of column \(parenthesis.column) is not closed")
            }
            throw diagnostic("expected an operator, ',' or ')', not \(current.description)")
        }
    }

    private mutating func string(of call: inout Call) throws(ScenarioDiagnostic) {
        guard case .string(let text) = current.kind else {
            throw diagnostic("expected the name in double quotes, not \(current.description): \(call.name.signature)")
        }
        call.text = text
        advance()
    }

    private func tooManyArguments(_ name: CallName) -> ScenarioDiagnostic {
        let limit = name.maximumArgumentCount
        let count = limit == 0 ? "no arguments" : limit == 1 ? "at most one argument" : "at most \(limit) arguments"
        return diagnostic("\(name.rawValue) takes \(count): \(name.signature)")
    }

    /// What stands after `=>`.
    mutating func expectation() throws(ScenarioDiagnostic) -> Expectation {
        guard case .identifier(let word) = current.kind else {
            if current.kind == .end {
                throw diagnostic("expected an outcome after '=>': a value, ok, an errno, or a signal and its code")
            }
            return .value(try expression())
        }
        if word == "ok" && following.kind == .end {
            advance()
            return .ok
        }
        if let signal = Signal(name: word) { return try signalExpectation(signal) }
        if let errno = Errno(name: word) {
            advance()
            return .error(errno)
        }
        if ScenarioConstant.value(of: word) == nil {
            if word.hasPrefix("SIG") {
                let names = Signal.allCases.map(\.name)
                throw diagnostic("no signal '\(word)'\(Suggestion.text(for: word, among: names))")
            }
            if word.hasPrefix("E") {
                let names = Errno.allCases.map(\.name)
                throw diagnostic("no errno '\(word)'\(Suggestion.text(for: word, among: names))")
            }
        }
        return .value(try expression())
    }

    private mutating func signalExpectation(_ signal: Signal) throws(ScenarioDiagnostic) -> Expectation {
        advance()
        let codes = SignalCode.allCases.map(\.rawValue)
        guard case .identifier(let word) = current.kind else {
            throw diagnostic(
                "expected the code of \(signal.name), not \(current.description): for example SIGSEGV SEGV_MAPERR")
        }
        guard let code = SignalCode(rawValue: word) else {
            throw diagnostic("no signal code '\(word)'\(Suggestion.text(for: word, among: codes))")
        }
        advance()
        return .signal(signal, code)
    }
}
