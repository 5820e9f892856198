import Faultline
import Testing

@testable import FaultlineScenario

@Suite("Samepage merging")
struct MergingTests {
    private static let map = "mmap(W, 64K, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
    private static let merged = map + "write_pages(W, 32K, 7)\nmadvise(W, 64K, MADV_MERGEABLE)\nksm_scan(2)\n"

    /// Runs a program with the machine's self-checks after every statement; its expectations must hold.
    @discardableResult
    private func run(_ source: String) throws -> (machine: Machine, text: String) {
        let executor = try SimulatorExecutor()
        executor.selfCheck = .everyCall
        let run = try ScenarioSession(try Parser.parse(source), on: executor).run()
        let failed = run.failedExpectations.map { "\($0.statement.line): \($0.expectationFailure ?? "")" }
        #expect(failed == [])
        return (executor.machine, run.recording.text)
    }

    @Test("a page is merged at the second scan that finds the same contents, and not before")
    func checksumTwice() throws {
        let first = try run(Self.merged.replacing("ksm_scan(2)", with: "ksm_scan(1)"))
        #expect(first.machine.ksmCounts.shared == 0 && first.machine.ksmCounts.items == 8)
        #expect(first.machine.ksmCounts.changing == 8)
        let second = try run(Self.merged)
        #expect(second.machine.ksmCounts.shared == 1 && second.machine.ksmCounts.sharing == 7)
        #expect(second.machine.ksmCounts.scans == 2)
        // What changes from scan to scan is left alone.
        let changing = try run(Self.merged + "store(W+40K, 1)\nksm_scan(1)\nstore(W+40K, 2)\nksm_scan(1)\n")
        #expect(changing.machine.ksmCounts.changing == 1)
    }

    @Test("merged pages are one frame, mapped by all, exclusive to none; a write copies it")
    func oneFrame() throws {
        let text = try run(Self.merged).text
        #expect(text.contains("Rss=32 Pss=4 Pss_Dirty=4 Shared_Dirty=32 Referenced=32 Anonymous=32 KSM=32\n"))
        #expect(text.contains("100000007000 x1 f0 mapcount=8 dirty anon swapbacked ksm\n"))
        #expect(text.contains("| rd wr mr mw me ac mg\n"))
        let written = try run(Self.merged + "store(W+4K, 7)\nload(W+8K) => 7\n").text
        #expect(written.contains("\n5 ok minflt=1 majflt=0\n"))
        #expect(written.contains("100000001000 x1 f1 excl mapcount=1 anon swapbacked\n"))
        #expect(written.contains("100000002000 x1 f0 mapcount=7 dirty anon swapbacked ksm\n"))
    }

    @Test("contents decide, byte by byte")
    func contents() throws {
        let different = try run(
            Self.merged.replacing("ksm_scan(2)", with: "store(W+4K+100, 1)\nstore(W+20K+4095, 8)\nksm_scan(3)"))
        #expect(different.machine.ksmCounts.shared == 1 && different.machine.ksmCounts.sharing == 5)
        #expect(different.machine.ksmCounts.unshared == 2)
    }

    @Test("smaps does not count the zero pages that ksmd maps; the counter of the machine does")
    func zeroPages() throws {
        let zeros = "setting(\"ksm/use_zero_pages\", \"1\")\n" + Self.merged.replacing("32K, 7", with: "32K, 0")
        let (machine, text) = try run(zeros)
        #expect(machine.ksmCounts.zeroPages == 8 && machine.ksmCounts.shared == 0)
        #expect(text.contains("100000000000 x8 zero\n") && !text.contains("KSM="))
        #expect(try run(zeros + "write_pages(W, 8K, 1)\n").machine.ksmCounts.zeroPages == 6)
        #expect(try run(zeros + "munmap(W, 8K)\nmadvise(W+8K, 4K, MADV_DONTNEED)\n").machine.ksmCounts.zeroPages == 5)
        #expect(try run(zeros + "c = fork()\n").machine.ksmCounts.zeroPages == 16)
        #expect(try run(zeros + "c = fork()\nc: exit(0)\n").machine.ksmCounts.zeroPages == 8)
        #expect(try run(zeros + "madvise(W, 64K, MADV_UNMERGEABLE)\n").machine.ksmCounts.zeroPages == 0)
    }

