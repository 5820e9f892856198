import Foundation
import Testing

@testable import Faultline

/// Free frames' host memory goes back to the host.
struct GiveBackTests {
    @Test("after munmap the host gets its memory back, and what is still mapped keeps its contents")
    func givesBack() throws {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start()
        let kept = try machine.mmap(process, 0, 16 << 12, prot: 3, flags: 0x22)
        let freed = try machine.mmap(process, 0, 64 << 20, prot: 3, flags: 0x22)
        for page in 0..<16 as Range<UInt64> { #expect(try machine.store(process, kept + page << 12, 7) == nil) }
        // As many different bytes as take memory of the host.
        for page in 0..<(64 << 8) as Range<UInt64> {
            for byte in 0...UInt64(CompactContents.capacity) {
                #expect(try machine.store(process, freed + page << 12 + byte, 9) == nil)
            }
        }
        let full = residentPages(of: machine)
        #expect(full >= 64 << 8)
        try machine.munmap(process, freed, 64 << 20)
        #expect(try machine.giveBackFreedMemory() >= 64 << 20)
        #expect(residentPages(of: machine) <= full - (64 << 8))
        for page in 0..<16 as Range<UInt64> { #expect(try machine.load(process, kept + page << 12) == .success(7)) }
        #expect(machine.checkInvariants() == nil)
        // The same frames again: they read zero.
        let again = try machine.mmap(process, 0, 64 << 20, prot: 3, flags: 0x22)
        for page in 0..<(64 << 8) as Range<UInt64> {
            #expect(try machine.store(process, again + page << 12, 1) == nil)
            #expect(try machine.load(process, again + page << 12 + 1) == .success(0))
        }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a machine that has freed nothing keeps what it has")
    func nothingFreed() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let address = try machine.mmap(process, 0, 4096, prot: 3, flags: 0x22)
        #expect(try machine.store(process, address, 3) == nil)
        try machine.giveBackFreedMemory()
        try machine.giveBackFreedMemory()
        #expect(try machine.load(process, address) == .success(3))
        #expect(machine.checkInvariants() == nil)
    }
}
