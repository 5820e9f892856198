import FaultlineInspect
import Foundation

/// This build beside another one: both measure the same sections by turns. The least figure of each counts: other work on the machine
/// only ever adds to a figure. The medians and the spread tell how far this run is to be trusted.
struct Comparison {
    /// The other build's faultline-bench.
    let other: URL
    /// This build's own.
    let own: URL
    /// What both are given beside `--json` and `--only`.
    let arguments: [String]
    let sections: [String]
    let rounds: Int

    /// A figure that both builds have.
    struct Row: Encodable {
        let section: String
        let name: String
        let unit: String
        /// The other build's, of all rounds.
        let before: Samples
        /// This build's, of all rounds.
        let now: Samples
        /// The least of now as a multiple of the least of before.
        let ratio: Double?
        let medianRatio: Double?
    }

    /// Measures section by section, so that what is compared lies close in time.
    ///
    /// - Throws: BenchError where one of the builds could not be run.
    func rows() throws(BenchError) -> [Row] {
        var rows: [Row] = []
        for section in sections { rows += try measured(section) }
        return rows
    }

    private func measured(_ section: String) throws(BenchError) -> [Row] {
        var before: [String: [Double]] = [:]
        var now: [String: [Double]] = [:]
        var order: [(name: String, unit: String)] = []
        for round in 0..<rounds {
            // Neither is always the first one of a round.
            for isOwn in round.isMultiple(of: 2) ? [false, true] : [true, false] {
                for figure in try figures(of: isOwn ? own : other, section) {
                    if isOwn {
                        if now[figure.name] == nil { order.append((figure.name, figure.unit)) }
                        now[figure.name, default: []].append(figure.ours)
                    } else {
                        before[figure.name, default: []].append(figure.ours)
                    }
                }
            }
        }
        return order.compactMap { figure in
            guard let old = before[figure.name].map(Samples.init), let new = now[figure.name].map(Samples.init) else {
                return nil
            }
            return Row(
                section: section, name: figure.name, unit: figure.unit, before: old, now: new,
                ratio: old.least > 0 ? new.least / old.least : nil,
                medianRatio: old.median > 0 ? new.median / old.median : nil)
        }
    }

    /// A table, a line a figure.
    func text(_ rows: [Row]) -> String {
        var table = TextTable(
            [.left, .right, .right, .left, .right, .right, .right], leastWidths: [0, 8, 8, 0, 6, 6, 6])
        table.add(["The least of \(rounds) rounds", "before", "now", "", "ratio", "median", "spread"])
        for row in rows {
            table.add([
                row.name, Report.number(row.before.least), Report.number(row.now.least), row.unit,
                Report.ratio(row.ratio), Report.ratio(row.medianRatio), String(format: "%.0f%%", row.now.spread * 100),
            ])
        }
        return table.lines.joined(separator: "\n")
    }

    private struct Output: Decodable {
        struct Section: Decodable { let figures: [Figure] }
        struct Figure: Decodable {
            let name: String
            let unit: String
            let ours: Double?

            private enum CodingKeys: String, CodingKey { case name, unit, ours }

            /// Builds of before print one number.
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                name = try container.decode(String.self, forKey: .name)
                unit = try container.decode(String.self, forKey: .unit)
                if let number = try? container.decodeIfPresent(Double.self, forKey: .ours) {
                    ours = number
                } else {
                    ours = try container.decodeIfPresent(Samples.self, forKey: .ours)?.least
                }
            }
        }
        let sections: [Section]
    }

    private func figures(of program: URL, _ section: String) throws(BenchError) -> [(
        name: String, unit: String, ours: Double
    )] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = ["--only", section] + arguments + ["--json"]
        process.standardOutput = pipe
        do {
            try process.run()
            let text = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw BenchError.failedProgram(program.path, "it ended with status \(process.terminationStatus)")
            }
            let output = try JSONDecoder().decode(Output.self, from: text)
            return output.sections.flatMap(\.figures).compactMap { figure in
                figure.ours.map { (figure.name, figure.unit, $0) }
            }
        } catch let error as BenchError {
            throw error
        } catch {
            throw .failedProgram(program.path, error.localizedDescription)
        }
    }
}
