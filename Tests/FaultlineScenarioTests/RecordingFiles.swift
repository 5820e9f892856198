import Foundation
import Testing

@testable import FaultlineScenario

/// The programs that were recorded on a live kernel, with their recordings.
struct RecordedCase: Sendable, CustomTestStringConvertible {
    static let profiles = ["anon", "cow", "file", "layout", "lock", "mix"]
    /// Those, and programs that people wrote about what random programs do not come to.
    static let folders = profiles + ["adversarial"]

    let profile: String
    let name: String
    let program: String
    let recording: String

    var testDescription: String { "\(profile)/\(name)" }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings")

    /// Every case of a profile, in the order of names.
    static func all(of profile: String) throws -> [RecordedCase] {
        let folder = folder.appending(path: profile)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".fl") }
        return try files.sorted().map { file in
            let base = String(file.dropLast(3))
            return RecordedCase(
                profile: profile, name: base,
                program: try String(contentsOf: folder.appending(path: file), encoding: .utf8),
                recording: try String(contentsOf: folder.appending(path: base + ".expected"), encoding: .utf8))
        }
    }
}
