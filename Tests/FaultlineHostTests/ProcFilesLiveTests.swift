import Faultline
import FaultlineInspect
import FaultlineScenario
import Testing

@testable import FaultlineHost

/// The files of /proc of one program, from the live kernel and from the simulator.
@Suite("Files of /proc", .enabled(if: LiveKernel.isTheRecordedOne))
struct ProcFilesLiveTests {
    static let programs = [
        """
        p = mmap(W, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        write_pages(p, 16K, 7)
        read_pages(p+16K, 8K)
        mprotect(p+4K, 4K, PROT_NONE)
        madvise(p+32K, 4K, MADV_GUARD_INSTALL)
        c = fork()
        c: store(p, 8)
        """,
        """
        f = tmpfs_file(64K)
        s = mmap(W, 32K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, f, 4K)
        write_pages(s, 16K, 3)
        q = mmap(W+1M, 32K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, f, 0)
        read_pages(q, 32K)
        write_pages(q, 8K, 4)
        m = memfd_create("a box = b", 0)
        ftruncate(m, 16K)
        b = mmap(W+2M, 16K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, m, 0)
        store(b, 1)
        z = mmap(W+3M, 16K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        store(z, 1)
        c = fork()
        c: load(z)
        """,
        """
        p = mmap(W, 32K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        mlock(p, 12K)
        write_pages(p+16K, 8K, 1)
        madvise(p+16K, 4K, MADV_FREE)
        madvise(p+20K, 4K, MADV_COLD)
        b = brk(0)
        brk(b + 12K)
        store(b, 5)
        """,
        """
        d = disk_file(64K)
        p = mmap(W, 64K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, d, 0)
        read_pages(p, 8K)
        store(p+4K, 9)
        q = mmap(W+1M, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, d, 0)
        store(q, 2)
        load(q+8K)
        """,
    ]

    @Test("maps and smaps of a program are those of the kernel, byte for byte", arguments: programs)
    func mapsAreEqual(_ source: String) throws {
        let both = try BothMachines(source)
        for file in ["maps", "smaps"] {
            for (live, simulated) in try both.texts(file) {
                #expect(both.own(simulated) == both.own(live))
                #expect(!both.own(simulated).isEmpty)
            }
        }
    }

    @Test("statm and the memory lines of status are those of the kernel", arguments: programs)
    func sumsAreEqual(_ source: String) throws {
        let both = try BothMachines(source)
        for (live, simulated) in try both.texts("statm") { #expect(simulated == live) }
        for (live, simulated) in try both.texts("status") {
            let lines = { (text: String) in
                text.split(separator: "\n").filter { $0.starts(with: /Vm|Rss|Huge|THP|untag|Kth/) }
            }
            let other = lines(live).filter { !$0.hasPrefix("VmPTE") }
            #expect(lines(simulated).filter { !$0.hasPrefix("VmPTE") } == other)
            #expect(other.count == 18)
        }
    }

    /// The agent's file is a memory file, whose pages are dirty from the start; those of the simulated one are clean.
    @Test("smaps_rollup is the kernel's, but for what is dirty of the agent's file", arguments: programs)
    func rollupIsEqual(_ source: String) throws {
        for (live, simulated) in try BothMachines(source).texts("smaps_rollup") {
            let steady = { (text: String) in text.split(separator: "\n").filter { !$0.contains(/Clean|Dirty/) } }
            #expect(steady(simulated) == steady(live))
            let sums = { (text: String) in
                ["Shared", "Private"].map { part in
                    text.matches(of: /(\w+)_(?:Clean|Dirty): +([0-9]+)/).filter { $0.1 == part }
                        .reduce(0) { $0 + (Int($1.2) ?? 0) }
                }
            }
            #expect(sums(simulated) == sums(live))
        }
    }

    @Test("numa_maps of a program's memory is the kernel's", arguments: programs)
    func numaMapsAreEqual(_ source: String) throws {
        let both = try BothMachines(source)
        for (live, simulated) in try both.texts("numa_maps") {
            let made = both.own(simulated)
            for (ours, theirs) in zip(made, both.own(live)) {
                let file = ours.contains("file=file:")
                let text =
                    file
                    ? theirs.replacing(/file=\S+/, with: { _ in String(ours.firstMatch(of: /file=\S+/)?.0 ?? "") })
                    : theirs
                #expect(ours == text)
            }
            #expect(made.count == both.own(live).count)
        }
    }

    @Test("pagemap, kpagecount and kpageflags say the same of each page", arguments: programs)
    func pagesAreEqual(_ source: String) throws {
        let both = try BothMachines(source)
        for agent in both.live.machine.live {
            let index = try #require(both.simulated.index(ofProcess: agent.name))
            let areas = try both.simulated.machine.snapshot(index).vmas.filter { !both.initial.contains($0.start) }
            let words = { (file: String) throws -> (UInt64) -> UInt64 in
                let files = ProcFiles(both.simulated.machine, current: ProcessID(index)) {
                    both.simulated.processName($0)
                }
                guard case .words(let words) = try files.read(file) else { return { _ in 0 } }
                return words.word
            }
            var ours = Pages(
                pagemap: try words("/proc/self/pagemap"), counts: try words("/proc/kpagecount"),
                flags: try words("/proc/kpageflags"))
            let live = { (path: String) throws -> (UInt64) -> UInt64 in
                let file = try HostFile(path)
                return { (try? file.words(at: $0, count: 1).first) ?? 0 }
            }
            var theirs = Pages(
                pagemap: try live("/proc/\(agent.process)/pagemap"), counts: try live("/proc/kpagecount"),
                flags: try live("/proc/kpageflags"))
            for area in areas {
                for page in area.start >> 12..<area.end >> 12 { #expect(ours.text(page) == theirs.text(page)) }
            }
        }
    }

    /// Words of pages, with frames by the order in which they come.
    private struct Pages {
        let pagemap: (UInt64) -> UInt64
        let counts: (UInt64) -> UInt64
        let flags: (UInt64) -> UInt64
        var numbers: [UInt64: Int] = [:]

        /// Flags that no per-CPU batch, and no work of the kernel's own, changes.
        private static let steady: KernelPageFlags = [
            .uptodate, .buddy, .mmap, .anon, .swapBacked, .zeroPage, .pageTable, .reserved, .anonExclusive,
        ]

        mutating func text(_ page: UInt64) -> String {
            let word = pagemap(page)
            let place = "\(String(page << 12, radix: 16)): "
            guard word >> 63 == 1 else { return place + String(word, radix: 16) }
            let frame = word & (1 << 55 - 1)
            if numbers[frame] == nil { numbers[frame] = numbers.count }
            let shown = KernelPageFlags(rawValue: flags(frame)).intersection(Self.steady)
            return place + "\(String(word >> 55, radix: 16)) f\(numbers[frame] ?? 0) x\(counts(frame)) \(shown.names)"
        }
    }
}
