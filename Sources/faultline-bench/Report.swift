import Foundation

/// The figures of one section, as printed.
struct Report: Encodable {
    let section: String
    let heading: String
    let figures: [Figure]

    /// A table, one line a figure: ours, goal, limit and ratio in columns.
    var text: String {
        let width = (figures.map(\.name.count).max() ?? 0)
        var lines = [heading, Report.row("", width, ["ours", "goal", "limit", "ratio"])]
        for figure in figures {
            var line = Report.row(
                figure.name, width,
                [
                    Report.number(figure.ours), Report.number(figure.goal), Report.number(figure.limit),
                    figure.ratio.map { String(format: "%.2f", $0) } ?? "-",
                ])
            line += "  \(figure.limitName)"
            if figure.isMet == false { line += "  GOAL MISSED" }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }

    /// All reports as one JSON object.
    static func json(_ reports: [Report]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(["sections": reports]), as: UTF8.self)
    }

    private static func row(_ name: String, _ width: Int, _ cells: [String]) -> String {
        let padded = cells.map { String(repeating: " ", count: max(0, 10 - $0.count)) + $0 }
        return "  " + name + String(repeating: " ", count: width - name.count) + padded.joined()
    }

    private static func number(_ value: Double?) -> String {
        value.map { String(format: $0 < 100 ? "%.2f" : "%.0f", $0) } ?? "-"
    }
}
