import ArgumentParser
import Faultline
import FaultlineExec
import Glibc

/// `faultline exec`: a program of this machine on simulated memory.
struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a program of this machine on simulated memory, and tell what the simulated kernel did for it.",
        discussion: """
            The program, its libraries, its stack and all that it maps are memory of the simulated machine: every first touch, write to a
            shared page or forbidden access is a page fault there. Input, output and all other system calls are the host's. What it starts
            (fork, vfork, exec, threads) runs so too. The report goes to standard error, or to a file.

            Exit status: the program's; 128 and the signal's number where a signal ended it; 126 and 127 where it cannot be run or found,
            as for a shell; 2 where the simulation could not go on.
            """)

    @Option(help: ArgumentHelp("The machine's RAM, such as 64M; 24G if not given.", valueName: "size"))
    var ram: String?

    @Flag(help: "Leave the places of program, libraries and stack to chance, as they are without this command.")
    var aslr = false

    @Flag(help: "List the VMAs of each process at its end.")
    var vmas = false

    @Option(
        help: ArgumentHelp(
            "How many call sites to list for each process; 0 for none, which saves time.", valueName: "count"))
    var sites = 10

    @Option(help: ArgumentHelp("How many lines of callers to list for each call site.", valueName: "count"))
    var callers = 6

    @Option(
        help: ArgumentHelp(
            "Write faults as collapsed stacks, which flame graph tools read, to a file.", valueName: "file"),
        completion: .file())
    var collapsed: String?

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Write the report to a file.", valueName: "file"), completion: .file())
    var report: String?

    @Argument(parsing: .captureForPassthrough, help: "The program and its arguments, behind --.")
    var program: [String]

    func validate() throws {
        if words.isEmpty { throw ValidationError("name a program: faultline exec -- PROGRAM ARGUMENTS") }
        if sites < 0 { throw ValidationError("--sites \(sites): a number of lines is expected") }
        if callers < 0 { throw ValidationError("--callers \(callers): a number of lines is expected") }
        if let ram, ByteCount(ram) == nil { throw ValidationError("--ram \(ram): a size is expected, such as 64M") }
    }

    private var words: [String] { program.first == "--" ? Array(program.dropFirst()) : program }

    func run() throws {
        let path = try ProgramSearch.path(of: words[0])
        // The terminal's keys are for the program; this one stays to report.
        let (interrupt, quit) = (signal(SIGINT, SIG_IGN), signal(SIGQUIT, SIG_IGN))
        defer {
            signal(SIGINT, interrupt)
            signal(SIGQUIT, quit)
        }
        let session: ExecSession
        do { session = try ExecSession(ramBytes: ram.flatMap { ByteCount($0)?.bytes } ?? 24 << 30) } catch {
            throw CommandFailure(
                "the simulated machine cannot be made (\(error)); give --ram a multiple of 4K, at least 2M")
        }
        session.gathersCallChains = sites > 0 || collapsed != nil
        let end: ExecSession.End
        do { end = try session.run(path, words, randomizes: aslr) } catch let error as ExecError {
            throw ProgramFailure(error).asExit()
        }
        try write(session.report)
        switch end {
        case .exited(0): return
        case .exited(let status): throw ExitCode(status)
        case .killed(let number): throw ExitCode(128 + number)
        }
    }

    private func write(_ result: ExecReport) throws {
        var text = result.text(listsVMAs: vmas, sites: sites, callers: callers)
        if json {
            text = try JSONText.pretty(result) + "\n"
        }
        if let collapsed { try write(result.collapsed, to: collapsed) }
        guard let report else { return StandardError.writeText(text) }
        try write(text, to: report)
    }

    private func write(_ text: String, to path: String) throws {
        do { try HostFiles.write(Array(text.utf8), to: path) } catch {
            throw CommandFailure("\(path): the report cannot be written: \(error)")
        }
    }
}

/// Where a program is, as a shell looks for it.
enum ProgramSearch {
    /// - Throws: exit status 127 where there is none.
    static func path(of name: String) throws -> String {
        if name.contains("/") { return name }
        let folders = HostFiles.environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in folders.split(separator: ":", omittingEmptySubsequences: false) {
            let path = (folder.isEmpty ? "." : String(folder)) + "/" + name
            if HostFiles.isExecutable(path) { return path }
        }
        StandardError.write("Error: \(name): no such program in PATH")
        throw ExitCode(127)
    }
}

/// A program that did not run to its end.
struct ProgramFailure {
    let error: ExecError

    init(_ error: ExecError) { self.error = error }

    /// Says why on standard error. - Returns: what to end with, as a shell does.
    func asExit() -> ExitCode {
        StandardError.write("Error: \(error)")
        switch error {
        case .cannotStart(_, ENOENT): return ExitCode(127)
        case .cannotStart, .unsuitable: return ExitCode(126)
        case .missing, .machine, .host: return ExitCode(ExitStatus.couldNotRun)
        }
    }
}
