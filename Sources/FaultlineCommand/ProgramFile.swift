import FaultlineScenario
import Foundation

/// A scenario program and where it came from.
struct ProgramFile {
    let path: String
    let source: String
    let program: Program

    /// Reads and parses a program; an error names the file, and for a mistake in it the line and the column.
    init(path: String) throws {
        self.path = path
        do {
            source = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            throw CommandFailure("cannot read \(path): \((error as NSError).localizedFailureReason ?? "\(error)")")
        }
        do {
            program = try Parser.parse(source)
        } catch {
            throw CommandFailure("\(path): \(error)")
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
}