    @Test("MADV_UNMERGEABLE undoes pages at once; ksmd's counts wait for ksmd")
    func unmergeable() throws {
        let undone = Self.merged + "madvise(W, 64K, MADV_UNMERGEABLE)\n"
        let (machine, text) = try run(undone)
        #expect(text.contains("\n5 0 minflt=8 majflt=0\n") && !text.contains("KSM="))
        #expect(machine.ksmCounts.shared == 1 && machine.ksmCounts.sharing == 7)
        #expect(try run(undone + "ksm_scan(1)\n").machine.ksmCounts.shared == 0)
        // So does a move; the pages may be merged again at their new place.
        let moved = Self.merged + "mremap(W, 32K, 32K, MREMAP_MAYMOVE|MREMAP_FIXED, W+1M)\n"
        #expect(try run(moved).text.contains("\n5 0x100000100000 minflt=8 majflt=0\n"))
        #expect(try run(moved + "ksm_scan(2)\n").machine.ksmCounts.sharing == 7)
    }

    @Test(
        "ksm/run = 2 takes everything apart, read-only memory too, into clean pages that only the scan after the next one merges"
    )
    func unmergeAll() throws {
        let program =
            Self.merged + "c = fork()\nmprotect(W, 32K, PROT_READ)\nksm_unmerge()\n"
        let (machine, text) = try run(program)
        #expect(machine.ksmCounts.shared == 0 && machine.ksmCounts.items == 0)
        #expect(text.contains("Rss=32 Pss=32 Private_Clean=32 Referenced=32 Anonymous=32\n"))
        #expect(try run(program + "ksm_scan(1)\n").machine.ksmCounts.shared == 0)
        #expect(try run(program + "ksm_scan(2)\n").machine.ksmCounts.sharing == 15)
    }

    @Test(
        "PR_SET_MEMORY_MERGE marks what can be merged, text and files that are read only too; fork and execve keep it")
    func mergeAny() throws {
        let (machine, _) = try run(
            """
            prctl(PR_SET_MEMORY_MERGE, 1) => 0
            p = mmap(W, 8K, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            mmap(W+64K, 8K, 3, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            c = fork()
            c: prctl(PR_GET_MEMORY_MERGE) => 1

            """)
        for process in 0..<2 {
            let view = try machine.snapshot(process)
            for vma in view.vmas {
                let isExcepted = vma.permissions.hasSuffix("s") || vma.name.hasPrefix("[v")
                #expect(vma.flags.split(separator: " ").contains("mg") == !isExcepted, "\(vma.name) \(vma.start)")
            }
        }
        let undone = try run(
            Self.merged + "prctl(PR_SET_MEMORY_MERGE, 1) => 0\nprctl(PR_SET_MEMORY_MERGE, 0) => 0\n")
        #expect(!undone.text.contains(" mg\n") && !undone.text.contains("KSM="))
        #expect(undone.text.contains("\n6 0 minflt=8 majflt=0\n"))
    }

    @Test("max_page_sharing limits how often a frame is mapped: a chain has the further ones")
    func chains() throws {
        let limited = "setting(\"ksm/max_page_sharing\", \"3\")\n" + Self.merged.replacing("(2)", with: "(4)")
        let (machine, text) = try run(limited)
        #expect(machine.ksmCounts.chains == 1 && machine.ksmCounts.chained > 1)
        #expect(text.contains("mapcount=3 ") && !text.contains("mapcount=4 "))
        // A child's pages may go beyond it.
        #expect(try run(limited + "c = fork()\nksm_scan(1)\n").text.contains("mapcount=6 "))
    }

