import Faultline
import FaultlineWindow
import Foundation
import Testing
import WindowPrograms

@Suite("Windows and threads")
struct ThreadTests {
    /// Runs a closure on some threads at once and waits for all.
    private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }

    @Test("four threads touch pages of one window, each byte is right and each page took one fault")
    func fourThreads() throws {
        let pages = 1024
        let scene = try Scene(pages: UInt64(pages), windowPages: UInt64(pages))
        let window = scene.window
        let before = scene.process.faultCounts.minor
        onThreads(4) { thread in
            for number in stride(from: thread, to: pages, by: 4) {
                wp_store(window.base + number << 12 + thread, UInt8(truncatingIfNeeded: number))
            }
        }
        #expect(scene.process.faultCounts.minor - before == UInt64(pages))
        for number in 0..<pages {
            #expect(wp_load(window.base + number << 12 + number % 4) == UInt8(truncatingIfNeeded: number))
        }
        scene.check()
    }

    @Test("threads that fault on the same page get it once")
    func samePage() throws {
        let scene = try Scene(pages: 256, windowPages: 256)
        let window = scene.window
        let before = scene.process.faultCounts.minor
        onThreads(4) { thread in
            for number in 0..<256 { wp_store(window.base + number << 12 + thread, 1) }
        }
        #expect(scene.process.faultCounts.minor - before == 256)
        scene.check()
    }

    @Test(
        "threads run while another one maps, protects, forks and unmaps: each touch succeeds or is refused, no byte is wrong"
    )
    func unmapsUnderRunningCode() throws {
        let scene = try Scene(pages: 32, windowPages: 32)
        let (window, process) = (scene.window, scene.process)
        let refused = Counter()
        let wrong = Counter()
        onThreads(4) { thread in
            if thread == 0 {
                for round in 0..<60 {
                    try? process.munmap(at: page(8), length: 8 << 12)
                    if round % 3 == 0, let child = try? process.fork() { try? child.exit() }
                    try? process.mprotect(at: page(16), length: 8 << 12, .read)
                    try? process.mprotect(at: page(16), length: 8 << 12, .readWrite)
                    _ = try? process.mmap(at: page(8), length: 8 << 12, flags: [.private, .anonymous, .fixed])
                }
                return
            }
            for round in 0..<2000 {
                // Each thread has bytes of its own.
                let number = (round * 7 + thread * 5) % 32
                let place = window.base + number << 12 + 64 * thread
                let byte = UInt8(thread)
                do {
                    let read = try window.run { _ in
                        wp_store(place, byte)
                        return wp_load(place)
                    }
                    // Between the two, the page may have been unmapped and mapped anew.
                    if read != byte && !(read == 0 && (8..<16).contains(number)) { wrong.add() }
                } catch {
                    refused.add()
                    if !(8..<24).contains(number) { wrong.add() }
                }
            }
        }
        #expect(wrong.value == 0)
        scene.check()
    }

    @Test("a window closes while other threads are in the machine")
    func closes() throws {
        let scene = try Scene(pages: 64)
        let process = scene.process
        onThreads(4) { thread in
            for _ in 0..<20 {
                guard let window = try? AddressWindow(process, W..<page(64)) else { continue }
                for number in 0..<8 { wp_store(window.base + number << 12, UInt8(thread)) }
                window.close()
            }
        }
        scene.check()
    }
}

/// A number that threads add to.
final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    var value: Int { lock.withLock { count } }

    func add() { lock.withLock { count += 1 } }
}
