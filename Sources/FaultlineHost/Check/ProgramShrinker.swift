import FaultlineScenario

/// Makes a program that shows a difference as small as it can be while it still shows one.
public struct ProgramShrinker {
    /// Whether a candidate still differs.
    public typealias Test = (Program) -> Bool

    private let differs: Test
    /// Candidates that may still be tried.
    private var budget: Int

    /// A shrinker that tries `budget` candidates at most.
    public init(budget: Int = 600, differs: @escaping Test) {
        self.budget = budget
        self.differs = differs
    }

    /// Shrinks a program's source: removes statements, then makes numbers smaller, again and again until nothing helps.
    ///
    /// - Returns: the source of the smallest program found; the given one where nothing smaller differs.
    public mutating func shrink(_ source: String) -> String {
        var lines = source.split(separator: "\n").map(String.init).filter { !Self.isBlank($0) }
        if !accepts(lines) { return source }
        var isSmaller = true
        while isSmaller, budget > 0 {
            let before = lines
            removeStatements(&lines)
            shrinkNumbers(&lines)
            isSmaller = lines != before
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func isBlank(_ line: String) -> Bool {
        let text = line.drop { $0 == " " || $0 == "\t" }
        return text.isEmpty || text.hasPrefix("#")
    }

    private mutating func accepts(_ lines: [String]) -> Bool {
        guard budget > 0, let program = try? Parser.parse(lines.joined(separator: "\n") + "\n") else { return false }
        budget -= 1
        return differs(program)
    }

    /// Large pieces first, from the end, since what comes after the difference is of no use.
    private mutating func removeStatements(_ lines: inout [String]) {
        var size = max(lines.count / 2, 1)
        while size >= 1 {
            var start = lines.count - size
            while start >= 0 {
                var candidate = lines
                candidate.removeSubrange(start..<min(start + size, lines.count))
                if accepts(candidate) { lines = candidate }
                start -= size
            }
            size /= 2
        }
    }

    private mutating func shrinkNumbers(_ lines: inout [String]) {
        for index in lines.indices {
            var position = 0
            while let number = NumberToken(in: lines[index], from: position) {
                position = number.end
                for smaller in number.smaller {
                    var candidate = lines
                    candidate[index] = number.replaced(in: lines[index], by: smaller)
                    if accepts(candidate) {
                        lines = candidate
                        position = number.start + smaller.count
                        break
                    }
                }
            }
        }
    }
}

/// A decimal number with its suffix in a statement.
private struct NumberToken {
    let start: Int
    let end: Int
    private let value: UInt64
    private let suffix: String

    /// The next number at or after an offset; digits inside names and hexadecimal numbers are none.
    init?(in line: String, from offset: Int) {
        let text = Array(line)
        var index = offset
        while index < text.count {
            let isInside = index > 0 && (text[index - 1].isLetter || text[index - 1].isNumber || text[index - 1] == "_")
            if text[index].isNumber, !isInside {
                var end = index
                while end < text.count, text[end].isNumber { end += 1 }
                guard let value = UInt64(String(text[index..<end])) else { return nil }
                var suffix = ""
                if end < text.count, "KMG".contains(text[end]) {
                    suffix = String(text[end])
                    end += 1
                }
                start = index
                self.end = end
                self.value = value
                self.suffix = suffix
                return
            }
            index += 1
        }
        return nil
    }

    /// Smaller values that are worth a try, the smallest first; whole pages stay whole pages.
    var smaller: [String] {
        let unit: UInt64 = suffix == "K" ? 4 : 1
        let candidates = [0, unit, value / 2 / unit * unit]
        var seen: Set<UInt64> = [value]
        return candidates.filter { $0 < value && seen.insert($0).inserted }.map { "\($0)" + ($0 == 0 ? "" : suffix) }
    }

    func replaced(in line: String, by text: String) -> String {
        let characters = Array(line)
        return String(characters[..<start]) + text + String(characters[end...])
    }
}
