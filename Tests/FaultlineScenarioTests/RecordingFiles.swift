import Foundation
import Testing

@testable import FaultlineScenario

/// The programs that were recorded on a live kernel, with their recordings.
struct RecordedCase: Sendable, CustomTestStringConvertible {
    static let profiles = [
        "anon", "calls", "cow", "file", "hugetlb", "ksm", "layout", "lock", "mix", "mthp", "oom", "reclaim", "swap",
        "thp", "threads", "uffd",
    ]
    /// Those, and programs that people wrote where random programs do not reach.
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

    private static let leastCounts = [
        "adversarial": 166, "anon": 40, "calls": 40, "cow": 40, "file": 40, "hugetlb": 40, "ksm": 40, "layout": 40,
        "lock": 40,
        "mix": 41, "mthp": 40, "oom": 40, "reclaim": 39, "swap": 40, "thp": 40, "threads": 36, "uffd": 40,
    ]

    /// How many cases a folder has at least: those of the profiles are as many as were recorded once, and those that people
    /// write become more.
    static func leastCount(of folder: String) -> Int { leastCounts[folder] ?? 1 }

    /// Files of a folder that are a program without its recording, a recording without its program, or neither.
    static func unpaired(in folder: String) throws -> [String] {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: folder).path)
        return files.filter { file in
            if file.hasSuffix(".fl") { return !files.contains(file.dropLast(3) + ".expected") }
            if file.hasSuffix(".expected") { return !files.contains(file.dropLast(9) + ".fl") }
            return true
        }
    }
}
