import Foundation
import Testing

@testable import Faultline

@Suite("What frames hold without memory of the host")
struct CompactContentsTests {
    @Test("bytes, fills, copies and whole contents come out as in a plain array", arguments: [1, 2, 3, 4] as [UInt64])
    func model(_ seed: UInt64) throws {
        var memory = try PhysicalMemory(bytes: 16 << 20)
        var random = SeededGenerator(seed: seed)
        var frames: [PFN] = []
        var model: [[UInt8]] = []
        for _ in 0..<6 {
            frames.append(try #require({ memory.allocate(.anonymous) }()))
            model.append([UInt8](repeating: 0, count: 4096))
        }
        for step in 0..<4000 {
            let which = Int(random.next() % 6)
            let offset = Int(random.next() % 4096)
            let byte = UInt8(random.next() % 3)
            switch random.next() % 40 {
            case 0:
                let length = Int(random.next() % UInt64(4097 - offset))
                memory.frames.fill(frames[which], offset: offset, length: length, byte: byte)
                for place in offset..<offset + length { model[which][place] = byte }
            case 1:
                memory.frames.fill(frames[which], offset: 0, length: 4096, byte: byte)
                model[which] = [UInt8](repeating: byte, count: 4096)
            case 2, 3:
                let other = (which + 1) % 6
                memory.frames.copyFrame(from: frames[which], to: frames[other])
                model[other] = model[which]
            case 4 where random.next() % 8 == 0: _ = memory.frames.contents(frames[which])
            default:
                memory.frames.setByte(frames[which] << 12 + UInt64(offset), byte)
                model[which][offset] = byte
            }
            let place = Int(random.next() % 4096)
            #expect(
                memory.frames.byte(frames[which] << 12 + UInt64(place)) == model[which][place],
                "seed \(seed), step \(step)")
        }
        for (frame, expected) in zip(frames, model) {
            #expect((0..<4096).map { memory.frames.byte(frame << 12 + UInt64($0)) } == expected)
            if let byte = memory.frames.uniformByte(frame) { #expect(expected.allSatisfy { $0 == byte }) }
            let words = memory.frames.contents(frame)
            #expect(words[5] == (0..<8).reduce(0) { $0 | UInt64(expected[40 + $1]) << UInt64(8 * $1) })
        }
    }

    @Test("five bytes that differ cost the host nothing, the sixth a page")
    func capacity() throws {
        var memory = try PhysicalMemory(bytes: 16 << 20)
        let pfn = try #require({ memory.allocate(.anonymous) }())
        memory.frames.setUniform(pfn, 3)
        for place in 0..<5 as Range<UInt64> { memory.frames.setByte(pfn << 12 + place * 700, 9) }
        memory.frames.setByte(pfn << 12 + 700, 8)
        memory.frames.setByte(pfn << 12 + 1, 3)
        #expect(memory.frames.page(pfn).pointee.lines == 0)
        memory.frames.setByte(pfn << 12 + 4095, 1)
        #expect(memory.frames.page(pfn).pointee.lines == 1 << 63)
        #expect([0, 700, 701, 4094, 4095].map { memory.frames.byte(pfn << 12 + $0) } == [9, 8, 3, 3, 1])
    }

    @Test("a machine whose pages hold a few bytes each takes a small part of its RAM from the host")
    func largeMachine() throws {
        let machine = try Machine(ramBytes: 8 << 30)
        let process = try machine.start()
        let size: UInt64 = 6 << 30
        let start = try machine.mmap(process, 0, size, prot: 3, flags: 0x22)
        var faults = 0
        for page in 0..<size >> 12 {
            if try machine.store(process, start + page << 12, 7) != nil { faults += 1 }
            if try machine.store(process, start + page << 12 + 9, 8) != nil { faults += 1 }
        }
        #expect(faults == 0)
        #expect(try machine.load(process, start + size - 4096 + 9) == .success(8))
        let file = try machine.tmpfsFile(process, name: "file:f", size: 1 << 30)
        #expect(try machine.pread(process, file, offset: 5, length: 1) == 1)
        // Tables, in pieces of 2 MiB.
        #expect(residentPages(of: machine) < 64 << 8)
        #expect(machine.checkInvariants() == nil)
    }
}
