/// Rows of words and numbers as lines with aligned columns.
///
/// Written here because the libraries that print tables draw frames, or are no longer kept; this is one loop.
public struct TextTable {
    /// To which side the cells of a column go.
    public enum Alignment: Sendable {
        case left, right
    }

    /// What stands between two columns.
    public var separator = "  "
    private let alignments: [Alignment]
    private let leastWidths: [Int]
    private var rows: [[String]] = []

    /// An empty table.
    ///
    /// - Parameters:
    ///   - columns: the side of each column; rows have as many cells.
    ///   - leastWidths: how wide each column is at least, in characters; 0 for those that are left out.
    public init(_ columns: [Alignment], leastWidths: [Int] = []) {
        alignments = columns
        self.leastWidths = leastWidths
    }

    /// Words in the first column, numbers in `numbers` more.
    public init(numbers: Int, leastWidths: [Int] = []) {
        self.init([.left] + Array(repeating: .right, count: numbers), leastWidths: leastWidths)
    }

    /// Adds a row below the others.
    ///
    /// - Precondition: it has a cell for each column.
    public mutating func add(_ row: [String]) {
        precondition(
            row.count == alignments.count, "a row of \(row.count) cells in a table of \(alignments.count) columns")
        rows.append(row)
    }

    /// A line for each row, without blanks at its end.
    public var lines: [String] {
        let widths = alignments.indices.map { column in
            max(rows.map { $0[column].count }.max() ?? 0, column < leastWidths.count ? leastWidths[column] : 0)
        }
        return rows.map { row in
            var line = row.indices.map { column in
                alignments[column] == .left ? row[column].left(widths[column]) : row[column].right(widths[column])
            }.joined(separator: separator)
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