    @Test("the settings that merged pages depend on cannot change while there are some")
    func settings() throws {
        try run(
            Self.merged + """
                setting("ksm/max_page_sharing", "2") => EBUSY
                setting("ksm/merge_across_nodes", "0") => EBUSY
                setting("ksm/max_page_sharing", "256") => ok
                setting("ksm/max_page_sharing", "1") => EINVAL
                setting("ksm/use_zero_pages", "2") => EINVAL
                setting("ksm/smart_scan", "on") => ok
                ksm_unmerge() => ok
                setting("ksm/max_page_sharing", "2") => ok
                setting("ksm/merge_across_nodes", "0") => ok
                ksm_scan(3) => ok

                """)
    }

    @Test("a smart scan passes over what found no equal page for long")
    func smartScans() throws {
        let alone = Self.map + "store(W, 1)\nmadvise(W, 64K, MADV_MERGEABLE)\nksm_scan(20)\n"
        #expect(try run(alone).machine.ksmCounts.skipped > 0)
        #expect(try run("setting(\"ksm/smart_scan\", \"0\")\n" + alone).machine.ksmCounts.skipped == 0)
    }

    @Test("ksmd splits huge pages to merge what they hold")
    func hugePages() throws {
        let (machine, text) = try run(
            """
            p = mmap(W, 2M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            madvise(p, 2M, MADV_HUGEPAGE)
            write_pages(p, 64K, 7)
            mmap(W+4M, 4K, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            store(W+4M, 7)
            madvise(W+4M, 4K, MADV_MERGEABLE)
            madvise(p, 2M, MADV_MERGEABLE)
            ksm_scan(4)

            """)
        #expect(machine.hugePageCounts.splits == 1)
        #expect(text.contains("mapcount=17 ") && !text.contains("thp"))
    }

    @Test("a merged page that went out comes back for the first who wants it, and as copies for the others")
    func swappedOut() throws {
        let (machine, text) = try run(
            """
            swapon(64M)
            p = mmap(W, 16K, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            mmap(W+1M, 16K, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            store(p, 7)
            store(W+1M+4K, 7)
            madvise(p, 16K, MADV_MERGEABLE)
            madvise(W+1M, 16K, MADV_MERGEABLE)
            ksm_scan(2)
            munmap(W+1M, 16K)
            madvise(p, 4K, MADV_PAGEOUT)
            load(p) => 7
            madvise(p, 4K, MADV_PAGEOUT)
            load(p) => 7
            store(p, 8)
            ksm_scan(3)
            swapoff()
            load(p) => 8

            """)
        #expect(machine.ksmCounts.shared == 0 && machine.ksmCounts.copies <= 1)
        #expect(text.contains("excl mapcount=1"))
    }

    @Test("/sys/kernel/mm/ksm counts, and /proc/PID/ksm_stat a process's part")
    func status() throws {
        let machine = try run(Self.merged + "c = fork()\nksm_scan(1)\n").machine
        #expect(machine.ksmCounts.items == 16 && machine.ksmCounts.sharing == 15)
        #expect(machine.ksmCounts.profit == 15 * 4096 - 16 * 64)
        let child = try machine.mergingStatus(1)
        #expect(child.items == 8 && child.mergingPages == 8 && child.profit == 8 * 4096 - 8 * 64)
        #expect(child.isMergeable && !child.mergesAny)
        // Before ksmd comes by, a child has no items of its own.
        #expect(try run(Self.merged + "c = fork()\n").machine.mergingStatus(1).items == 0)
    }

    @Test("events say of each page why it was merged, or not")
    func events() throws {
        let executor = try SimulatorExecutor()
        executor.machine.trace(true)
        var seen: [String] = []
        let program = try Parser.parse(Self.merged.replacing("ksm_scan(2)", with: "store(W+36K, 9)\nksm_scan(2)"))
        _ = try ScenarioSession(program, on: executor).run { _ in
            seen += executor.machine.takeEvents().map { $0.text() }
        }
        func count(_ text: String) -> Int { seen.count { $0.contains(text) } }
        #expect(count("ksmd: ksm_start_scan address_spaces=1") == 2 && count("ksmd: ksm_stop_scan full_scans=2") == 1)
        #expect(count("ksm_not_merged") == 9 + 2 && count("its contents are not those of the last scan") == 9)
        #expect(count("no page has the same contents") == 2)
        #expect(count("ksm_merge_with_ksm_page") == 8)
    }
}
