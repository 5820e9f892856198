import Faultline
import FaultlineWindow
import Testing
import WindowPrograms

@Suite("Windows")
struct WindowTests {
    @Test("a first touch is one page fault of the simulated process, further touches are none")
    func firstTouch() throws {
        let scene = try Scene()
        let base = scene.window.base
        var byte: UInt8 = 1
        #expect(scene.faults { byte = wp_load(base) } == 1)
        #expect(byte == 0)
        #expect(scene.faults { wp_store(base, 7) } == 1, "the zero page is copied")
        #expect(scene.faults { wp_store(base + 1, 8) } == 0)
        #expect(scene.faults { byte = wp_load(base + 1) } == 0)
        #expect(byte == 8)
        #expect(scene.faults { wp_store(base + 4096, 9) } == 1)
        #expect(try scene.machine.withMachine { try $0.load(scene.process.id, at: W + 1) } == 8)
        #expect(scene.window.statistics.touches == 3)
        scene.check()
    }

    @Test("what the machine writes is seen in the window, and the other way round")
    func bothWays() throws {
        let scene = try Scene()
        try scene.machine.withMachine { try $0.write(scene.process.id, at: W + 4090, Array(1...12)) }
        #expect(try scene.window.run { base in (0..<12).map { wp_load(base + 4090 + $0) } } == Array(1...12))
        try scene.window.run { wp_fill($0.assumingMemoryBound(to: UInt8.self), 8192, 3) }
        let bytes = try scene.machine.withMachine { try $0.read(scene.process.id, at: W, count: 8192) }
        #expect(bytes == (0..<8192).map { UInt8(truncatingIfNeeded: $0 * 3) })
        scene.check()
    }

    @Test("a refused touch comes back with the signal that Linux gives")
    func refusals() throws {
        let scene = try Scene(pages: 4)
        try scene.process.mprotect(at: page(1), length: 4096, .read)
        try scene.process.mprotect(at: page(2), length: 4096, .none)
        let base = scene.window.base
        let write = try refusal { try scene.window.run { _ in wp_store(base + 4096 + 5, 1) } }
        #expect(write?.signal == 11 && write?.code == 2 && write?.access == .write)
        #expect(write?.signalAddress == page(1) + 5)
        #expect(write?.description == "write of 0x100000001005: SIGSEGV SEGV_ACCERR")
        let none = try refusal { try scene.window.run { _ in _ = wp_load(base + 8192) } }
        #expect(none?.code == 2 && none?.access == .read)
        let missing = try refusal { try scene.window.run { _ in _ = wp_load(base + 5 * 4096) } }
        #expect(missing?.code == 1 && missing?.signalAddress == page(5))
        let fetch = try refusal { try scene.window.run { _ in _ = wp_call(base) } }
        #expect(fetch?.code == 2 && fetch?.access == .execute)
        #expect(try scene.window.run { wp_load($0 + 4096) } == 0, "the window goes on to work")
        scene.check()
    }

    @Test("a touch behind the end of a file is SIGBUS")
    func behindTheFile() throws {
        let scene = try Scene(pages: 0)
        let file = try scene.machine.withMachine {
            try $0.tmpfsFile(scene.process.id, name: "f", size: 6000)
        }
        try scene.process.mmap(at: W, length: 16384, flags: [.shared, .fixed], file: file)
        let base = scene.window.base
        try scene.window.run { _ in wp_store(base + 5000, 1) }
        let access = try refusal { try scene.window.run { _ in _ = wp_load(base + 8192) } }
        #expect(access?.signal == 7 && access?.code == 2 && access?.signalAddress == page(2))
        scene.check()
    }

    @Test("code runs where the entry allows it")
    func executes() throws {
        let scene = try Scene(protection: [.read, .write, .execute])
        // mov eax, 42; ret
        let code: [UInt8] = [0xb8, 42, 0, 0, 0, 0xc3]
        try scene.machine.withMachine { try $0.write(scene.process.id, at: W + 64, code) }
        #expect(try scene.window.run { wp_call($0 + 64) } == 42)
        try scene.process.mprotect(at: W, length: 4096, .read)
        let access = try refusal { try scene.window.run { _ = wp_call($0 + 64) } }
        #expect(access?.access == .execute && access?.code == 2)
        scene.check()
    }

    @Test("a window is at the simulated addresses where these are free, and at others otherwise")
    func places() throws {
        let scene = try Scene()
        // No other test uses these.
        let start: UInt64 = 0x2345_6789_0000
        try scene.process.mmap(at: start, length: 8192, flags: [.private, .anonymous, .fixed])
        let window = try AddressWindow(scene.process, start..<start + 8192)
        #expect(UInt(bitPattern: window.base) == UInt(start))
        let other = try AddressWindow(scene.process, start..<start + 8192)
        #expect(other.base != window.base)
        wp_store(window.base, 5)
        #expect(wp_load(other.base) == 5, "two windows of one process share the bytes")
        #expect(other.address(of: other.base + 4097) == start + 4097)
        #expect(other.address(of: window.base) == nil)
        #expect(other.pointer(to: start, as: UInt32.self).pointee == 5)
        scene.check()
    }

    @Test("a window must be whole pages of user space of a live process")
    func badRanges() throws {
        let scene = try Scene()
        let limit: UInt64 = 1 << 47
        let ranges: [Range<UInt64>] = [W..<W, W + 1..<page(1), W..<page(1) + 5, limit - 4096..<limit + 4096]
        for range in ranges {
            #expect(throws: WindowError.range(range)) { try AddressWindow(scene.process, range) }
        }
        let child = try scene.process.fork()
        try child.exit()
        #expect(throws: WindowError.ended) { try AddressWindow(child, W..<page(1)) }
    }

    @Test("a stack grows under the code that writes below it")
    func stackGrows() throws {
        let process = try WindowMachine(ramBytes: 64 << 20).spawn()
        let bottom: UInt64 = 0x7fff_fffd_e000
        let window = try AddressWindow(process, bottom - 1 << 20..<bottom + 1 << 16)
        try window.run { _ in wp_store(window.pointer(to: bottom - 8, as: UInt8.self), 1) }
        let stack = try process.snapshot().vmas.first { $0.contains(bottom) }
        #expect(stack?.start == bottom - 4096)
        #expect(process.machine.withMachine { $0.checkInvariants() } == nil)
    }

    @Test("a process that the out-of-memory killer ends is SIGKILL for its code, and its window shows nothing any more")
    func outOfMemory() throws {
        let process = try WindowMachine(ramBytes: 16 << 20).spawn()
        let start = try process.mmap(length: 64 << 20, flags: [.private, .anonymous, .noReserve])
        let window = try AddressWindow(process, start..<start + 64 << 20)
        let access = try refusal {
            try window.run { base in
                for number in 0..<(64 << 8) { wp_store(base + number << 12, 1) }
            }
        }
        #expect(access?.signal == 9)
        #expect(window.statistics.shownPages == 0)
        #expect(throws: WindowError.ended) { try window.run { _ = wp_load($0) } }
        #expect(process.machine.withMachine { $0.checkInvariants() } == nil)
    }
}
