import Testing

@testable import Faultline
@testable import FaultlineScenario

/// Threads on several CPUs: which of them flush, how much, and why. The expected figures are those of the tracepoint tlb:tlb_flush of a live
/// kernel whose second thread ran on another CPU all the time.
struct ShootdownTests {
    /// What the CPUs flushed in each line, such as `0 local MM shootdown 33`.
    private func flushes(_ source: String, cpus: Int = 2) throws -> [Int: [String]] {
        var settings = KernelSettings()
        settings.presentCPUs = cpus
        let executor = try SimulatorExecutor(settings: settings)
        executor.machine.trace(true)
        executor.selfCheck = .everyCall
        var found: [Int: [String]] = [:]
        try ScenarioSession(try Parser.parse(source), on: executor).run { step in
            found[step.statement.line] = executor.machine.takeEvents().filter { $0.kind == .tlbFlushOnCPU }.map {
                "\($0.address) \($0.reason.rawValue) \(Int64(bitPattern: $0.value))"
            }
        }
        return found
    }

    /// Two threads, and memory that both have in their TLBs.
    private static func threads(_ pages: Int, _ rest: String) -> String {
        """
        mmap(W, \(pages * 4)K, 3, 0x32, -1, 0)
        write_pages(W, \(pages * 4)K, 1)
        t = clone_vm()
        t: run_on(1)
        t: read_pages(W, \(pages * 4)K)
        \(rest)
        """
    }

    private static func everywhere(_ pages: Int) -> [String] {
        ["0 remote IPI send \(pages)", "0 local MM shootdown \(pages)", "1 remote shootdown \(pages)"]
    }

    @Test(
        "a change is flushed on both CPUs, page by page up to 33",
        arguments: [
            (1, "mprotect(W, 4K, PROT_READ)", 1), (33, "mprotect(W, 132K, PROT_READ)", 33),
            (34, "mprotect(W, 136K, PROT_READ)", -1), (33, "munmap(W, 132K)", 33), (34, "munmap(W, 136K)", -1),
            (1, "munmap(W, 4K)", 1), (16, "madvise(W, 64K, MADV_DONTNEED)", 16), (8, "c = fork()", -1),
        ])
    func both(_ pages: Int, _ call: String, _ flushed: Int) throws {
        let found = try flushes(Self.threads(pages, "store(W, 1)\n\(call)\n"))
        #expect(found[7] == Self.everywhere(flushed))
    }

    @Test("what did not change is not flushed")
    func sparse() throws {
        let source = """
            mmap(W, 256K, 3, 0x32, -1, 0)
            store(W+20K, 1)
            store(W+36K, 1)
            t = clone_vm()
            t: run_on(1)
            t: load(W+20K)
            mprotect(W, 256K, PROT_READ)
            madvise(W, 256K, MADV_DONTNEED)
            madvise(W, 256K, MADV_DONTNEED)
            mprotect(W, 256K, PROT_READ|PROT_WRITE)
            """
        let found = try flushes(source)
        #expect(found[7] == Self.everywhere(5) && found[8] == Self.everywhere(5))
        #expect(found[9] == [] && found[10] == [])
    }

    @Test("a page that is copied is flushed on both CPUs, one that is taken over on none")
    func copyOnWrite() throws {
        let found = try flushes(Self.threads(8, "c = fork()\nstore(W, 2)\nc: exit(0)\nload(W)\nstore(W+4K, 2)\n"))
        // The child has run on CPU 0 meanwhile.
        #expect(found[7] == ["0 flush on task switch 0"] + Self.everywhere(1))
        #expect(found[10] == [])
    }

    @Test("a CPU that nobody runs on is left alone, and catches up when somebody does")
    func lazy() throws {
        let found = try flushes(
            Self.threads(
                2,
                """
                t: idle()
                mprotect(W, 4K, PROT_READ)
                t: load(W)
                t: idle()
                munmap(W, 8K)
                t: load(W)
                """))
        #expect(found[7] == ["0 remote IPI send 1", "0 local MM shootdown 1"])
        #expect(found[8] == ["1 flush on task switch -1"])
        // Page tables go: the idle CPU lets go of the address space.
        #expect(found[10] == ["0 remote IPI send 2", "0 local MM shootdown 2", "1 flush on task switch 0"])
        #expect(found[11] == ["1 flush on task switch -1"])
    }

    @Test("a CPU that went on to another address space leaves the mask at the first flush that frees tables")
    func wrongCPU() throws {
        let found = try flushes(
            Self.threads(
                2,
                """
                c = fork()
                c: run_on(1)
                c: load(W)
                munmap(W, 8K)
                mmap(W, 8K, 3, 0x32, -1, 0)
                store(W, 1)
                mprotect(W, 4K, PROT_READ)
                """))
        let expected = [
            "0 flush on task switch 0", "0 remote IPI send 2", "0 local MM shootdown 2", "1 remote wrong CPU 0",
        ]
        #expect(found[9] == expected)
        #expect(found[12] == ["0 local MM shootdown 1"])
    }

    private static let tablesOnly = ["0 remote IPI send 1", "0 local MM shootdown 0", "1 remote shootdown 0"]

