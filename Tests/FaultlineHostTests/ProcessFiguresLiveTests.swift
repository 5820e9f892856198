import Faultline
import FaultlineScenario
import Testing

@testable import FaultlineHost
@testable import FaultlineInspect

/// Figures of /proc/PID/stat and oom_score, beside those of the live kernel.
@Suite("Figures of a process", .enabled(if: LiveKernel.isTheRecordedOne, "needs root and Linux 6.18.44"))
struct ProcessFiguresLiveTests {
    /// Fields of stat by proc(5): number, name. The kernel's rss is a sum of counters of CPUs that lags behind, and startstack is where the
    /// arguments of the live agent end.
    private static let fields = [
        (20, "num_threads"), (21, "itrealvalue"), (23, "vsize"), (26, "startcode"), (27, "endcode"), (29, "kstkesp"),
        (30, "kstkeip"), (36, "nswap"), (37, "cnswap"), (45, "start_data"), (46, "end_data"), (47, "start_brk"),
    ]

    private func fields(_ text: String) -> [Substring] {
        // The name stands in parentheses and may have spaces.
        let rest = text[(text.lastIndex(of: ")") ?? text.startIndex)...].dropFirst()
        return ["", "", ""] + rest.split(whereSeparator: \.isWhitespace)
    }

    @Test(
        "stat has the kernel's number of fields, and the same figures of memory", arguments: ProcFilesLiveTests.programs
    )
    func stat(_ source: String) throws {
        for (live, simulated) in try BothMachines(source).texts("stat") {
            let (theirs, ours) = (fields(live), fields(simulated))
            #expect(ours.count == theirs.count)
            for (number, name) in Self.fields where number < ours.count && number < theirs.count {
                #expect(ours[number] == theirs[number], "\(name)")
            }
        }
    }

    @Test("what a program's accesses add to the fault counts of stat is what they add to the kernel's")
    func faults() throws {
        let source = """
            p = mmap(W, 128K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            load(p)
            write_pages(p, 64K, 1)
            read_pages(p, 128K)
            madvise(p, 16K, MADV_DONTNEED)
            write_pages(p, 32K, 2)
            """
        let program = try Parser.parse(source)
        let live = try LiveExecutor()
        let simulated = try SimulatorExecutor(settings: HostKernel.settings)
        let sessions = (try ScenarioSession(program, on: live), try ScenarioSession(program, on: simulated))
        // The first statements bring the agent's own code into memory.
        for session in [sessions.0, sessions.1] { try session.go(to: 2) }
        func counts() throws -> (live: [Int], simulated: [Int]) {
            let agent = try #require(live.machine.live.first)
            let text = String(decoding: try HostFile("/proc/\(agent.process)/stat").contents(), as: UTF8.self)
            let files = ProcFiles(simulated.machine) { simulated.processName($0) }
            guard case .text(let made, _) = try files.read("/proc/self/stat") else { return ([], []) }
            return ([10, 12].map { Int(fields(text)[$0]) ?? 0 }, [10, 12].map { Int(fields(made)[$0]) ?? 0 })
        }
        let before = try counts()
        for session in [sessions.0, sessions.1] { try session.go(to: program.statements.count) }
        let after = try counts()
        #expect(zip(after.live, before.live).map(-) == zip(after.simulated, before.simulated).map(-))
        #expect(after.simulated[0] - before.simulated[0] == 16 + 16 + 4)
    }

    /// The rule is applied to the live kernel's own figures: its memory is not the simulated machine's.
    @Test("oom_score is what the kernel makes of Rss, page tables and memory")
    func oomScore() throws {
        let source = "p = mmap(W, 512M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\nwrite_pages(p, 512M, 1)\n"
        let live = try LiveExecutor()
        try ScenarioSession(try Parser.parse(source), on: live).run()
        let agent = try #require(live.machine.live.first)
        func number(_ file: String, _ name: String) throws -> Int {
            let text = String(decoding: try HostFile(file).contents(), as: UTF8.self)
            if name.isEmpty { return Int(text.split(separator: "\n").first ?? "") ?? 0 }
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
            return Int(line.split(whereSeparator: \.isWhitespace)[1]) ?? 0
        }
        let folder = "/proc/\(agent.process)"
        let adjustment = try number(folder + "/oom_score_adj", "")
        let tables = try number(folder + "/status", "VmPTE") / 4
        let rss = try ["RssAnon", "RssFile", "RssShmem", "VmSwap"].reduce(0) {
            $0 + (try number(folder + "/status", $1)) / 4
        }
        let total = try (number("/proc/meminfo", "MemTotal") + number("/proc/meminfo", "SwapTotal")) / 4
        #expect(
            try number(folder + "/oom_score", "")
                == ProcFiles.oomScore(pages: rss + tables, of: total, adjustment: adjustment))
    }
}
