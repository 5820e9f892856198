@testable import Faultline
import FaultlineWindow
import Testing
import WindowPrograms

@Suite("A window follows the page tables")
struct CoherenceTests {
    /// A scene with pages that were written to, in a window that shows them.
    private func written(_ pages: UInt64 = 8) throws -> Scene {
        let scene = try Scene(pages: pages)
        try scene.window.run { base in
            for page in 0..<Int(pages) { wp_store(base + page << 12, UInt8(page + 1)) }
        }
        #expect(scene.window.statistics.shownPages == pages)
        return scene
    }

    @Test("munmap takes the pages away; a touch after it is SIGSEGV SEGV_MAPERR")
    func unmapped() throws {
        let scene = try written()
        try scene.process.munmap(at: page(2), length: 8192)
        #expect(scene.window.statistics.shownPages == 6)
        let access = try refusal { try scene.window.run { _ = wp_load($0 + 2 << 12) } }
        #expect(access?.code == 1)
        #expect(try scene.window.run { wp_load($0 + 4 << 12) } == 5)
        scene.check()
    }

    @Test("a touch of a page that another window's call unmapped is refused too")
    func unmappedByOther() throws {
        let scene = try written()
        let other = try AddressWindow(scene.process, W..<page(8))
        #expect(try other.run { wp_load($0 + 4096) } == 2)
        try scene.process.munmap(at: W, length: 8 << 12)
        for window in [scene.window, other] {
            #expect(try refusal { try window.run { _ = wp_load($0 + 4096) } }?.code == 1)
        }
        scene.check()
    }

