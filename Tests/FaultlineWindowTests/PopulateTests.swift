import Faultline
import FaultlineWindow
import Foundation
import Testing
import WindowPrograms

@Suite("System calls and spans on a window")
struct PopulateTests {
    /// A pipe's ends.
    private func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test("read(2) into a window fails as EFAULT where its pages are not shown, and changes nothing")
    func readFails() throws {
        let scene = try Scene()
        let ends = try pipe()
        defer { [ends.read, ends.write].forEach { Glibc.close($0) } }
        #expect(Glibc.write(ends.write, "hello", 5) == 5)
        let before = scene.process.faultCounts.minor
        #expect(Glibc.read(ends.read, scene.window.base, 5) == -1)
        #expect(errno == EFAULT)
        #expect(Glibc.write(ends.write, scene.window.base + 8192, 4096) == -1)
        #expect(errno == EFAULT)
        #expect(scene.process.faultCounts.minor == before)
        #expect(scene.window.statistics.shownPages == 0)
        scene.check()
    }

    @Test("read(2) and write(2) work on bytes that were populated, one fault a page")
    func populated() throws {
        let scene = try Scene()
        let ends = try pipe()
        defer { [ends.read, ends.write].forEach { Glibc.close($0) } }
        let bytes = W + 4090..<W + 4100
        #expect(Glibc.write(ends.write, "0123456789", 10) == 10)
        var count = 0
        let faults = try scene.faults {
            count = try scene.window.withBytes(bytes, for: .write) { Glibc.read(ends.read, $0.baseAddress, $0.count) }
        }
        #expect(count == 10)
        #expect(faults == 2)
        let text = try scene.machine.withMachine { try $0.read(scene.process.id, at: W + 4090, count: 10) }
        #expect(String(decoding: text, as: UTF8.self) == "0123456789")
        // Read-only memory can be written from, not read into.
        try scene.process.mprotect(at: W, length: 8192, .read)
        #expect(
            try scene.window.withBytes(bytes, for: .read) { Glibc.write(ends.write, $0.baseAddress, $0.count) } == 10)
        let access = try refusal { try scene.window.withBytes(bytes, for: .write) { _ in } }
        #expect(access?.code == 2 && access?.access == .write)
        scene.check()
    }

    @Test("a range outside of the window, or larger than it shows at a time, is refused")
    func refuses() throws {
        var options = WindowOptions()
        options.pageLimit = 256
        let scene = try Scene(pages: 1024, windowPages: 1024, options: options)
        #expect(throws: WindowError.outside(W..<page(1025), of: W..<page(1024))) {
            try scene.window.populate(W..<page(1025), for: .read)
        }
        #expect(throws: WindowError.tooLarge(bytes: 129 << 12, limit: 128 << 12)) {
            try scene.window.populate(W..<page(129), for: .read)
        }
        try scene.window.populate(W..<page(128), for: .write)
        #expect(scene.faults { wp_fill(scene.window.base.assumingMemoryBound(to: UInt8.self), 128 << 12, 1) } == 0)
        scene.check()
    }

    #if compiler(>=6.2)
        @Test("spans read and write the memory of the process")
        func spans() throws {
            let scene = try Scene()
            try scene.window.withMutableSpan(at: W + 4080, count: 8, of: UInt32.self) { span in
                for index in span.indices { span[index] = UInt32(index * index) }
            }
            let sum = try scene.window.withSpan(at: W + 4080, count: 8, of: UInt32.self) { span in
                span.indices.reduce(0) { $0 + span[$1] }
            }
            #expect(sum == 140)
            #expect(try scene.machine.withMachine { try $0.load(scene.process.id, at: W + 4080 + 12) } == 9)
            #expect(
                try refusal { try scene.window.withSpan(at: page(20), count: 1, of: UInt8.self) { _ in } }?.code == 1)
            scene.check()
        }
    #endif
}
