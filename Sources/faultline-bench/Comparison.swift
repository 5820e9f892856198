import FaultlineInspect
import Foundation

/// This build beside another one: both measure the same sections by turns, and the least figure of each counts. Other work on the
/// machine only ever adds to a figure.
struct Comparison {
    /// The other build's faultline-bench.
    let other: URL
    /// This build's own.
    let own: URL
    /// What both are given beside `--json`.
    let arguments: [String]
    let rounds: Int

    /// A line a figure that both have: the other's, ours, and ours as a multiple of the other's.
    ///
    /// - Throws: BenchError where one of them could not be run.
    func run() throws(BenchError) -> String {
        var before: [String: Double] = [:]
        var now: [String: Double] = [:]
        var order: [String] = []
        var units: [String: String] = [:]
        for _ in 0..<rounds {
            for figure in try figures(of: other) {
                before[figure.name] = min(before[figure.name] ?? .infinity, figure.ours)
            }
            for figure in try figures(of: own) {
                if now[figure.name] == nil { order.append(figure.name) }
                units[figure.name] = figure.unit
                now[figure.name] = min(now[figure.name] ?? .infinity, figure.ours)
            }
        }
        var table = TextTable([.left, .right, .right, .left, .right], leastWidths: [0, 8, 8, 0, 8])
        table.add(["The least of \(rounds) rounds", "before", "now", "", "ratio"])
        for name in order {
            guard let old = before[name], let new = now[name] else { continue }
            table.add([
                name, String(format: "%.2f", old), String(format: "%.2f", new), units[name] ?? "",
                old > 0 ? String(format: "%.2f", new / old) : "-",
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
        }
        let sections: [Section]
    }

    private func figures(of program: URL) throws(BenchError) -> [(name: String, unit: String, ours: Double)] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = arguments + ["--json"]
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
