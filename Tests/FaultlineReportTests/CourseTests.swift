import Faultline
import FaultlineScenario
import Foundation
import Testing

@testable import FaultlineReport

/// The course: every program of `examples/` has a lesson in the index and a picture in `docs/course`. `FAULTLINE_RECORD_SNAPSHOTS=1`
/// draws the pictures anew.
@Suite struct CourseTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The picture that the last line of a program asks for: `# Picture: NAME, after line N`.
    private func picture(_ source: String, of name: String) throws -> (kind: ReportPicture, line: Int?) {
        let last = source.split(separator: "\n").last ?? ""
        let match = try #require(
            last.wholeMatch(of: #/# Picture: ([a-z-]+)(?:, after line ([0-9]+))?/#),
            "\(name) ends with no '# Picture: NAME'")
        return (try #require(ReportPicture(rawValue: String(match.1))), match.2.flatMap { Int($0) })
    }

    @Test("each program's picture is as it would be drawn now", arguments: ReportRun.examples)
    func picturesAreFresh(_ name: String) throws {
        let source = try ReportRun.example(name)
        let base = String(name.dropLast(".fl".count))
        let wanted = try picture(source, of: name)
        var settings = KernelSettings()
        settings.cpu = try Recording.parse(try ReportRun.example(base + ".expected")).cpu
        let executor = try SimulatorExecutor(settings: settings)
        let session = try ScenarioSession(try Parser.parse(source), on: executor)
        let place = try wanted.line.map { try session.place(afterLine: $0) }
        let svg = try wanted.kind.svg(of: session, on: executor, title: name, at: place)
        let file = Self.root.appending(path: "docs/course/\(base).svg")
        if ProcessInfo.processInfo.environment["FAULTLINE_RECORD_SNAPSHOTS"] != nil {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(svg.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == svg)
    }

    @Test("the index has every program once, with its picture, and nothing else")
    func indexIsWhole() throws {
        let index = try ReportRun.example("README.md")
        let programs = index.matches(of: #/\]\(([a-z-]+)\.fl\)/#).map { String($0.1) + ".fl" }
        #expect(Set(programs) == Set(ReportRun.examples))
        let lessons = index.matches(of: #/(?m)^[0-9]+\. \*\*\[[^\]]+\]\(([a-z-]+)\.fl\)\*\*/#).map {
            String($0.1) + ".fl"
        }
        #expect(lessons.count == Set(lessons).count && Set(lessons) == Set(ReportRun.examples))
        let pictures = index.matches(of: #/!\[[^\]]+\]\(../docs/course/([a-z-]+)\.svg\)/#).map {
            String($0.1) + ".fl"
        }
        #expect(pictures == lessons)
        let drawn = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "docs/course").path)
        #expect(Set(drawn) == Set(ReportRun.examples.map { $0.replacing(".fl", with: ".svg") }))
    }

    @Test("a line that a lesson tells to look at has a statement")
    func linesAreThere() throws {
        for name in ReportRun.examples {
            let source = try ReportRun.example(name)
            let lines = Set(try Parser.parse(source).statements.map(\.line))
            for match in source.matches(of: #/--line ([0-9]+)/#) {
                #expect(lines.contains(Int(match.1) ?? 0), "\(name)")
            }
        }
    }
}
