import ArgumentParser
import Faultline
import FaultlineReport
import FaultlineScenario
import Glibc

extension ReportPicture: ExpressibleByArgument {}

/// `faultline report`: a page that shows what each statement of a program does.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Run a program and write an HTML page, or a picture, that shows what each statement did.",
        discussion: """
            The page stands alone: it loads nothing, and works from a file. It shows the address spaces of all processes page by page, \
            the page tables, who maps a frame, time lines, and the reasons behind each statement; step through them with the arrow keys. A large program is \
            shown in less detail: the page says where.

            The exit status is 2 when the program could not be run to its end; the page then shows how far it came.
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write the page, or the picture, here; - is standard output.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "Write one picture instead of the page, as SVG: "
                + ReportPicture.allCases.map { "\($0.rawValue), \($0.summary)" }.joined(separator: "; ") + ".",
            valueName: "name"))
    var svg: ReportPicture?

    @Option(help: ArgumentHelp("In the picture the statement of this line is done; else all are.", valueName: "line"))
    var at: Int?

    @Flag(help: "Write the data of the page alone, as JSON.")
    var json = false

    @OptionGroup var machine: MachineArguments
    @OptionGroup var shown: ShowArguments

    @Argument(help: ArgumentHelp("The program to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    func validate() throws {
        if json, svg != nil {
            throw ValidationError("--json is the data of the page, --svg a picture: give one of them")
        }
        if at != nil, svg == nil {
            throw ValidationError("--at says which moment a picture shows: name one with --svg")
        }
        if at != nil, svg == .timeline {
            throw ValidationError("--at: a timeline shows all statements; leave it out, or name another picture")
        }
    }

    func run() throws {
        let program = try ProgramFile(path: file)
        var configuration = try machine.configuration()
        configuration.showsInitial = shown.showsInitial
        let executor = try configuration.makeExecutor()
        let session = try Schedule(machine.before, for: program.program).session(program.program, on: executor)
        let title = program.path == "-" ? "standard input" : HostFiles.lastName(program.path)
        if let svg {
            try draw(svg, program, session, executor, title)
        } else {
            try writePage(program, session, executor, title)
        }
        try machine.requireModelled(executor.unmodelled)
    }

    private func draw(
        _ picture: ReportPicture, _ program: ProgramFile, _ session: ScenarioSession, _ executor: SimulatorExecutor,
        _ title: String
    ) throws {
        let place: Int?
        do { place = try at.map { try session.place(afterLine: $0) } } catch { throw ValidationError("--at: \(error)") }
        let text: String
        do { text = try picture.svg(of: session, on: executor, title: title, at: place) } catch let error
            as ReportFailure
        {
            throw CommandFailure("\(program.path):\(error.line): error: \(error)")
        } catch { throw CommandFailure.inProgram(program.path, session, error) }
        machine.report(executor.unmodelled, of: program.path)
        try OutputFile.write(Array(text.utf8), to: output)
    }

    private func writePage(
        _ program: ProgramFile, _ session: ScenarioSession, _ executor: SimulatorExecutor, _ title: String
    ) throws {
        var recorder = ReportRecorder(session, on: executor, title: title, source: program.lines)
        let document = try recorder.record()
        let page = ReportPage(document)
        try OutputFile.write(json ? try page.data(isPretty: true) : try page.html(), to: output)
        machine.report(executor.unmodelled, of: program.path)
        if let failure = document.failure {
            throw CommandFailure("\(program.path):\(failure.line): error: \(failure.message)")
        }
    }
}
