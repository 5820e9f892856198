import Faultline
import Testing

@testable import FaultlineScenario

/// `vm.panic_on_oom`, `vm.oom_kill_allocating_task`, `vm.oom_dump_tasks`, and the state of memory in the kernel's log at a kill.
struct OutOfMemorySettingsTests {
    /// A child with more than its parent; who asks last is the parent.
    private static let crowd = """
        mmap(W, 256M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_FIXED, -1, 0)
        c = fork()
        c: write_pages(W, 30M, 1)
        write_pages(W, 30M, 1)
        load(W)
        c: load(W)

        """

    private static let group = """
        mmap(W, 8M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        c = fork()
        memory_limit(2M)
        write_pages(W, 4M, 1)
        c: store(W, 1)

        """

    private func run(_ source: String, _ lines: [String]) throws -> (texts: [String?], log: [String]) {
        var settings = KernelSettings()
        for line in lines { try settings.set(line) }
        let executor = try SimulatorExecutor(ramBytes: 64 << 20, settings: settings)
        executor.selfCheck = .everyCall
        let run = try ScenarioSession(try Parser.parse(source), on: executor).run()
        return (run.steps.map { $0.result?.text }, executor.takeKills())
    }

    @Test("with vm.panic_on_oom the kernel panics in place of a kill, and nothing runs any more")
    func panic() throws {
        let plain = try run(Self.crowd, [])
        #expect(plain.texts[3] == "ok pages=7680 minflt=7680 majflt=0")
        #expect(plain.texts[4] == "1 minflt=0 majflt=0" && plain.texts[5] == "-1 ESRCH minflt=0 majflt=0")
        let panic = try run(Self.crowd, ["vm.panic_on_oom=1"])
        #expect(panic.texts[3] == "killed" && panic.texts[4] == "-1 ESRCH minflt=0 majflt=0")
        #expect(
            panic.log.last == "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled")
        #expect(panic.log.contains("Mem-Info:") && !panic.log.contains { $0.contains("Killed process") })
    }

    @Test("at the limit of a memory cgroup the kernel panics with 2 alone", arguments: [0, 1, 2])
    func panicInGroup(value: Int) throws {
        let result = try run(Self.group, ["vm.panic_on_oom=\(value)"])
        #expect(result.texts[3] == "killed")
        #expect(result.texts[4] == (value == 2 ? "-1 ESRCH minflt=0 majflt=0" : "ok minflt=1 majflt=0"))
        let panics = result.log.contains {
            $0 == "Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled"
        }
        #expect(panics == (value == 2))
        #expect(result.log.contains { $0.hasPrefix("Memory cgroup out of memory: Killed process 1000") } == (value < 2))
    }

    @Test("with vm.oom_kill_allocating_task who asks dies, whatever others have")
    func allocating() throws {
        let result = try run(Self.crowd, ["vm.oom_kill_allocating_task=1"])
        #expect(result.texts[3] == "killed" && result.texts[5] == "1 minflt=0 majflt=0")
        #expect(
            result.log.last?.hasPrefix("Out of memory (oom_kill_allocating_task): Killed process 1000 (agent)") ?? false
        )
    }

    @Test("the log has the state of memory and, unless vm.oom_dump_tasks is 0, the table of tasks")
    func log() throws {
        let log = try run(Self.crowd, []).log
        #expect(log[1].hasPrefix("agent invoked oom-killer: gfp_mask=0x140dca("))
        #expect(log[2] == "Mem-Info:" && log[3].hasPrefix("active_anon:"))
        let wanted = [
            "Node 0 active_anon:", "Node 0 DMA free:", "lowmem_reserve[]: 0 ", "Node 0 DMA32 free:", "Node 0 DMA: ",
            "Node 0 DMA32: ",
            "Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB", "Free swap  = 0kB",
            "16287 pages RAM", "0 pages HighMem/MovableOnly", "Tasks state (memory values in pages):", "oom-kill:",
        ]
        let places = wanted.map { start in log.firstIndex { $0.hasPrefix(start) } ?? -1 }
        #expect(places == places.sorted() && places[0] > 0, "\(log)")
        let quiet = try run(Self.crowd, ["vm.oom_dump_tasks=0"]).log
        #expect(quiet.contains("Mem-Info:") && !quiet.contains { $0.hasPrefix("Tasks state") })
    }

    @Test("values that the kernel does not take are refused")
    func ranges() {
        for line in [
            "vm.panic_on_oom=3", "vm.oom_dump_tasks=2147483648", "vm.oom_kill_allocating_task=no", "vm.swappiness=201",
            "vm.dirty_ratio=101",
        ] {
            var settings = KernelSettings()
            #expect(throws: SettingError.self) { try settings.set(line) }
        }
        // Those that are an int of the kernel take every one.
        for value: Int32 in [7, -1, .min, .max, 0] {
            var settings = KernelSettings()
            #expect(throws: Never.self) {
                try settings.set("vm.oom_dump_tasks=\(value)")
                try settings.set("vm.oom_kill_allocating_task=\(value)")
            }
            #expect(settings.logsTasks == (value != 0) && settings.killsAllocatingTask == (value != 0))
            #expect(settings.taskLogLevel == value && settings.killingAskerLevel == value)
        }
        // dirty_bytes_min; a ratio and its bytes exclude each other.
        var settings = KernelSettings()
        #expect(throws: SettingError.self) { try settings.set("vm.dirty_bytes=8191") }
        #expect(throws: Never.self) { try settings.set("vm.dirty_bytes=8192") }
        #expect(settings.dirtyRatio == 0 && settings.dirtyBytes == 8192)
        #expect(throws: Never.self) { try settings.set("vm.dirty_ratio=30") }
        #expect(settings.dirtyRatio == 30 && settings.dirtyBytes == 0)
    }
}
