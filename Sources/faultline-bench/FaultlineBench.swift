import ArgumentParser
import CShim
import Foundation

/// Prints each of Faultline's speeds beside the limit measured in the same run.
@main
struct FaultlineBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faultline-bench",
        abstract: "Measures Faultline's speeds beside this machine's limits and its live kernel, in nanoseconds."
    )

    @Option(help: "Measure this section only; may be repeated. Sections: \(FaultlineBench.sectionNames).")
    var only: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Measure once, with fewer translations and pages.")
    var quick = false

    @Option(
        help: ArgumentHelp(
            "Compare with another build: both measure by turns, the least of --rounds counts.",
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
        guard against == nil || !json else { throw ValidationError("--against prints no JSON; leave --json out") }
    }

    func run() throws {
        if let against { return print(try comparison(with: against).run()) }
        _ = fl_fault_shim_install()
        let sections = Section.all.filter { only.isEmpty || only.contains($0.name) }
        let effort = quick ? Effort.quick : Effort.full
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
        let sections = only.isEmpty ? ["machine", "translation"] : only
        return Comparison(
            other: URL(fileURLWithPath: other), own: own,
            arguments: sections.flatMap { ["--only", $0] } + (quick ? ["--quick"] : []), rounds: rounds)
    }
}
