import Faultline
import Foundation
import Testing

@testable import FaultlineScenario

@Suite("What is not modelled")
struct UnmodelledTests {
    /// Runs a program; what it met, with the lines.
    private func met(
        _ source: String, ramBytes: UInt64 = 24 << 30, first: SimulatorExecutor.FirstProcess = .agent(seed: nil)
    ) throws -> [String] {
        let executor = try SimulatorExecutor(ramBytes: ramBytes, first: first)
        executor.selfCheck = .everyCall
        let runner = try ScenarioSession(try Parser.parse(source), on: executor)
        _ = try runner.run()
        return executor.unmodelled.map { "\($0.line) \($0.lack.rawValue)" }
    }

    static let map = "p = mmap(W, 8M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
    static let readOn = """
        f = disk_file(16M)
        p = mmap(W, 16M, PROT_READ, MAP_SHARED|MAP_FIXED, f, 0)
        read_pages(p, 16M)
        madvise(p, 16M, MADV_PAGEOUT)
        read_pages(p, 16M)

        """

    @Test(
        "a program that meets it hears so once, with the line",
        arguments: [
            (
                "setting(\"transparent_hugepage/shmem_enabled\", \"always\")\nf = memfd_create(\"m\", 0)\n"
                    + "ftruncate(f, 4K)\nmmap(W, 2M, 3, MAP_SHARED|MAP_FIXED, f, 0)\nload(W)\nmemory_reclaim()\n",
                ["5 sharedHugePages"]
            ),
            ("mmap(0, 1G, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_HUGE_1GB, -1, 0)\n", ["1 gigabytePages"]),
            ("memfd_create(\"x\", MFD_HUGETLB|MFD_HUGE_1GB)\n", ["1 gigabytePages"]),
            (
                "mmap(0, 1G, 3, MAP_SHARED|MAP_ANONYMOUS|MAP_HUGETLB|MAP_NORESERVE, -1, 0)\n", ["1 sharedTables"]
            ),
            ("mmap(0, 2M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0)\n", []),
            (UnmodelledTests.readOn, []),
            (
                "f = disk_file(44M)\np = mmap(W, 44M, 3, MAP_SHARED|MAP_FIXED, f, 0)\nfadvise(f, 0, 0, 4)\nread_pages(p, 44M)\n",
                ["4 largeFolios"]
            ),
            (
                UnmodelledTests.readOn.replacing(
                    "PAGEOUT)\nread_pages(p, 16M)", with: "PAGEOUT)\nmadvise(p, 16M, MADV_HUGEPAGE)\nload(p)"),
                ["6 fileHugePages"]
            ),
            (
                """
                swapon(64M, "zram")
                setting("transparent_hugepage/hugepages-64kB/enabled", "always")
                mmap(W, 640K, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
                write_pages(W, 640K, 7)
                mlock(W+20K, 8K)
                memory_reclaim()
                memory_reclaim()
                memory_reclaim()
                memory_reclaim()
                memory_reclaim()
                memory_reclaim()
                madvise(W+28K, 4K, MADV_COLD)

                """, ["12 largeSwapCache"]
            ),
            (UnmodelledTests.map + "r = pin(p, 4K)\nmmap(0, 4K, 3, MAP_SHARED, r, 0)\n", ["3 rings"]),
            ("load(0x401000)\n", ["1 programBytes"]),
            ("r = pfn_to_page(4096)\nkload(r)\nkload(r)\n", ["2 recordBytes"]),
            (
                "f = disk_file(64K)\np = mmap(W, 64K, 3, MAP_SHARED|MAP_FIXED, f, 0)\nload(p)\nmunmap(p, 64K)\n"
                    + "pwrite(f, 20K, 1, 1)\ndrop_caches(1)\nmmap(W, 64K, 3, MAP_SHARED|MAP_FIXED, f, 0)\nload(p)\n",
                ["8 diskTime"]
            ),
            // What does not lead there.
            (
                "f = disk_file(64K)\ndrop_caches(1)\np = mmap(W, 64K, 3, MAP_SHARED|MAP_FIXED, f, 0)\nload(p)\n", []
            ),
            (UnmodelledTests.map + "madvise(p, 4M, MADV_HUGEPAGE)\nstore(p, 1)\nmadvise(p, 4M, MADV_COLLAPSE)\n", []),
            (UnmodelledTests.map + "store(p, 1)\nmadvise(p, 4K, MADV_FREE)\nmadvise(p, 4K, MADV_PAGEOUT)\n", []),
            (
                "setting(\"transparent_hugepage/shmem_enabled\", \"always\")\n"
                    + "mmap(W, 4M, 3, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\nload(W)\nmadvise(W, 4M, MADV_COLLAPSE)\n",
                []
            ),
            (UnmodelledTests.map + "load(p)\nread_pages(p, 8M)\nload(W-4K)\n", []),
            (UnmodelledTests.map + "madvise(p, 4K, MADV_MERGEABLE)\nprctl(PR_SET_MEMORY_MERGE, 1)\nksm_scan(2)\n", []),
        ] as [(String, [String])])
    func isTold(_ source: String, _ expected: [String]) throws { #expect(try met(source) == expected) }

    @Test("a call that lacks a frame in the middle of its work, and is not made again")
    func withoutFrame() throws {
        let source = """
            swapon(16M)
            mmap(W, 24M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_FIXED, -1, 0)
            write_pages(W, 20M, 1)
            swapoff()
            """
        #expect(try met(source, ramBytes: 16 << 20) == ["4 reclaimInCalls"])
    }

    @Test("each kind that a run can meet is met by one of these tests")
    func complete() throws {
        let told: Set<Unmodelled> = [
            .sharedHugePages, .fileHugePages, .gigabytePages, .sharedTables, .largeFolios, .largeSwapCache,
            .programBytes, .recordBytes, .diskTime, .rings, .reclaimInCalls,
        ]
        #expect(Set(Unmodelled.allCases.filter(\.isReported)) == told)
    }

    @Test("README says what the table says")
    func documentation() throws {
        let file = URL(filePath: #filePath).appending(path: "../../../README.md").standardizedFileURL
        let readme = try String(contentsOf: file, encoding: .utf8)
        let section = try #require(readme.split(separator: "## What is not modelled\n\n", maxSplits: 1).last)
        #expect(section.hasPrefix(Unmodelled.documentation), "put this there:\n\(Unmodelled.documentation)")
    }

    @Test("the transcript and the report for machines have it at the statement")
    func output() throws {
        let program = try Parser.parse(Self.map + "load(0x401000)\n")
        let executor = try SimulatorExecutor()
        let runner = try ScenarioSession(program, on: executor)
        var notes: [Transcript.Notes] = []
        let run = try runner.run { step in
            var note = Transcript.Notes()
            note.unmodelled = executor.unmodelled.filter { $0.line == step.statement.line }.map(\.lack)
            notes.append(note)
        }
        let text = Transcript(program).text(run.steps[1], notes[1])
        let expected = Unmodelled.programBytes.description
        #expect(text.hasSuffix("\n      ? \(expected)\n"))
        let report = RunReport(run, notes: notes)
        #expect(report.steps.map(\.unmodelled) == [nil, [expected]])
        #expect(report.unmodelled.map(\.description) == ["line 2: \(expected)"])
    }
}
