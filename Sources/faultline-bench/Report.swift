import FaultlineInspect
import Foundation

/// The figures of one section, as printed.
struct Report: Encodable {
    let section: String
    let heading: String
    let figures: [Figure]

    /// A table, one line a figure: ours, goal, limit and ratio in columns.
    var text: String {
        var table = TextTable([.left, .right, .right, .right, .right, .left], leastWidths: [0, 8, 8, 8, 8])
        table.add(["", "ours", "goal", "limit", "ratio", ""])
        for figure in figures {
            table.add([
                figure.name, Report.number(figure.ours), Report.number(figure.goal), Report.number(figure.limit),
                figure.ratio.map { String(format: "%.2f", $0) } ?? "-",
                figure.limitName + (figure.isMet == false ? "  GOAL MISSED" : ""),
            ])
        }
        return ([heading] + table.lines.map { "  " + $0 }).joined(separator: "\n")
    }

    /// All reports as one JSON object.
    static func json(_ reports: [Report]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(["sections": reports]), as: UTF8.self)
    }

    private static func number(_ value: Double?) -> String {
        value.map { String(format: $0 < 100 ? "%.2f" : "%.0f", $0) } ?? "-"
    }
}
