import FaultlineInspect
import Foundation

/// The figures of one section, as printed.
struct Report: Encodable {
    let section: String
    let heading: String
    let figures: [Figure]

    /// A table, one line a figure: the least and the median of ours and of the limit, how far ours spread, and both ratios beside the goal.
    var text: String {
        var table = TextTable(
            [.left, .right, .right, .right, .left, .right, .right, .right, .right, .left],
            leastWidths: [0, 8, 8, 6, 0, 8, 6, 6, 6])
        table.add(["", "ours", "median", "spread", "", "limit", "ratio", "median", "goal", ""])
        for figure in figures {
            table.add([
                figure.name, Report.number(figure.ours?.least), Report.number(figure.ours?.median),
                figure.ours.map { String(format: "%.0f%%", $0.spread * 100) } ?? "-", figure.unit,
                Report.number(figure.limit?.least), Report.ratio(figure.ratio), Report.ratio(figure.medianRatio),
                Report.goal(figure),
                [figure.limitName, figure.isMet == false ? "GOAL MISSED" : ""].filter { !$0.isEmpty }
                    .joined(separator: "  "),
            ])
        }
        return ([heading] + table.lines.map { "  " + $0 }).joined(separator: "\n")
    }

    /// All reports as one JSON object.
    static func json(_ reports: [Report]) throws -> String {
        try encoded(["sections": reports])
    }

    /// JSON with sorted keys, so that two runs can be compared by lines.
    static func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func number(_ value: Double?) -> String {
        value.map { String(format: $0 < 100 ? "%.2f" : "%.0f", $0) } ?? "-"
    }

    static func ratio(_ value: Double?) -> String {
        value.map { String(format: $0 < 0.1 ? "%.3f" : "%.2f", $0) } ?? "-"
    }

    /// A goal that is no ratio has its unit, since it stands in the column of ratios.
    private static func goal(_ figure: Figure) -> String {
        switch figure.goal {
        case nil: "-"
        case .timesLimit(let most): ratio(most)
        case .atMost(let most): number(most) + " " + figure.unit
        }
    }
}
