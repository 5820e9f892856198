import CHost
import Faultline
import FaultlineScenario
import Glibc
import Testing

@testable import FaultlineHost
@testable import FaultlineInspect

/// What `faultline fork --pid` says of a real process, beside a real fork of it.
@Suite(
    "A forecast of fork",
    .enabled(if: LiveKernel.canRunPrograms && HostKernel.release.hasPrefix("6.18.") && HostKernel.pageAccess == nil))
struct ForkForecastLiveTests {
    /// Memory of every kind, as much of it written, read or guarded as the seed says.
    private static func program(seed: UInt64) -> String {
        var random = SplitMix64(seed: seed)
        let flags = "PROT_READ|PROT_WRITE, MAP_FIXED|"
        var lines = ["t = tmpfs_file(256K)", "d = disk_file(256K)"]
        let kinds = [
            flags + "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0", flags + "MAP_SHARED|MAP_ANONYMOUS, -1, 0",
            flags + "MAP_PRIVATE, t, 0",
            flags + "MAP_SHARED, t, 0", flags + "MAP_PRIVATE, d, 0",
            flags + "MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0",
        ]
        for index in 0..<14 {
            // Some lie in one table, some far apart.
            let place = "W+\(UInt64(random.below(4)) << 30) + \(index * 2 + 2)M"
            lines.append("p\(index) = mmap(\(place), 256K, \(kinds[random.below(kinds.count)]))")
            // Split before it is written to: whether a part has an anon_vma of before cannot be seen.
            if random.chance(20) { lines.append("mprotect(p\(index)+128K, 64K, PROT_READ)") }
            for _ in 0..<3 {
                let start = random.below(64)
                let range = "p\(index)+\(start * 4)K, \((random.below(64 - start) + 1) * 4)K"
                lines.append(random.chance(60) ? "write_pages(\(range), 1)" : "read_pages(\(range))")
            }
            if random.chance(20) { lines.append("madvise(p\(index), 256K, MADV_DONTFORK)") }
            if random.chance(20) { lines.append("madvise(p\(index), 256K, MADV_WIPEONFORK)") }
            if random.chance(20) { lines.append("madvise(p\(index)+64K, 32K, MADV_GUARD_INSTALL)") }
        }
        if random.chance(50) { lines += ["c = fork()", "c: exit(0)"] }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test(
        "page tables, Rss, Pss and the faults of a child that writes to all pages are those of the real child",
        arguments: 0..<12 as Range<UInt64>)
    func matches(seed: UInt64) throws {
        let live = try LiveExecutor()
        let runner = try ScenarioSession(try Parser.parse(Self.program(seed: seed)), on: live)
        _ = try runner.run()
        let parent = try live.firstAgent
        let capture = try ProcessCapture(process: parent.process)
        let forecast = try ForkForecast(
            capture.description, pageTablesKiB: capture.pageTablesKiB, limits: try CommitLimits.ofThisMachine())
        #expect(forecast.commitment.isAllowed == true)

        let (_, pid) = try parent.call(.fork, arguments: [])
        try #require(pid > 0)
        defer { fl_agent_kill(pid) }
        let child = try ProcessCapture(process: pid)
        let replay = "seed \(seed)"
        // Tables without entries cannot be seen, and are no part of this.
        if forecast.notes.isEmpty { #expect(forecast.child.pageTablesKiB == child.pageTablesKiB, "\(replay)") }
        // The child has run the instruction behind its fork: fork did not copy the page of the agent's code, a page of a
        // file, and a fault brought it back. It is the one page more, and both processes map it now.
        let code = try #require(Self.page(FL_AGENT_TEXT, in: capture))
        #expect(Self.page(FL_AGENT_TEXT, in: child)?.frame == code.frame, "\(replay)")
        #expect(forecast.child.residentKiB + 4 == child.kib("Rss"), "\(replay)")
        let sharing = try #require(FrameSharing(capture.description, try ForkExperiment(capture.description)))
        let share = sharing.childShare + FrameSharing.share(code.mapCount + 1)
        #expect(FrameSharing.kib(share) == (try Self.proportional(pid)), "\(replay)")
        #expect(forecast.parentBefore.residentKiB == capture.kib("Rss"), "\(replay)")
        #expect(forecast.sum(\.committedKiB) == child.committedKiB, "\(replay)")

        let agent = try Agent(name: "child", process: pid)
        let stack = try #require(child.description.areas.first { $0.name == "[stack]" }).region
        try agent.warm(pages: AgentPages.small(stack.start..<stack.end))
        var faults = 0
        for (area, observed) in zip(forecast.areas, capture.description.areas)
        where observed.region.start >= 0x1000_0000_0000 && observed.region.start < 0x2000_0000_0000 {
            guard observed.region.isWritable, !observed.region.isShared, area.action != .leftOut else { continue }
            let before = try agent.faults()
            for page in observed.pages ?? [] where page.kind != .guardMarker {
                _ = try agent.access(FL_AGENT_STORE, first: page.address, byte: 3)
            }
            let taken = try agent.faults() - before
            #expect(taken.minor + taken.major == area.childWriteFaults, "\(replay) \(area.start)")
            faults += taken.minor
        }
        #expect(faults > 0)
    }

    private static func page(_ address: UInt64, in capture: ProcessCapture) -> ObservedPage? {
        capture.description.areas.lazy.compactMap { $0.pages?.first { $0.address == address } }.first
    }

    /// `Pss` of smaps_rollup.
    private static func proportional(_ process: Int32) throws -> Int {
        let text = String(decoding: try HostFile("/proc/\(process)/smaps_rollup").contents(), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Pss:") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }
}

extension LiveExecutor {
    fileprivate var firstAgent: Agent { get throws { try machine.process(0) } }
}

extension ProcessCapture {
    fileprivate func kib(_ figure: String) -> Int { description.areas.reduce(0) { $0 + $1.kib(figure) } }

    /// The length of the VMAs that the kernel charged, as VmFlags says.
    fileprivate var committedKiB: Int {
        description.areas.reduce(0) {
            $0 + ($1.flagNames?.contains("ac") == true ? Int(($1.region.end - $1.region.start) >> 10) : 0)
        }
    }
}
