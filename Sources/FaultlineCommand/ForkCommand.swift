import ArgumentParser
import FaultlineHost
import FaultlineInspect
import FaultlineReport
import Glibc

/// `faultline fork`: what fork(2) would do with a real process.
struct ForkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork",
        abstract:
            "Tell what fork would do with a running process, or with one that a text of /proc/PID/smaps describes.",
        discussion: """
            The process is not touched. Its VMAs and pages are read, a simulated process is made of them and forked: page
            tables and entries that fork copies, entries that it write-protects, what is left out, what Committed_AS grows
            by, and how much memory it takes when both sides go on writing. As root all is exact but for what the output says
            is not known; stop the process (kill -STOP) if it must not change meanwhile. One thing cannot be seen: a VMA without
            private pages that was split off one that had some has its entries of file pages copied too.
            """)

    @OptionGroup var source: ProcessSource

    @Flag(help: "Print JSON (docs/schema.json).")
    var json = false

    @Option(
        help: ArgumentHelp("Write the forecast as an HTML page here; - is standard output.", valueName: "file.html"))
    var report: String?

    func validate() throws {
        if json, report != nil {
            throw ValidationError("--json and --report are two forms of the forecast: give one of them")
        }
        if !source.isGiven { throw ValidationError("name a process with --pid, or a text with --smaps") }
    }

    func run() throws {
        let process = try source.read()
        let forecast: ForkForecast
        do {
            forecast = try ForkForecast(
                process.description, pageTablesKiB: process.pageTablesKiB, limits: process.limits)
        } catch {
            throw CommandFailure("\(source.label): the process cannot be made: \(error)")
        }
        if let report {
            let title = "fork of \(source.label)\(process.command.map { " (\($0))" } ?? "")"
            try OutputFile.write(Array(ForkPage(forecast, title: title).html.utf8), to: report)
        } else if json {
            print(try JSONText.pretty(forecast))
        } else {
            Terminal.tell(
                "fork of \(source.label)\(process.command.map { " (\($0))" } ?? "")\n\n" + forecast.text, as: .table)
        }
    }
}
