import CShim
import Faultline
import FaultlineWindow
import Foundation
import Testing
import WindowPrograms

@Suite("Ends of windows")
struct LifetimeTests {
    @Test("a window keeps its machine alive")
    func outlives() throws {
        var scene: Scene? = try Scene()
        let window = try #require(scene).window
        wp_store(window.base, 3)
        scene = nil
        #expect(wp_load(window.base) == 3)
        wp_store(window.base + 4096, 4)
        #expect(window.process.machine.withMachine { $0.checkInvariants() } == nil)
    }

    @Test("a closed window gives its addresses back, and another one may have them")
    func closes() throws {
        let scene = try Scene(pages: 4, windowPages: 8)
        let base = scene.window.base
        wp_store(base, 9)
        scene.window.close()
        scene.window.close()
        let next = try AddressWindow(scene.process, W..<page(8))
        #expect(try next.run { wp_load($0) } == 9)
        scene.check()
    }

    @Test("runs are left one by one: a refusal leaves the innermost, in whatever window it was")
    func nested() throws {
        let scene = try Scene(pages: 2)
        let other = try Scene(pages: 2)
        let inner = try other.window.run { base in
            let refused = try refusal { try scene.window.run { _ = wp_load($0 + 5 << 12) } }
            wp_store(base, 1)
            return refused
        }
        #expect(inner?.address == page(5))
        #expect(wp_load(other.window.base) == 1)
        // A touch of the outer window inside a run of the inner one.
        let access = try refusal {
            try scene.window.run { _ in
                try other.window.run { _ in _ = wp_load(scene.window.base + 6 << 12) }
            }
        }
        #expect(access?.address == page(6))
        scene.check()
        other.check()
    }

    private final class Held {}

    private struct HoldingError: Error { let held: Held }

    @Test("a run releases its body and what that holds when it is over, also where a touch was refused")
    func releases() throws {
        let scene = try Scene(pages: 1)
        weak var held: Held?
        func use(_ page: Int) throws {
            let object = Held()
            held = object
            try scene.window.run { base in
                wp_store(base + page << 12, 1)
                withExtendedLifetime(object) {}
            }
        }
        try use(0)
        #expect(held == nil)
        for _ in 0..<3 {
            let access = try refusal { try use(5) }
            #expect(access?.address == page(5))
            #expect(held == nil)
        }
    }

    @Test("results and errors that own memory come through a run and are released once")
    func handsOn() throws {
        let scene = try Scene(pages: 1)
        weak var held: Held?
        func result() throws -> Bool {
            let pair = try scene.window.run { base in
                wp_store(base, 7)
                return (Held(), [wp_load(base), 1, 2])
            }
            held = pair.0
            return pair.1 == [7, 1, 2]
        }
        #expect(try result())
        #expect(held == nil)
        func error() throws -> Bool {
            do { try scene.window.run { _ in throw HoldingError(held: Held()) } } catch let error as HoldingError {
                held = error.held
                return held != nil
            }
            return false
        }
        #expect(try error())
        #expect(held == nil)
    }

    @Test("what the code throws comes through")
    func throwsThrough() throws {
        let scene = try Scene()
        #expect(throws: CancellationError.self) { try scene.window.run { _ in throw CancellationError() } }
        #expect(
            try scene.process.window(W..<page(4)) { base in
                wp_store(base, 5)
                return wp_load(base)
            } == 5)
    }

    @Test("a child that the host's process forks does not have the window: its touch ends it with a report")
    func hostForks() throws {
        let scene = try Scene()
        wp_store(scene.window.base, 7)
        let status = wp_fork_and_touch(scene.window.base)
        #expect(status & 0x7f == SIGABRT, "the child aborts")
        #expect(wp_load(scene.window.base) == 7)
        wp_store(scene.window.base + 4096, 8)
        scene.check()
    }

    @Test("a touch while the thread is in the machine ends the process with a report")
    func touchesInside() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let machine = try WindowMachine(ramBytes: 64 << 20)
            let process = try machine.spawn()
            let start = try process.mmap(length: 4096)
            let window = try AddressWindow(process, start..<start + 4096)
            machine.withMachine { _ in wp_store(window.base, 1) }
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("faultline: window: a thread touches a window while it is in the machine"))
    }

    @Test(
        "a fault outside of every window is reported as before, whichever handler came first", arguments: [false, true])
    func otherFaults(_ isShimFirst: Bool) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [isShimFirst] in
            if isShimFirst { _ = fl_fault_shim_install() }
            let machine = try WindowMachine(ramBytes: 64 << 20)
            let process = try machine.spawn()
            let start = try process.mmap(length: 4096)
            let window = try AddressWindow(process, start..<start + 4096)
            if !isShimFirst { _ = fl_fault_shim_install() }
            wp_store(window.base, 1)
            wp_store(UnsafeMutableRawPointer(bitPattern: 4096)!, 1)
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("faultline: host SIGSEGV: write to host address 0x1000, not in simulated RAM"))
    }

    @Test("a refused touch of a thread without a run ends the process with the signal")
    func noRun() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = fl_fault_shim_install()
            let machine = try WindowMachine(ramBytes: 64 << 20)
            let process = try machine.spawn()
            let window = try AddressWindow(process, 0x1000_0000..<0x1000_1000)
            wp_store(window.base, 1)
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("faultline: host SIGSEGV: write to host address"))
    }
}