    @Test("mprotect takes the right to write away and leaves the page shown")
    func protected() throws {
        let scene = try written()
        try scene.process.mprotect(at: W, length: 8 << 12, .read)
        #expect(scene.window.statistics.shownPages == 8)
        #expect(try scene.window.run { wp_load($0 + 4096) } == 2)
        #expect(try refusal { try scene.window.run { wp_store($0 + 4096, 1) } }?.code == 2)
        try scene.process.mprotect(at: W, length: 8 << 12, .readWrite)
        #expect(
            try scene.faults { try scene.window.run { wp_store($0 + 4096, 1) } } == 0,
            "mprotect made it writable at once")
        scene.check()
    }

    @Test("after fork each side sees its own bytes, and pages that nobody wrote to share their frames")
    func forked() throws {
        let scene = try written()
        let child = try scene.process.fork()
        let other = try AddressWindow(child, W..<page(8))
        #expect(scene.faults { wp_store(scene.window.base, 101) } == 1)
        wp_store(other.base + 4096, 102)
        #expect(child.faultCounts.minor == 1)
        let parent = (0..<8).map { wp_load(scene.window.base + $0 << 12) }
        let copy = (0..<8).map { wp_load(other.base + $0 << 12) }
        #expect(parent == [101, 2, 3, 4, 5, 6, 7, 8])
        #expect(copy == [1, 102, 3, 4, 5, 6, 7, 8])
        func frames(_ process: WindowProcess) throws -> [UInt64?] {
            try scene.machine.withMachine { machine in
                try (0..<8).map { try machine.walk(process.id, at: page($0))?.physicalAddress }
            }
        }
        let (ours, theirs) = (try frames(scene.process), try frames(child))
        #expect(ours[0] != theirs[0] && ours[1] != theirs[1])
        #expect(ours[2...] == theirs[2...])
        scene.check()
        try child.exit()
        #expect(throws: WindowError.ended) { try other.run { _ = wp_load($0) } }
        scene.check()
    }

    @Test("accessed and dirty are set by the first read and the first write, also after they were cleared")
    func accessedAndDirty() throws {
        let scene = try Scene(pages: 0)
        let file = try scene.machine.withMachine { try $0.diskFile(scene.process.id, name: "f", size: 16384) }
        try scene.process.mmap(at: W, length: 16384, flags: [.shared, .fixed], file: file)
        func bits(_ number: UInt64) -> (Bool, Bool) {
            scene.machine.withMachine { machine in
                guard let entry = machine.findPTE(machine.processes[scene.process.id.index].mm, page(number)) else {
                    return (false, false)
                }
                let pte = PTE(rawValue: entry.pointee)
                return (pte.isAccessed, pte.isDirty)
            }
        }
        let base = scene.window.base
        _ = wp_load(base)
        #expect(bits(0) == (true, false))
        wp_store(base, 1)
        #expect(bits(0) == (true, true))
        // Written back: the entry is clean and read-only again.
        try scene.machine.withMachine { try $0.msync(scene.process.id, at: W, length: 4096, .synchronous) }
        #expect(bits(0) == (true, false))
        scene.check()
        #expect(wp_load(base) == 1)
        #expect(bits(0) == (true, false))
        #expect(scene.faults { wp_store(base, 2) } == 1)
        #expect(bits(0) == (true, true))
        try scene.process.madvise(at: W, length: 4096, .cold)
        #expect(bits(0).0 == false)
        scene.check()
        #expect(wp_load(base) == 2)
        #expect(bits(0).0)
        scene.check()
    }

    @Test("MADV_DONTNEED, MADV_FREE, mremap and truncation reach the window")
    func otherCalls() throws {
        let scene = try written()
        try scene.process.madvise(at: W, length: 4096, .dontNeed)
        #expect(try scene.window.run { wp_load($0) } == 0)
        try scene.process.madvise(at: page(1), length: 4096, .free)
        scene.check()
        try scene.process.mremap(at: page(4), length: 8192, to: 8192, flags: [.mayMove, .fixed], newAddress: page(20))
        #expect(try scene.window.run { wp_load($0 + 20 << 12) } == 5)
        #expect(try refusal { try scene.window.run { _ = wp_load($0 + 4 << 12) } }?.code == 1)
        let file = try scene.machine.withMachine { try $0.memfdCreate(scene.process.id, "m") }
        try scene.machine.withMachine { try $0.ftruncate(scene.process.id, file, to: 8192) }
        try scene.process.mmap(at: page(30), length: 8192, flags: [.shared, .fixed], file: file)
        try scene.window.run { wp_store($0 + 31 << 12, 9) }
        try scene.machine.withMachine { try $0.ftruncate(scene.process.id, file, to: 4096) }
        #expect(try refusal { try scene.window.run { _ = wp_load($0 + 31 << 12) } }?.signal == 7)
        scene.check()
    }

    @Test("a protection key that a process closes takes its pages away, and opens them again")
    func protectionKeys() throws {
        var settings = KernelSettings()
        settings.cpu.protectionKeys = true
        let scene = try Scene(settings: settings)
        let id = scene.process.id
        let key = try scene.machine.withMachine { machine in
            let key = try machine.allocateProtectionKey(id)
            try machine.mprotect(id, at: W, length: 4096, .readWrite, key: key)
            return key
        }
        try scene.window.run { wp_store($0, 7) }
        func close(_ rights: UInt32) throws {
            try scene.machine.withMachine { machine in
                _ = try machine.writePKRU(id.index, rights << UInt32(2 * key.rawValue))
            }
        }
        try close(2)
        #expect(try scene.window.run { wp_load($0) } == 7)
        let write = try refusal { try scene.window.run { wp_store($0, 8) } }
        #expect(write?.code == 4 && write?.protectionKey == UInt8(key.rawValue))
        try close(1)
        #expect(try refusal { try scene.window.run { _ = wp_load($0) } }?.code == 4)
        scene.check()
        try close(0)
        try scene.window.run { wp_store($0, 9) }
        scene.check()
    }

    @Test("the invariants find a flush that does not reach a window", arguments: [0, 1, 2])
    func missedFlush(_ change: Int) throws {
        let scene = try written()
        let problem = try scene.machine.withMachine { machine in
            machine.checksCoherence = true
            machine.cpu.mmu.check?.dropsFlushes = true
            switch change {
            case 0: try machine.munmap(scene.process.id, at: page(1), length: 4096)
            case 1: try machine.mprotect(scene.process.id, at: page(1), length: 4096, .read)
            default: try machine.madvise(scene.process.id, at: page(1), length: 4096, .cold)
            }
            let problem = machine.checkWindows()
            // The window must not outlive the test in that state.
            machine.cpu.mmu.check?.dropsFlushes = false
            machine.windows.forEach { $0.hide() }
            return problem
        }
        let operation = ["zap_pte_range", "change_protection", "madvise_cold_or_pageout_pte_range"][change]
        #expect(problem?.contains("should have been flushed by \(operation)") == true, "\(problem ?? "nothing found")")
    }

    @Test("a machine that goes back to a checkpoint takes its windows with it")
    func goesBack() throws {
        let scene = try written()
        let id = scene.process.id
        guard let before = scene.machine.withMachine({ $0.checkpoint(after: nil) }) else {
            Issue.record("a machine without a coherence check makes checkpoints")
            return
        }
        try scene.window.run { wp_fill($0.assumingMemoryBound(to: UInt8.self), 8 << 12, 5) }
        let child = try scene.process.fork()
        let other = try AddressWindow(child, W..<page(8))
        wp_store(other.base, 77)
        scene.machine.withMachine { $0.restore(before) }
        scene.check()
        #expect(try scene.window.run { base in (0..<8).map { wp_load(base + $0 << 12) } } == Array(1...8))
        #expect(throws: WindowError.ended) { try other.run { _ = wp_load($0) } }
        #expect(try scene.machine.withMachine { try $0.load(id, at: W) } == 1)
        scene.check()
    }

    @Test("execve ends the windows of the old address space")
    func exits() throws {
        let scene = try written()
        let clone = try scene.machine.withMachine { try $0.cloneVM(scene.process.id) }
        try scene.process.exit()
        #expect(throws: WindowError.ended) { try scene.window.run { wp_store($0 + 9 << 12, 1) } }
        scene.check()
        try scene.machine.withMachine { try $0.exit(clone) }
        #expect(scene.window.statistics.shownPages == 0)
        scene.check()
    }
}
