import FaultlineScenario

/// A scenario program and where it came from.
struct ProgramFile {
    let path: String
    let source: String
    private(set) var program: Program

    /// Reads and parses a program; an error names the file, and for a mistake in it the line and the column.
    init(path: String) throws {
        self.path = path
        source = try TextFile.read(path)
        do {
            program = try Parser.parse(source)
        } catch {
            throw CommandFailure(error.report(file: path))
        }
    }

    /// Why the program ends before its last statement, as it is interleaved; nil where it does not.
    private(set) var deadlock: Deadlock?

    /// Puts the statements into the order that a seed draws; a program that can wait is run for it on a machine of its own.
    mutating func interleave(seed: UInt64, on makeExecutor: () throws -> SimulatorExecutor) throws {
        do {
            let interleaving = try Interleaving(program, seed: seed, on: makeExecutor)
            (program, deadlock) = (interleaving.program, interleaving.deadlock)
        } catch {
            throw error is ScenarioError
                ? CommandFailure.inProgram(path, line: 0, error) : CommandFailure("\(path): error: \(error)")
        }
    }

    /// The lines of the source.
    var lines: [String] {
        source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

/// An error whose text is all that the user needs.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// What stopped a session in the statement that it would have made next.
    static func inProgram(_ path: String, _ session: ScenarioSession, _ error: any Error) -> CommandFailure {
        inProgram(path, line: session.next?.line ?? 0, error)
    }

    /// What stopped a program in one of its lines; 0 is before the first.
    static func inProgram(_ path: String, line: Int, _ error: any Error) -> CommandFailure {
        let mistakes = (error as? ScenarioError)?.diagnostics.map(\.message).joined(separator: "; ")
        return CommandFailure("\(path):\(max(line, 1)): error: \(mistakes ?? "\(error)")")
    }
}
