import Faultline

extension LineParser {
    /// `CALL(ARGUMENT, ...)`; the call's name comes next.
    mutating func call(_ word: String) throws(ScenarioDiagnostic) -> Call {
        guard let name = CallName(rawValue: word) else {
            throw diagnostic("no call '\(word)'\(Suggestion.text(forCall: word))")
        }
        var call = Call(name: name, column: current.column)
        advance()
        let parenthesis = current
        advance()
        let definition = name.definition
        if !definition.requiresArgument(at: 0), take(.rightParenthesis) { return call }
        var index = 0
        while true {
            guard let parameter = definition.parameter(at: index) else {
                // After a comma nothing else can be said of it.
                if current.isSymbol(.rightParenthesis) || current.isEnd { _ = try expression() }
                throw tooManyArguments(name)
            }
            try argument(parameter, of: &call)
            index += 1
            let isComplete = !definition.requiresArgument(at: index)
            if isComplete, take(.rightParenthesis) { return call }
            if take(.comma) { continue }
            if current.isEnd {
                throw diagnostic("expected ')': the parenthesis of column \(parenthesis.column) is not closed")
            }
            throw expectedComma(after: parameter, of: name, isComplete: isComplete)
        }
    }

    /// One argument, of the kind that the parameter has.
    private mutating func argument(_ parameter: CallParameter, of call: inout Call) throws(ScenarioDiagnostic) {
        switch parameter.kind {
        case .number:
            if case .string = current.kind {
                throw diagnostic("\(call.name.rawValue) takes no string here: \(call.name.signature)")
            }
            call.arguments.append(try expression())
        case .text, .texts:
            guard case .string(let text) = current.kind else {
                let what = "the \(parameter.name.lowercased()) in double quotes"
                throw diagnostic("expected \(what), not \(current.description): \(call.name.signature)")
            }
            if !parameter.choices.isEmpty, !parameter.choices.contains(text) {
                let known = "; it is one of \(parameter.choices.joined(separator: ", "))"
                let suggestion = Suggestion.text(for: text, among: parameter.choices)
                throw diagnostic(
                    "no \(parameter.name.lowercased()) '\(text)'\(suggestion.isEmpty ? known : suggestion)")
            }
            call.texts.append(text)
            advance()
        case .process:
            guard case .identifier(let name) = current.kind, name.beginsSmall else {
                let what = "the name of a process, such as \(Program.firstProcess)"
                throw diagnostic("expected \(what), not \(current.description): \(call.name.signature)")
            }
            call.processArguments.append(Call.ProcessArgument(name: name, column: current.column))
            advance()
        }
    }

    private func expectedComma(
        after parameter: CallParameter, of name: CallName, isComplete: Bool
    ) -> ScenarioDiagnostic {
        let signs = isComplete ? "',' or ')'" : "',' and a further argument"
        if parameter.kind == .number {
            let signature = isComplete ? "" : ": \(name.signature)"
            return diagnostic("expected an operator, \(signs), not \(current.description)\(signature)")
        }
        let what = parameter.kind == .process ? "process" : parameter.name.lowercased()
        return diagnostic("expected \(signs) after the \(what), not \(current.description): \(name.signature)")
    }

    private func tooManyArguments(_ name: CallName) -> ScenarioDiagnostic {
        let limit = name.definition.parameters.count
        let count = limit == 0 ? "no arguments" : limit == 1 ? "at most one argument" : "at most \(limit) arguments"
        return diagnostic("\(name.rawValue) takes \(count): \(name.signature)")
    }

    /// What stands after `=>`.
    mutating func expectation(of call: Call) throws(ScenarioDiagnostic) -> Expectation {
        if call.name == .assert { return .figures(try figures()) }
        guard case .identifier(let word) = current.kind else {
            if current.isEnd {
                throw diagnostic("expected an outcome after '=>': a value, ok, an errno, or a signal and its code")
            }
            return .value(try expression())
        }
        if word == "ok" && following.isEnd {
            advance()
            return .ok
        }
        if word == "waits" && following.isEnd {
            advance()
            return .waits
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
