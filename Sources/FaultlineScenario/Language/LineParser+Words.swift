import Faultline

extension LineParser {
    /// `repeat N` in front of a call; nil where it is not there.
    mutating func repetitions() throws(ScenarioDiagnostic) -> Expression? {
        guard case .identifier("repeat") = current.kind else { return nil }
        switch following.kind {
        case .symbol(.equals), .symbol(.colon): return nil
        default: advance()
        }
        if case .identifier(let word) = current.kind, following.isSymbol(.leftParenthesis) {
            throw diagnostic("expected how often after 'repeat': repeat 10 \(word)(...)")
        }
        let count = try expression()
        guard case .identifier(let word) = current.kind, following.isSymbol(.leftParenthesis) else {
            throw diagnostic("expected a call after 'repeat N', not \(current.description): repeat 10 store(W, 7)")
        }
        let name = CallName(rawValue: word)
        if let name, name.makesProcess || name == .execve || Self.unrepeatable.contains(name) {
            throw diagnostic("\(word) cannot be repeated; write it once")
        }
        return count
    }

    /// Calls that make or end what has a name, or that are not about the machine.
    private static let unrepeatable: Set<CallName> = [
        .exit, .observe, .show, .assert, .tmpfsFile, .tmpfsMount, .diskFile,
    ]

    /// `FIGURE=N ...`, which `assert` expects.
    mutating func figures() throws(ScenarioDiagnostic) -> [FigureExpectation] {
        var figures: [FigureExpectation] = []
        while !current.isEnd {
            guard case .identifier(let word) = current.kind else { throw expectedFigures() }
            guard let figure = SmapsFigure(name: word) else {
                let names = SmapsFigure.allCases.map(\.name)
                throw diagnostic("no figure '\(word)'\(Suggestion.text(for: word, among: names))")
            }
            advance()
            guard take(.equals) else { throw diagnostic("expected '=' after '\(word)', not \(current.description)") }
            figures.append(FigureExpectation(figure: figure, value: try expression()))
        }
        if figures.isEmpty { throw expectedFigures() }
        return figures
    }

    /// What an `assert` lacks.
    func expectedFigures() -> ScenarioDiagnostic {
        diagnostic("expected figures of smaps, not \(current.description): assert(p) => Rss=8 Pss=4")
    }
}
