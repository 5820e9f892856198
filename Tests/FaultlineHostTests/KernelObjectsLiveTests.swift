import Faultline
import FaultlineScenario
import Foundation
import Testing

@testable import FaultlineHost

/// What forks cost in slab objects, on the live kernel and in the simulator.
@Suite("Objects of the kernel", .serialized)
struct KernelObjectsLiveTests {
    private static let names = ["vm_area_struct", "anon_vma", "anon_vma_chain", "mm_struct"]
    private static let children = 200

    /// `<active_objs>` by name; nil where the file cannot be read.
    private static func active() -> [String: Int]? {
        guard let text = try? String(contentsOfFile: "/proc/slabinfo", encoding: .utf8) else { return nil }
        var found: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count > 2, let count = Int(words[1]) { found[String(words[0])] = count }
        }
        return names.allSatisfy { found[$0] != nil } ? found : nil
    }

    /// 20 VMAs that cannot merge, each with a page and so with an anon_vma.
    private static let setUp = (0..<20).map { index in
        """
        p\(index) = mmap(W + \(index * 2) * PAGE, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        store(p\(index), 1)
        """
    }.joined(separator: "\n")

    @Test(
        "one fork of 20 VMAs takes exactly the objects of each cache that the kernel's tracepoints tell of",
        .enabled(if: LiveKernel.isTheRecordedOne, "this takes the kernel that is modelled"))
    func oneFork() throws {
        let program = try Parser.parse(Self.setUp + "\nc = fork()\n")
        let live = try LiveExecutor()
        let session = try ScenarioSession(program, on: live)
        try session.go(to: 40)
        let parent = Int32(try #require(live.machine.live.first).process)
        guard let trace = KernelTrace(["kmem_cache_alloc", "kmem_cache_free"], of: parent) else {
            print("skipped: tracefs cannot be mounted here, or takes no instance")
            return
        }
        try session.run()
        var theirs: [String: Int] = [:]
        for line in trace.finish().split(separator: "\n") {
            guard let name = line.firstMatch(of: #/ name=(\S+)/#)?.1 else { continue }
            theirs[String(name), default: 0] += line.contains(" kmem_cache_alloc: ") ? 1 : -1
        }
        var settings = KernelSettings()
        settings.chargesKernelObjects = true
        let simulated = try SimulatorExecutor(settings: settings)
        let other = try ScenarioSession(program, on: simulated)
        func used() -> [String: Int] {
            let views = simulated.machine.slabCacheViews()
            return Dictionary(views.map { ($0.name, $0.usedObjects) }) { first, _ in first }
        }
        try other.go(to: 40)
        let before = used()
        try other.run()
        let ours = used().merging(before) { $0 - $1 }
        print("a fork: \(theirs.sorted { $0.key < $1.key })")
        for name in Self.names { #expect(ours[name] == theirs[name], "\(name)") }
    }

    private static let forks = (0..<children).map { "c\($0) = fork()" }.joined(separator: "\n")

    /// Runs the set-up, then the forks; what `count` says before and after these.
    private func growth<Executor: ScenarioExecutor>(
        _ executor: Executor, count: (Executor) throws -> [String: Int]
    ) throws -> [String: Int] {
        let program = try Parser.parse(Self.setUp + "\n" + Self.forks + "\n")
        let session = try ScenarioSession(program, on: executor)
        try session.go(to: 40)
        let before = try count(executor)
        try session.go(to: program.statements.count)
        return try count(executor).merging(before) { $0 - $1 }
    }

    @Test(
        "a fork of 20 VMAs takes as many VMAs, anon_vmas, links and address spaces as the live kernel's",
        .enabled(
            if: LiveKernel.isTheRecordedOne && active() != nil,
            "this takes root, /proc/slabinfo, and the kernel that is modelled"))
    func forksCostTheSame() throws {
        var settings = KernelSettings()
        settings.chargesKernelObjects = true
        let simulated = try growth(try SimulatorExecutor(settings: settings)) { executor in
            let views = executor.machine.slabCacheViews()
            return Dictionary(views.map { ($0.name, $0.usedObjects) }) { first, _ in first }
        }
        let live = try growth(try LiveExecutor()) { _ in try #require(Self.active()) }
        for name in Self.names {
            let ours = try #require(simulated[name]), theirs = try #require(live[name])
            // Free objects of the CPUs' slabs count as active there, and other programs come and go.
            let slack = max(ours / 10, 64)
            #expect(abs(ours - theirs) <= slack, "\(name): \(ours) here, \(theirs) on the live kernel")
        }
        #expect(simulated["mm_struct"] == Self.children)
    }
}
