import Faultline
import FaultlineScenario
import Foundation
import Testing

@testable import FaultlineReport

/// A report of a program, and the machine that it was made on.
struct ReportRun {
    let document: ReportDocument
    let executor: SimulatorExecutor

    init(_ source: String, title: String = "test.fl") throws {
        executor = try SimulatorExecutor()
        let session = try ScenarioSession(try Parser.parse(source), on: executor)
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var recorder = ReportRecorder(session, on: executor, title: title, source: lines)
        document = try recorder.record()
    }

    /// The programs of `examples/`, by name.
    static let examples: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".fl") }.sorted()
    }()

    static func example(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "examples")

    /// Four pages that a child copies one of.
    static let copyOnWrite = """
        # A comment with <b>markup</b> & "quotes".
        p = mmap(W, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) => W
        write_pages(p, 16K, 7)
        c = fork()
        c: store(p, 8) => ok
        mprotect(p+4K, 4K, PROT_READ) => 0
        store(p+4K, 1) => ok
        c: exit(0)

        """
}

extension ReportState {
    /// The state that a difference leads to.
    func applying(_ change: ReportChange) -> ReportState {
        var state = self
        let names = change.alive ?? processes.map(\.name)
        state.processes = names.map { name in
            let old = processes.first { $0.name == name }
            var process =
                change.totals.first { $0.name == name }?.process ?? old
                ?? ReportProcess(name: name, totals: ProcessTotals(), areas: [], tables: ReportTables())
            process.areas = old?.areas ?? []
            if let areas = change.areas.first(where: { $0.name == name }) {
                process.areas.removeAll { area in
                    areas.drop.contains(area.start) || areas.set.contains { $0.start == area.start }
                }
                process.areas = (process.areas + areas.set).sorted { $0.start < $1.start }
            }
            process.tables = change.tables.first { $0.name == name }?.tables ?? old?.tables ?? ReportTables()
            return process
        }
        for frame in change.chains.drop { state.chains[frame] = nil }
        for chain in change.chains.set { state.chains[chain.frame] = chain }
        state.machine = change.machine
        return state
    }
}
