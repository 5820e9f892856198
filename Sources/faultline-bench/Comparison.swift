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
        for _ in 0..<rounds {
            for figure in try figures(of: other) {
                before[figure.name] = min(before[figure.name] ?? .infinity, figure.ours)
            }
            for figure in try figures(of: own) {
                if now[figure.name] == nil { order.append(figure.name) }
                now[figure.name] = min(now[figure.name] ?? .infinity, figure.ours)
            }
        }
        let width = order.map(\.count).max() ?? 0
        var lines = [
            "The least of \(rounds) rounds, in ns" + String(repeating: " ", count: max(0, width - 30))
                + "before       now     ratio"
        ]
        for name in order {
            guard let old = before[name], let new = now[name] else { continue }
            let padding = String(repeating: " ", count: width - name.count)
            let ratio = old > 0 ? String(format: "%10.2f", new / old) : "         -"
            lines.append("  \(name)\(padding)" + String(format: "%10.2f%10.2f", old, new) + ratio)
        }
        return lines.joined(separator: "\n")
    }

    private struct Output: Decodable {
        struct Section: Decodable { let figures: [Figure] }
        struct Figure: Decodable {
            let name: String
            let ours: Double?
        }
        let sections: [Section]
    }

    private func figures(of program: URL) throws(BenchError) -> [(name: String, ours: Double)] {
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
            return output.sections.flatMap(\.figures).compactMap { figure in figure.ours.map { (figure.name, $0) } }
        } catch let error as BenchError {
            throw error
        } catch {
            throw .failedProgram(program.path, error.localizedDescription)
        }
    }
}
