import FaultlineScenario
import Glibc

/// Reads lines for a shell, from a user or from a script, and prints the answers.
struct ShellRunner {
    let shell: Shell
    /// Ends at the first line that fails, as scripts want it.
    let stopsAtErrors: Bool

    /// Carries lines out. Returns whether one of them failed.
    func run(_ lines: some Sequence<String>) throws -> Bool {
        for text in lines {
            let line = ShellLine(text)
            if line.isEnd { return false }
            if try !carryOut(line), stopsAtErrors { return true }
        }
        return false
    }

    /// One line; false where it failed, which is said on standard error.
    private func carryOut(_ line: ShellLine) throws -> Bool {
        do {
            try hand(try line.answer(shell), of: line)
            return true
        } catch let error as CommandFailure {
            // The output is lost, or the host has no more memory: there is no going on.
            throw error
        } catch let error as ScenarioError {
            complain("\(line.text): \(error.diagnostics.map(\.message).joined(separator: "; "))")
        } catch {
            complain("\(line.text): \(error)")
        }
        return false
    }

    /// Says what is wrong; in red at a terminal, unless NO_COLOR is set or the terminal has no colours.
    private func complain(_ message: String) {
        StandardError.write(Terminal.errors.hasColours ? Look.red.around(message) : message)
    }

    private func hand(_ answer: String, of line: ShellLine) throws {
        switch line.target {
        case .output:
            Terminal.tell(answer, as: line.kind)
            try ExitStatus.flushOutput()
        case .file(let path):
            do { try TextFile.write(answer, to: path) } catch { throw ShellError("\(error)") }
        case .program(let command):
            try pass(answer, to: command)
        }
    }

    /// Hands a text to a command of /bin/sh, and waits for its end.
    private func pass(_ text: String, to command: String) throws {
        guard let pipe = popen(command, "we") else { throw ShellError("cannot run /bin/sh: \(SystemFailure())") }
        // A program that reads no more, such as head, ends the hand-over early.
        signal(SIGPIPE, SIG_IGN)
        try? Array(text.utf8).withUnsafeBytes { try HostFiles.write($0, to: fileno(pipe)) }
        let status = pclose(pipe)
        signal(SIGPIPE, SIG_DFL)
        // The status of an exit is in the upper byte; the number of a signal is in the lower.
        let shown = status & 0x7f == 0 ? status >> 8 & 0xff : status & 0x7f
        if shown != 0 { throw ShellError("\(command) ended with status \(shown)") }
    }
}
