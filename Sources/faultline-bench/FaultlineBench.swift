import ArgumentParser
import CShim
import Foundation

/// Prints each of Faultline's speeds beside the limit measured in the same run.
@main
struct FaultlineBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faultline-bench",
        abstract: "Measures Faultline's speeds beside this machine's limits and its live kernel."
    )

    @Option(help: "Measure this section only; may be repeated. Sections: \(FaultlineBench.sectionNames).")
    var only: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(
        help:
            "Measure three times rather than nine, with fewer translations and pages, and nothing that takes gigabytes."
    )
    var quick = false

    @Option(
        help: ArgumentHelp(
            "The command that the sections programs and traces run; the one beside this program where it is left out.",
            valueName: "faultline"))
    var command: String?

    @Option(
        help: ArgumentHelp(
            "Compare with another build: both measure by turns, section by section; the least of --rounds counts.",
            valueName: "faultline-bench"))
    var against: String?

    @Option(help: "With --against: how often both measure.")
    var rounds = 5

    static let sectionNames = Section.all.map(\.name).joined(separator: ", ")

    func validate() throws {
        for name in only where !Section.all.contains(where: { $0.name == name }) {
            throw ValidationError("no section '\(name)'; there are: \(FaultlineBench.sectionNames)")
        }
        guard rounds > 0 else { throw ValidationError("--rounds \(rounds): give at least 1") }
        if let command, !FileManager.default.isExecutableFile(atPath: command) {
            throw ValidationError("--command \(command): no such program; give the path of the command faultline")
        }
    }

    func run() throws {
        if let against {
            let comparison = try comparison(with: against)
            let rows = try comparison.rows()
            return print(json ? try Report.encoded(["comparison": rows]) : comparison.text(rows))
        }
        _ = fl_fault_shim_install()
        let sections = Section.all.filter { only.isEmpty || only.contains($0.name) }
        var effort = quick ? Effort.quick : Effort.full
        effort.command = command ?? commandBesideThis
        var reports: [Report] = []
        for section in sections {
            let report = Report(
                section: section.name, heading: section.heading, figures: try section.measure(effort))
            reports.append(report)
            if !json { print(report.text, terminator: "\n\n") }
        }
        if json { print(try Report.json(reports)) }
    }

    private func comparison(with other: String) throws -> Comparison {
        guard let own = Bundle.main.executableURL else {
            throw ValidationError("--against: this program's file is not known")
        }
        guard FileManager.default.isExecutableFile(atPath: other) else {
            throw ValidationError(
                "--against \(other): no such program; give the path of the other build's faultline-bench")
        }
        return Comparison(
            other: URL(fileURLWithPath: other), own: own, arguments: quick ? ["--quick"] : [],
            sections: only.isEmpty ? ["machine", "translation"] : only, rounds: rounds)
    }

    /// The command as the same build made it, or as `make build` does, which links Swift's runtime into it.
    private var commandBesideThis: String? {
        guard let folder = Bundle.main.executableURL?.deletingLastPathComponent() else { return nil }
        // The folder of the package is two or three above this one.
        var places = [folder.appendingPathComponent("faultline")]
        var above = folder
        for _ in 0..<4 {
            above.deleteLastPathComponent()
            places.insert(above.appendingPathComponent(".build-command/release/faultline"), at: 0)
        }
        return places.map(\.path).first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
