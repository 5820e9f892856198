/// The lines in which two texts differ, with a few lines around them, as `diff -u` prints them.
public struct UnifiedDiff {
    /// Lines before and after each difference.
    static let contextLines = 3

    /// The diff's lines, hunk headers included; empty where the texts are equal.
    public let lines: [String]

    /// Compares `old` (lines marked `-`) with `new` (`+`).
    public init(old: [String], new: [String]) {
        let edits = Self.edits(from: old, to: new)
        var lines: [String] = []
        for hunk in Self.hunks(of: edits) {
            lines.append(Self.header(of: hunk, in: edits))
            lines += edits[hunk].map { $0.mark + $0.text }
        }
        self.lines = lines
    }

    private struct Edit {
        /// "-", "+" or " ".
        var mark: String
        var text: String
        /// Lines of the old and the new text before this one.
        var oldBefore: Int
        var newBefore: Int
    }

    private static func edits(from old: [String], to new: [String]) -> [Edit] {
        let difference = new.difference(from: old)
        var removed = [Bool](repeating: false, count: old.count)
        var inserted = [Bool](repeating: false, count: new.count)
        for case .remove(let offset, _, _) in difference.removals { removed[offset] = true }
        for case .insert(let offset, _, _) in difference.insertions { inserted[offset] = true }
        var edits: [Edit] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count && removed[left] {
                edits.append(Edit(mark: "-", text: old[left], oldBefore: left, newBefore: right))
                left += 1
            } else if right < new.count && inserted[right] {
                edits.append(Edit(mark: "+", text: new[right], oldBefore: left, newBefore: right))
                right += 1
            } else {
                edits.append(Edit(mark: " ", text: old[left], oldBefore: left, newBefore: right))
                left += 1
                right += 1
            }
        }
        return edits
    }

    /// Ranges of edits, each with its context; neighbours whose contexts touch are one.
    private static func hunks(of edits: [Edit]) -> [Range<Int>] {
        var hunks: [Range<Int>] = []
        for index in edits.indices where edits[index].mark != " " {
            let from = max(0, index - contextLines)
            let to = min(edits.count, index + 1 + contextLines)
            if let last = hunks.last, from <= last.upperBound {
                hunks[hunks.count - 1] = last.lowerBound..<to
            } else {
                hunks.append(from..<to)
            }
        }
        return hunks
    }

    private static func header(of hunk: Range<Int>, in edits: [Edit]) -> String {
        let part = edits[hunk]
        let (oldCount, newCount) = (part.count { $0.mark != "+" }, part.count { $0.mark != "-" })
        let first = edits[hunk.lowerBound]
        return "@@ -\(first.oldBefore + 1),\(oldCount) +\(first.newBefore + 1),\(newCount) @@"
    }
}
