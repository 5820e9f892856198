import FaultlineScenario
import Foundation

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
            let program = Process()
            program.executableURL = URL(filePath: "/bin/sh")
            program.arguments = ["-c", command]
            let pipe = Pipe()
            program.standardInput = pipe
            do { try program.run() } catch { throw ShellError("cannot run /bin/sh: \(error.localizedDescription)") }
            // A program that reads no more, such as head, ends the hand-over early.
            signal(SIGPIPE, SIG_IGN)
            try? pipe.fileHandleForWriting.write(contentsOf: Data(answer.utf8))
            try? pipe.fileHandleForWriting.close()
            program.waitUntilExit()
            signal(SIGPIPE, SIG_DFL)
            if program.terminationStatus != 0 {
                throw ShellError("\(command) ended with status \(program.terminationStatus)")
            }
        }
    }
}
