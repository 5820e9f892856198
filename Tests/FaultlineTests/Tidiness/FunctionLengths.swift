/// How long functions are, in Swift and in C.
enum FunctionLengths {
    /// In lines, from the one with the name to the closing brace.
    static let limit = 70

    struct Function {
        let name: String
        let lines: Int
    }

    static func of(_ file: SourceFile) -> [Function] {
        if file.path.hasSuffix(".S") { return [] }
        return file.path.hasSuffix(".swift")
            ? functions(file.code, /(?m)^ *(?:[@\w]+(?:\([\w ]*\))? +)*(func \S+?|init[?]?)[(<]/)
            : functions(file.code, /(?m)^[a-z][^;{}#=\n]*?\b(\w+)\(/)
    }

    private static func functions(_ code: String, _ start: Regex<(Substring, Substring)>) -> [Function] {
        code.matches(of: start.wordBoundaryKind(.simple)).compactMap { match in
            guard let end = end(code[match.range.upperBound...]) else { return nil }
            let lines = code[match.1.startIndex..<end].count { $0 == "\n" } + 1
            return Function(name: String(match.1), lines: lines)
        }
    }

    /// Where the body ends that follows the parameters; nil for a declaration without one.
    private static func end(_ rest: Substring) -> String.Index? {
        guard let opening = rest.firstIndex(where: { $0 == "{" || $0 == "}" || $0 == ";" }), rest[opening] == "{",
            !rest[..<opening].contains("func ")
        else { return nil }
        var depth = 0
        var index = opening
        while index < rest.endIndex {
            if rest[index] == "{" { depth += 1 }
            if rest[index] == "}" {
                depth -= 1
                if depth == 0 { return index }
            }
            index = rest.index(after: index)
        }
        return nil
    }
}