    @Test("where page tables go alone, no page counts; a move flushes the old place, then its tables")
    func tablesAlone() throws {
        let found = try flushes(Self.threads(1, "madvise(W, 4K, MADV_DONTNEED)\nmunmap(W, 4K)\n"))
        #expect(found[6] == Self.everywhere(1) && found[7] == Self.tablesOnly)
        let moved = try flushes(Self.threads(8, "mremap(W, 32K, 32K, MREMAP_MAYMOVE|MREMAP_FIXED, W+16M)\n"))
        #expect(moved[6] == Self.everywhere(8) + Self.tablesOnly)
    }

    @Test("six address spaces keep their translations, a seventh takes the place of the oldest")
    func numbers() throws {
        let names = (1...6).map { "c\($0)" }
        let forks = names.map { "\($0) = fork()" }.joined(separator: "\n")
        let loads = names.map { "\($0): load(W)" }.joined(separator: "\n")
        let found = try flushes(
            "mmap(W, 4K, 3, 0x32, -1, 0)\nstore(W, 1)\nrun_on(0)\n\(forks)\n\(loads)\nload(W)\nc2: load(W)\n")
        // init has the first number, five children the next; the sixth takes init's.
        for line in 10...15 { #expect(found[line]?.last == "0 flush on task switch -1") }
        #expect(found[16]?.last == "0 flush on task switch -1")
        #expect(found[17] == ["0 flush on task switch 0"])
    }

    @Test("what one call changes in several VMAs is one flush")
    func severalVMAs() throws {
        let found = try flushes(Self.threads(34, "mprotect(W, 132K, PROT_READ)\nmprotect(W, 136K, PROT_NONE)\n"))
        #expect(found[6] == Self.everywhere(33) && found[7] == Self.everywhere(-1))
    }

    @Test("UFFDIO_MOVE flushes pages that go together once")
    func moved() throws {
        let found = try flushes(
            """
            u = userfaultfd(O_NONBLOCK)
            uffd_api(u, 0)
            mmap(W, 1M, 3, 0x32, -1, 0)
            mmap(W+16M, 1M, 3, 0x32, -1, 0)
            write_pages(W+16M, 64K, 1)
            uffd_register(u, W, 1M, UFFDIO_REGISTER_MODE_MISSING)
            t = clone_vm()
            t: run_on(1)
            t: load(W+16M)
            uffd_move(u, W, W+16M, 32K, 0)
            """)
        #expect(found[10] == Self.everywhere(8))
    }

    @Test("a scan that protects flushes from the first page that it changed to the end, and not where it changed none")
    func scanned() throws {
        let found = try flushes(
            """
            u = userfaultfd(O_NONBLOCK)
            uffd_api(u, UFFD_FEATURE_WP_ASYNC)
            mmap(W, 64K, 3, 0x32, -1, 0)
            write_pages(W, 64K, 1)
            uffd_register(u, W, 64K, UFFDIO_REGISTER_MODE_WP)
            t = clone_vm()
            t: run_on(1)
            t: load(W)
            pagemap_scan(W, 64K, PM_SCAN_WP_MATCHING, 0, PAGE_IS_WRITTEN, 0, PAGE_IS_WRITTEN)
            pagemap_scan(W, 64K, PM_SCAN_WP_MATCHING, 0, PAGE_IS_WRITTEN, 0, PAGE_IS_WRITTEN)
            store(W+8K, 1)
            store(W+40K, 1)
            pagemap_scan(W, 64K, PM_SCAN_WP_MATCHING, 0, PAGE_IS_WRITTEN, 0, PAGE_IS_WRITTEN)
            """)
        #expect(found[9] == Self.everywhere(16) && found[10] == [] && found[13] == Self.everywhere(14))
    }

    @Test("64 CPUs: each is asked once")
    func many() throws {
        let names = (1...63).map { "t\($0)" }
        let source =
            "mmap(W, 4K, 3, 0x32, -1, 0)\nstore(W, 1)\n" + names.map { "\($0) = clone_vm()\n" }.joined()
            + names.enumerated().map { "\($1): run_on(\($0 + 1))\n" }.joined() + "mprotect(W, 4K, PROT_READ)\n"
        let found = try flushes(source, cpus: 64)[129]
        let remote = (1...63).map { "\($0) remote shootdown 1" }
        #expect(found == ["0 remote IPI send 1", "0 local MM shootdown 1"] + remote)
    }

    @Test("a shootdown that does not arrive leaves a stale entry, which the check names with its CPU")
    func lostInterrupt() throws {
        let executor = try SimulatorExecutor()
        executor.machine.checksCoherence = true
        executor.machine.losesShootdowns = 1 << 1
        var uses: [StaleUse] = []
        let source = Self.threads(2, "mprotect(W, 4K, PROT_NONE)\nt: load(W)\nload(W)\nt: load(W+4K)\n")
        try ScenarioSession(try Parser.parse(source), on: executor).run { _ in
            uses += executor.machine.takeStaleUses()
        }
        #expect(uses.map(\.cpu) == [1] && uses.map(\.address) == [0x1000_0000_0000])
        #expect(uses.first?.change?.operation == .protect && uses.first?.difference == .unmapped)
    }
}
