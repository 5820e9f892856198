import ArgumentParser
@preconcurrency import Glibc

/// How the command ends: 0 all is well, 1 an expectation did not hold or a program differs, 2 something could not be read,
/// run or written, 3 something was not modelled or not checked and --strict was given, 64 the command line is wrong.
enum ExitStatus {
    static let couldNotRun: Int32 = 2
    /// With `--strict`: something was met that is not modelled, or was not checked.
    static let notModelled: Int32 = 3

    /// The status that an error ends the command with.
    static func status(of error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        let code = FaultlineTool.exitCode(for: error)
        return code == .failure ? couldNotRun : code.rawValue
    }

    /// What is said of an error on standard error; nil where the output has said it.
    static func message(of error: any Error, in command: any ParsableCommand) -> String? {
        if error is ExitCode { return nil }
        guard error is ValidationError else { return "Error: \(error)" }
        let name = type(of: command).configuration.commandName ?? ""
        return "Error: \(error)\n  See 'faultline \(name) --help' for more information."
    }

    /// Hands the output on.
    ///
    /// - Throws: `CommandFailure` where some of it was lost: a full disk, a closed descriptor.
    static func flushOutput() throws {
        let failed = fflush(stdout) != 0 || ferror(stdout) != 0
        if failed { throw CommandFailure("cannot write the output: \(String(cString: strerror(errno)))") }
    }

    /// Whether standard output is open; else the next file that is opened would take its place and be written over.
    static var hasOutput: Bool { fcntl(STDOUT_FILENO, F_GETFD) >= 0 }
}
