import Faultline
import FaultlineInspect
import FaultlineScenario
import Glibc
import Testing

@testable import FaultlineHost

/// By how much a program changes the figures of the whole machine, here and on the live kernel. There others change them too, so that
/// the programs are large, and a run counts only if the figures stood still just before it.
@Suite(
    "Changes of the whole machine's figures", .serialized,
    .enabled(if: LiveKernel.isTheRecordedOne, "needs root and Linux 6.18.44"))
struct SystemFiguresLiveTests {
    /// A program and the figures that it changes: names of meminfo and vmstat.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let source: String
        let meminfo: [String]
        let vmstat: [String]
    }

    static let cases = [
        Case(
            testDescription: "anonymous memory",
            source: """
                p = mmap(W, 192M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
                madvise(p, 192M, MADV_NOHUGEPAGE)
                write_pages(p, 192M, 1)
                """, meminfo: ["AnonPages", "Committed_AS"], vmstat: ["nr_anon_pages"]),
        Case(
            testDescription: "shared memory",
            source: """
                m = memfd_create("box", 0)
                ftruncate(m, 128M)
                p = mmap(W, 128M, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, m, 0)
                write_pages(p, 128M, 1)
                """, meminfo: ["Shmem", "Cached", "Mapped", "Committed_AS"],
            vmstat: ["nr_shmem", "nr_file_pages", "nr_mapped"]),
        Case(
            testDescription: "page tables",
            source: "p = mmap(W, 8G, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_FIXED, -1, 0)\n"
                + "madvise(p, 8G, MADV_NOHUGEPAGE)\n" + (0..<4096).map { "load(p+\($0 * 2)M)\n" }.joined(),
            meminfo: ["PageTables"], vmstat: ["nr_page_table_pages"]),
        Case(
            testDescription: "locked memory",
            source: """
                p = mmap(W, 96M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
                madvise(p, 96M, MADV_NOHUGEPAGE)
                mlock(p, 96M)
                """, meminfo: ["Mlocked", "Unevictable"], vmstat: ["nr_mlock", "nr_unevictable"]),
        Case(
            testDescription: "pages that take turns among nodes",
            source: """
                p = mmap(W, 96M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
                madvise(p, 96M, MADV_NOHUGEPAGE)
                mbind(p, 64M, MPOL_INTERLEAVE, 1, 0)
                write_pages(p, 96M, 1)
                """, meminfo: [], vmstat: ["numa_interleave"]),
    ]

    /// The named figures of both files, in KiB.
    private func figures(_ entry: Case, _ text: (String) throws -> String) throws -> [String: Int] {
        var found: [String: Int] = [:]
        for (file, names, size) in [("meminfo", entry.meminfo, 1), ("vmstat", entry.vmstat, 4)] {
            for line in try text(file).split(separator: "\n") {
                let words = line.split { $0 == " " || $0 == ":" }
                guard let name = words.first.map(String.init), names.contains(name), words.count > 1 else { continue }
                found[name] = (Int(words[1]) ?? 0) * size
            }
        }
        return found
    }

    private func live(_ entry: Case) throws -> [String: Int] {
        // The counters of each CPU are added up when this file is read.
        _ = try? HostFile("/proc/sys/vm/stat_refresh").contents()
        return try figures(entry) { String(decoding: try HostFile("/proc/" + $0).contents(), as: UTF8.self) }
    }

    private func difference(_ a: [String: Int], _ b: [String: Int]) -> [String: Int] {
        a.reduce(into: [:]) { $0[$1.key] = $1.value - (b[$1.key] ?? 0) }
    }

    @Test("a large program changes them as much as on the live kernel", arguments: cases)
    func changes(_ entry: Case) throws {
        let program = try Parser.parse(entry.source)
        let expected = try simulatedChange(entry, statements: program.statements.count)
        #expect(expected.count == entry.meminfo.count + entry.vmstat.count)
        // 2 MiB that somebody else takes meanwhile are no difference.
        let allowed = 2048
        var seen: [[String: Int]] = []
        for _ in 0..<20 {
            let executor = try LiveExecutor()
            let session = try ScenarioSession(program, on: executor)
            try session.go(to: 1)
            let first = try live(entry)
            usleep(100_000)
            let before = try live(entry)
            try session.go(to: program.statements.count)
            let after = try live(entry)
            usleep(100_000)
            let noises = [difference(before, first), difference(try live(entry), after)]
            guard noises.allSatisfy({ $0.values.allSatisfy { abs($0) <= allowed / 8 } }) else { continue }
            let change = difference(after, before)
            // What the first statement did is not in it.
            let begun = try simulatedChange(entry, statements: 1)
            if isClose(change, to: difference(expected, begun), allowed) { return }
            seen.append(change)
        }
        // A few that differ may have been disturbed between two quiet moments.
        if seen.count < 5 { try Test.cancel("others use this machine: its figures did not stand still") }
        Issue.record("expected \(expected), saw \(seen)")
    }

    /// What the first statements change in the simulator.
    private func simulatedChange(_ entry: Case, statements: Int) throws -> [String: Int] {
        let executor = try SimulatorExecutor(settings: HostKernel.settings)
        let files = ProcFiles(executor.machine) { executor.processName($0) }
        let made = { (file: String) throws -> String in
            guard case .text(let text, _) = try files.read("/proc/" + file) else { return "" }
            return text
        }
        let start = try figures(entry, made)
        try ScenarioSession(try Parser.parse(entry.source), on: executor).go(to: statements)
        return difference(try figures(entry, made), start)
    }

    private func isClose(_ change: [String: Int], to expected: [String: Int], _ allowed: Int) -> Bool {
        expected.allSatisfy { abs($0.value - (change[$0.key] ?? 0)) <= allowed }
    }
}
