import CWindow
import Faultline
import FaultlineHost
import FaultlineScenario
import Foundation
@testable import FaultlineWindow
import Testing
import WindowPrograms

/// Programs in plain C that know nothing of windows.
@Suite("Programs in a window")
struct ProgramTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let run: @convention(c) (UnsafeMutableRawPointer, Int, UInt64, UInt64) -> UInt64
        let count: UInt64
        let pages: UInt64

        var testDescription: String { name }
        var bytes: Int { Int(pages << 12) }
    }

    static let cases = [
        Case(name: "tree", run: wp_tree, count: 3000, pages: 32),
        Case(name: "hash table", run: wp_hash, count: 9000, pages: 64),
        Case(name: "sort", run: wp_sort, count: 20_000, pages: 80),
    ]

    /// Touches that came to the machine, as a program of the scenario language.
    final class Tracer {
        private(set) var lines: [String] = []

        /// Notes the touches of a window from now on.
        func watch(_ window: AddressWindow) {
            window.record.pointee.observer = Unmanaged.passUnretained(self).toOpaque()
            window.record.pointee.observe = { observer, _, touch, _ in
                guard let observer else { return }
                let call = touch.pointee.kind == 1 ? ", 1)" : ")"
                Unmanaged<Tracer>.fromOpaque(observer).takeUnretainedValue().lines.append(
                    (touch.pointee.kind == 1 ? "store(" : "load(") + "0x\(String(touch.pointee.address, radix: 16))"
                        + call)
            }
        }

        /// The faults that the same accesses take in a scenario program on a fresh machine.
        func faults(pages: UInt64, on executor: any ScenarioExecutor) throws -> Int {
            let head =
                "mmap(0x\(String(W, radix: 16)), \(pages << 12), PROT_READ|PROT_WRITE, "
                + "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
                + "madvise(0x\(String(W, radix: 16)), \(pages << 12), MADV_NOHUGEPAGE)\n"
            let program = try Parser.parse(head + lines.joined(separator: "\n") + "\n")
            let run = try ScenarioSession(program, on: executor).run()
            return run.steps.reduce(0) { sum, step in
                if case .result(let result) = step.content { sum + (result.faults?.minor ?? 0) } else { sum }
            }
        }
    }

    @Test("gives the right answer, with the faults of the same accesses as a scenario program", arguments: cases)
    func faultsAsScenario(_ program: Case) throws {
        let scene = try Scene(pages: program.pages, windowPages: program.pages)
        let tracer = Tracer()
        tracer.watch(scene.window)
        var result: UInt64 = 0
        let faults = try scene.faults {
            result = try scene.window.run { program.run($0, program.bytes, program.count, 1) }
        }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: program.bytes, alignment: 4096)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: program.bytes)
        #expect(result != 0 && result == program.run(memory, program.bytes, program.count, 1))
        #expect(faults > program.pages / 2)
        #expect(try Int(faults) == tracer.faults(pages: program.pages, on: SimulatorExecutor()))
        if let live = try? LiveExecutor() {
            #expect(try Int(faults) == tracer.faults(pages: program.pages, on: live))
        }
        scene.check()
    }

    @Test("takes as many faults as on the live kernel, in this very process", arguments: cases)
    func faultsAsLive(_ program: Case) throws {
        let scene = try Scene(pages: program.pages, windowPages: program.pages)
        try scene.process.madvise(at: W, length: program.pages << 12, .noHugePage)
        var result: UInt64 = 0
        let faults = try scene.faults {
            result = try scene.window.run { program.run($0, program.bytes, program.count, 2) }
        }
        var liveResult: UInt64 = 0
        // The host may count a fault of its own, such as one of the stack: the least of a few runs has none.
        let live = (0..<5).map { _ in wp_live_faults(program.run, program.bytes, program.count, 2, &liveResult) }.min()
        #expect(result == liveResult)
        #expect(live == faults)
        scene.check()
    }

    @Test("four programs on four threads, each in a process of its own, share one machine")
    func fourAtOnce() throws {
        let machine = try WindowMachine(ramBytes: 256 << 20)
        let program = Self.cases[2]
        let windows = try (0..<4).map { _ in
            let process = try machine.spawn()
            let start = try process.mmap(length: program.pages << 12)
            return try AddressWindow(process, start..<start + program.pages << 12)
        }
        let results = Results(count: 4)
        DispatchQueue.concurrentPerform(iterations: 4) { index in
            results.set(
                index, (try? windows[index].run { program.run($0, program.bytes, program.count, UInt64(index)) }) ?? 0)
        }
        for index in 0..<4 {
            var expected: UInt64 = 0
            _ = wp_live_faults(program.run, program.bytes, program.count, UInt64(index), &expected)
            #expect(results.values[index] == expected)
        }
        #expect(Set(windows.map { $0.process.faultCounts.minor }).count == 1)
        #expect(machine.withMachine { $0.checkInvariants() } == nil)
    }

    @Test("goes on in a child after a fork, and both sides sort their own numbers")
    func sortsOnBothSides() throws {
        let program = Self.cases[2]
        let scene = try Scene(pages: program.pages, windowPages: program.pages)
        let first = try scene.window.run { program.run($0, program.bytes, program.count, 5) }
        let child = try scene.process.fork()
        let other = try AddressWindow(child, W..<page(program.pages))
        let before = (0..<program.bytes / 64).map { wp_load(scene.window.base + 64 * $0) }
        #expect(try other.run { program.run($0, program.bytes, program.count, 6) } != first)
        #expect((0..<program.bytes / 64).map { wp_load(scene.window.base + 64 * $0) } == before)
        #expect(try scene.window.run { program.run($0, program.bytes, program.count, 5) } == first)
        scene.check()
    }
}

/// Numbers that threads write, each its own.
final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private var numbers: [UInt64]

    init(count: Int) { numbers = Array(repeating: 0, count: count) }

    var values: [UInt64] { lock.withLock { numbers } }

    func set(_ index: Int, _ value: UInt64) { lock.withLock { numbers[index] = value } }
}
