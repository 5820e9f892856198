import Faultline
@testable import FaultlineWindow
import Foundation
import Testing
import WindowPrograms

/// What a window does when the host has no more, or its own bound is reached.
@Suite("Limits of windows")
struct LimitTests {
    @Test("a window shows no more pages than its limit; what went comes back without a simulated fault")
    func pageLimit() throws {
        var options = WindowOptions()
        options.pageLimit = 1
        let scene = try Scene(pages: 2048, windowPages: 2048, options: options)
        let base = scene.window.base
        for number in 0..<2048 { wp_store(base + number << 12, UInt8(truncatingIfNeeded: number)) }
        #expect(scene.process.faultCounts.minor >= 2048)
        #expect(scene.window.statistics.shownPages <= 256)
        #expect(scene.window.statistics.evictedPages > 1500)
        scene.check()
        var wrong = 0
        let faults = scene.faults {
            for number in 0..<2048 where wp_load(base + number << 12) != UInt8(truncatingIfNeeded: number) {
                wrong += 1
            }
        }
        #expect(wrong == 0)
        #expect(faults == 0)
        scene.check()
    }

    @Test("a window takes no more host mappings than its limit")
    func mappingLimit() throws {
        var options = WindowOptions()
        options.mappingLimit = 1
        let scene = try Scene(pages: 4096, windowPages: 4096, options: options)
        let base = scene.window.base
        for number in stride(from: 0, to: 4096, by: 2) {
            wp_store(base + number << 12, UInt8(truncatingIfNeeded: number))
            #expect(scene.window.statistics.mappings <= 256)
        }
        for number in stride(from: 0, to: 4096, by: 2) {
            #expect(wp_load(base + number << 12) == UInt8(truncatingIfNeeded: number))
        }
        scene.check()
    }

    @Test("pages that are touched in order, in frames that lie side by side, take few host mappings")
    func merges() throws {
        let scene = try Scene(pages: 4096, windowPages: 4096)
        for number in 0..<4096 { wp_store(scene.window.base + number << 12, 1) }
        #expect(scene.window.statistics.mappings < 600)
        #expect(scene.window.statistics.shownPages == 4096)
        scene.check()
    }

    @Test("the host's figure of mappings is the window's own")
    func countsMappings() throws {
        let scene = try Scene(pages: 512, windowPages: 512)
        let base = scene.window.base
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let number = Int.random(in: 0..<512, using: &random)
            if Bool.random() { wp_store(base + number << 12, 1) } else { _ = wp_load(base + number << 12) }
            if number % 17 == 0 { try scene.process.munmap(at: page(UInt64(number)), length: 4096) }
            if number % 17 == 0 {
                try scene.process.mmap(at: page(UInt64(number)), length: 4096, flags: [.private, .anonymous, .fixed])
            }
        }
        #expect(wp_mappings(base, 512 << 12) == scene.window.statistics.mappings)
        scene.check()
    }

    @Test("where the host has no room for a mapping, other pages go, and no byte is lost")
    func hostIsFull() throws {
        let scene = try Scene(pages: 512, windowPages: 512)
        let base = scene.window.base
        for number in 0..<256 { wp_store(base + number << 12, UInt8(truncatingIfNeeded: number)) }
        scene.fail(skipping: 0, 1, ENOMEM)
        for number in 256..<512 { wp_store(base + number << 12, UInt8(truncatingIfNeeded: number)) }
        scene.fail(skipping: 0, 0, 0)
        #expect(scene.window.statistics.evictedPages > 0)
        for number in 0..<512 { #expect(wp_load(base + number << 12) == UInt8(truncatingIfNeeded: number)) }
        scene.check()
    }

    @Test("where the host refuses a mapping for good, the code gets an error")
    func hostRefuses() throws {
        let scene = try Scene()
        scene.fail(skipping: 0, 1, EACCES)
        #expect(throws: WindowError.host(errno: EACCES)) { try scene.window.run { wp_store($0, 1) } }
        scene.fail(skipping: 0, 0, 0)
        try scene.window.run { wp_store($0, 1) }
        scene.check()
    }

    @Test("where the host does not unmap a part, all of the window goes", arguments: [0, 1, 2, 5])
    func hostKeeps(_ skipped: UInt64) throws {
        let scene = try Scene(pages: 64)
        let base = scene.window.base
        for number in 0..<64 { wp_store(base + number << 12, UInt8(number)) }
        scene.fail(skipping: skipped, 1, ENOMEM)
        for number in stride(from: 0, to: 16, by: 2) {
            try scene.process.munmap(at: page(UInt64(number)), length: 4096)
        }
        try scene.process.mprotect(at: page(20), length: 8192, .read)
        scene.fail(skipping: 0, 0, 0)
        scene.check()
        #expect(try refusal { try scene.window.run { _ in wp_store(base + 20 << 12, 1) } }?.code == 2)
        for number in 20..<64 { #expect(wp_load(base + number << 12) == UInt8(number)) }
        scene.check()
    }

    @Test("many faults in a row leave nothing behind in the host")
    func manyFaults() throws {
        let scene = try Scene(pages: 64)
        let (window, process) = (scene.window, scene.process)
        func use() throws -> (mappings: UInt64, bytes: Int) {
            let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            return (wp_mappings(nil, .max), (Int(pages[1]) ?? 0) << 12)
        }
        func rounds(_ count: Int) throws {
            for _ in 0..<count {
                for number in 0..<64 { wp_store(window.base + number << 12, 1) }
                try process.madvise(at: W, length: 64 << 12, .dontNeed)
            }
        }
        try rounds(50)
        let before = try use()
        try rounds(Self.rounds)
        let after = try use()
        #expect(after.mappings <= before.mappings + 2000)
        #expect(after.bytes < before.bytes + 256 << 20)
        scene.check()
    }

    /// Of 64 faults; FAULTLINE_WINDOW_FAULTS=1000000 makes a million.
    private static var rounds: Int {
        max(1, (ProcessInfo.processInfo.environment["FAULTLINE_WINDOW_FAULTS"].flatMap { Int($0) } ?? 20_000) / 64)
    }
}

extension Scene {
    /// Lets operations of the host fail from now on, after some that succeed.
    fileprivate func fail(skipping skipped: UInt64, _ count: UInt64, _ error: Int32) {
        window.record.pointee.skipped = skipped
        window.record.pointee.failures = count
        window.record.pointee.failure = error
    }
}
