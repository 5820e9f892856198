import ArgumentParser
import CShim

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

    static let sectionNames = Section.all.map(\.name).joined(separator: ", ")

    func validate() throws {
        for name in only where !Section.all.contains(where: { $0.name == name }) {
            throw ValidationError("no section '\(name)'; there are: \(FaultlineBench.sectionNames)")
        }
    }

    func run() throws {
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
}
