import Faultline
import Testing

@testable import FaultlineScenario

/// How long a memory cgroup remembers what it evicted: measured on 6.18.44 with as many anonymous pages and children as stand here.
struct ShadowNodeTests {
    /// Evicts a page of each of four nodes of a file, and reads them again; how many came back active.
    private func activated(pages: Int, children: Int) throws -> UInt64 {
        let nodes = ["0", "256K", "512K", "768K"]
        let source = """
            f = disk_file(1M)
            mmap(W+8M, 1M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, f, 0)
            madvise(W+8M, 1M, MADV_RANDOM)
            drop_caches(1)
            \(nodes.map { "load(W+8M+\($0))" }.joined(separator: "\n"))
            mmap(W, \(pages * 4)K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            write_pages(W, \(pages * 4)K, 0)
            \((0..<children).map { "c\($0) = fork()\n" }.joined())
            \(String(repeating: "memory_reclaim()\n", count: 5))
            swapon(1M, "zram")
            \(nodes.map { "load(W+8M+\($0))" }.joined(separator: "\n"))
            """
        let executor = try SimulatorExecutor()
        executor.selfCheck = .everyCall
        _ = try ScenarioSession(try Parser.parse(source), on: executor).run()
        return executor.machine.reclaimFigures.activatedFile
    }

    @Test(
        "what the kernel keeps for children and files counts as pages of the group",
        arguments: [
            (22, 0, 2), (23, 0, 4), (18, 1, 2), (19, 1, 4), (14, 2, 2), (15, 2, 4), (11, 3, 2), (12, 3, 4), (7, 4, 2),
            (8, 4, 4),
        ] as [(Int, Int, UInt64)])
    func children(_ pages: Int, _ children: Int, _ active: UInt64) throws {
        #expect(try activated(pages: pages, children: children) == active)
    }
}
