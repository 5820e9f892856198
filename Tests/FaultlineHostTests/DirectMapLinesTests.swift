import Faultline
import FaultlineInspect
import Testing

@testable import FaultlineScenario

/// What /proc says of the direct map while programs change the rights of its pages.
struct DirectMapLinesTests {
    private func lines(of program: String) throws -> (meminfo: [Substring], vmstat: [Substring]) {
        var settings = KernelSettings()
        settings.chargesKernelObjects = true
        let executor = try SimulatorExecutor(settings: settings)
        executor.selfCheck = .everyCall
        let run = try ScenarioSession(try Parser.parse(program), on: executor).run()
        #expect(run.failedExpectations.isEmpty)
        func text(_ path: String) throws -> String {
            guard case .text(let text, _) = try ProcFiles(executor.machine, processName: { "\($0)" }).read(path) else {
                return ""
            }
            return text
        }
        return (
            try text("/proc/meminfo").split(separator: "\n").filter { $0.hasPrefix("DirectMap") },
            try text("/proc/vmstat").split(separator: "\n").filter { $0.hasPrefix("direct_map") }
        )
    }

    @Test("a machine that nobody changed has the boot's lines")
    func boot() throws {
        let (meminfo, vmstat) = try lines(of: "p = mmap(W, 4K, 3, 0x32, -1, 0)\n")
        #expect(
            meminfo == ["DirectMap4k:        2048 kB", "DirectMap2M:     1046528 kB", "DirectMap1G:    26214400 kB"])
        #expect(
            vmstat == [
                "direct_map_level2_splits 0", "direct_map_level3_splits 0", "direct_map_level2_collapses 0",
                "direct_map_level3_collapses 0",
            ])
    }

    @Test("a page of a large one that becomes read-only splits it twice, and nothing joins it again")
    func splits() throws {
        let program = """
            set_memory_ro(0xffff888140000000, 1) => ok
            set_memory_rw(0xffff888140000000, 1) => ok

            """
        let (meminfo, vmstat) = try lines(of: program)
        #expect(
            meminfo == ["DirectMap4k:        4096 kB", "DirectMap2M:     2093056 kB", "DirectMap1G:    25165824 kB"])
        #expect(vmstat.prefix(2) == ["direct_map_level2_splits 1", "direct_map_level3_splits 1"])
        // A whole page of 2 MiB, then a part of another one.
        let more = """
            set_memory_ro(0xffff888140200000, 512) => ok
            set_memory_ro(0xffff888140400000, 256) => ok

            """
        let (next, counts) = try lines(of: program + more)
        #expect(next == ["DirectMap4k:        6144 kB", "DirectMap2M:     2091008 kB", "DirectMap1G:    25165824 kB"])
        #expect(counts.prefix(2) == ["direct_map_level2_splits 2", "direct_map_level3_splits 1"])
    }
}
