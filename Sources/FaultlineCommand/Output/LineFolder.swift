/// Breaks lines that are wider than a terminal; nothing but spaces is lost.
struct LineFolder {
    /// Characters that a line may have.
    let width: Int

    /// The line in parts that fit. What stands behind the last gap of two spaces, such as a statement's result, moves nearer or to a
    /// line of its own before words are parted.
    func fold(_ line: String) -> [String] {
        guard line.count > width else { return [line] }
        let indent = line.prefix { $0 == " " }.count
        let deeper = String(repeating: " ", count: min(indent + 8, width / 2))
        guard let gap = Self.lastGap(of: line, from: indent) else { return words(line, deeper) }
        let (left, right) = (String(line[..<gap.lowerBound]), String(line[gap.upperBound...]))
        let room = width - left.count - right.count
        if room >= 2 { return [left + String(repeating: " ", count: room) + right] }
        return words(left, deeper) + words(deeper + right, deeper)
    }

    /// The last gap of two spaces or more behind the first characters.
    static func lastGap(of line: String, from start: Int) -> Range<String.Index>? {
        let rest = line.dropFirst(start)
        var end = rest.endIndex
        while end > rest.startIndex {
            let last = rest.index(before: end)
            var first = end
            while first > rest.startIndex, rest[rest.index(before: first)] == " " { first = rest.index(before: first) }
            if end < rest.endIndex, rest.distance(from: first, to: end) >= 2, first > rest.startIndex {
                return first..<end
            }
            end = min(first, last)
        }
        return nil
    }

    /// Breaks at spaces, and a word that has no room within itself.
    private func words(_ line: String, _ indent: String) -> [String] {
        var rest = line
        var parts: [String] = []
        while rest.count > width {
            let head = rest.prefix(width + 1)
            let least = rest.prefix { $0 == " " }.count + 1
            let space = head.lastIndex(of: " ").flatMap {
                head.distance(from: head.startIndex, to: $0) > least ? $0 : nil
            }
            let end = space ?? rest.index(rest.startIndex, offsetBy: width)
            parts.append(String(rest[..<end]))
            rest = indent + rest[end...].drop { $0 == " " }
        }
        return parts + [rest]
    }
}
