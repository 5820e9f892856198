import Faultline
import FaultlineScenario
import Testing

@testable import FaultlineInspect

/// The files of the program's memory cgroup.
struct GroupFilesTests {
    private static let program = """
        f = disk_file(256K)
        g = memfd_create("m", 0)
        ftruncate(g, 1M)
        memory_limit(8M)
        mmap(W, 1M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        mmap(W+16M, 1M, 3, MAP_SHARED|MAP_FIXED, g, 0)
        mmap(W+32M, 256K, 3, MAP_SHARED|MAP_FIXED, f, 0)
        write_pages(W, 400K, 1)
        write_pages(W+16M, 200K, 1)
        read_pages(W+32M, 100K)
        write_pages(W+32M, 20K, 1)
        observe()
        """

    private func files(_ source: String) throws -> ProcFiles {
        let executor = try SimulatorExecutor()
        _ = try ScenarioSession(try Parser.parse(source), on: executor).run()
        executor.machine.settleMemoryGroup()
        return ProcFiles(executor.machine) { "\($0)" }
    }

    private func text(_ files: ProcFiles, _ path: String) throws -> String {
        guard case .text(let text, _) = try files.read(path) else { return "" }
        return text
    }

    @Test("both versions have the same figures under their names, and pages add up to the usage")
    func figures() throws {
        let files = try files(Self.program)
        let second = try text(files, "/sys/fs/cgroup/program/memory.stat")
        let first = try text(files, "/sys/fs/cgroup/memory/program/memory.stat")
        for line in ["anon 409600", "file 466944", "shmem 204800", "file_dirty 20480", "unevictable 0"] {
            #expect(second.contains(line + "\n"), "\(line)")
        }
        for line in [
            "cache 466944", "rss 409600", "dirty 20480", "hierarchical_memory_limit 8388608", "total_rss 409600",
        ] {
            #expect(first.contains(line + "\n"), "\(line)")
        }
        let lists = second.split(separator: "\n").filter { $0.hasPrefix("inactive_") || $0.hasPrefix("active_") }
        let sum = lists.reduce(0) { $0 + (UInt64($1.split(separator: " ")[1]) ?? 0) }
        // Five page tables are charged, too.
        let tables: UInt64 = 5 << 12
        #expect(try text(files, "/sys/fs/cgroup/program/memory.current") == "\(sum + tables)\n" && sum == 876_544)
        #expect(try text(files, "/sys/fs/cgroup/memory/program/memory.usage_in_bytes") == "897024\n")
        #expect(try text(files, "/sys/fs/cgroup/program/memory.max") == "8388608\n")
    }

    @Test("kills count, and without a cgroup there are no files")
    func kills() throws {
        let files = try files(
            """
            mmap(W, 8M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            memory_limit(2M)
            c = fork()
            c: write_pages(W, 4M, 1)
            """)
        #expect(try text(files, "/sys/fs/cgroup/program/memory.events") == "oom_kill 1\n")
        let plain = try self.files("getpid()")
        #expect(throws: ProcFileError.self) { try text(plain, "/sys/fs/cgroup/program/memory.max") }
    }

    @Test("a group that there is not is said to be missing, and so is a file that the group has not")
    func missing() throws {
        let files = try files(Self.program)
        for (path, group) in [
            ("/sys/fs/cgroup/other/memory.max", "other"), ("/sys/fs/cgroup/a/b/memory.max", "a/b"),
            ("/sys/fs/cgroup/memory/other/memory.stat", "other"), ("/sys/fs/cgroup/memory.max", "/"),
        ] {
            #expect(throws: ProcFileError.noSuchGroup(path, group)) { try files.read(path) }
        }
        let error = #expect(throws: ProcFileError.self) { try files.read("/sys/fs/cgroup/program/memory.peak") }
        #expect(error?.description.contains("/sys/fs/cgroup/program/memory.max") == true)
    }
}
