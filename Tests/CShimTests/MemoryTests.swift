import CShim
import Foundation
import Testing

/// Simulated RAM: its limits, its accesses, and what it costs the host.
struct MemoryTests {
    @Test("what the host could give is something, and no more than it has")
    func hostAvailable() throws {
        let text = try String(contentsOfFile: "/proc/meminfo", encoding: .utf8)
        let total = try #require(UInt64(text.split(separator: "\n")[0].filter(\.isNumber)))
        let available = fl_host_available()
        #expect(available > 0 && available <= total << 10)
    }

    @Test(
        "a size that cannot be is refused",
        arguments: [0, 1, 4095, 4097, FL_RAM_MAX_BYTES + 4096, UInt64.max, UInt64.max & ~4095] as [UInt64])
    func badSizes(_ bytes: UInt64) {
        var ram = fl_ram()
        #expect(fl_ram_create(&ram, bytes) == FL_E_SIZE)
        #expect(ram.base == nil && ram.frames == 0)
    }

    @Test("the largest machine can be made, and its last byte used")
    func largest() {
        let ram = TestRAM(bytes: FL_RAM_MAX_BYTES)
        #expect(ram.write(FL_RAM_MAX_BYTES - 2, [1, 2]) == FL_OK)
        #expect(ram.read(FL_RAM_MAX_BYTES - 2, 2) == [1, 2])
        #expect(ram.write(FL_RAM_MAX_BYTES - 1, [1, 2]) == FL_E_RANGE)
    }

    @Test("any width reads back, across frames too", arguments: [1, 2, 3, 4, 8, 16, 4096, 9000])
    func widths(_ count: Int) {
        let ram = TestRAM(bytes: 16 << 12)
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
        for address in [0, 1, 4095, 4096, (16 << 12) - UInt64(count)] as [UInt64] {
            #expect(ram.write(address, bytes) == FL_OK)
            #expect(ram.read(address, count) == bytes)
        }
    }

    @Test("what lies outside is refused and nothing is changed, sums that overflow too")
    func outside() {
        let ram = TestRAM(bytes: 4 << 12)
        let end: UInt64 = 4 << 12
        for address in [end - 7, end, end + 1, UInt64.max, UInt64.max - 6, 1 << 63] {
            #expect(ram.write(address, [UInt8](repeating: 9, count: 8)) == FL_E_RANGE)
            #expect(ram.read(address, 8) == nil)
        }
        #expect(ram.read(end - 7, 7) == [UInt8](repeating: 0, count: 7))
        #expect(ram.write(end, []) == FL_OK)
        #expect(fl_ram_copy_frame(&ram.ram, 4, 0) == FL_E_RANGE)
        #expect(fl_ram_copy_frame(&ram.ram, 0, .max) == FL_E_RANGE)
        #expect(fl_ram_zero_frame(&ram.ram, 4) == FL_E_RANGE)
    }

    @Test("frames are copied and zeroed whole")
    func frames() {
        let ram = TestRAM(bytes: 4 << 12)
        let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0) }
        #expect(ram.write(4096, bytes) == FL_OK)
        #expect(fl_ram_copy_frame(&ram.ram, 3, 1) == FL_OK)
        #expect(fl_ram_copy_frame(&ram.ram, 3, 3) == FL_OK)
        #expect(ram.read(3 << 12, 4096) == bytes)
        #expect(fl_ram_zero_frame(&ram.ram, 1) == FL_OK)
        #expect(ram.read(4096, 4096) == [UInt8](repeating: 0, count: 4096))
        #expect(ram.read(3 << 12, 4096) == bytes)
    }

    @Test("given-back frames read zero and cost the host nothing; their neighbours stay")
    func giveBack() {
        let frames: UInt64 = 4096
        let ram = TestRAM(bytes: frames << 12)
        for pfn in 0..<frames { #expect(ram.write(pfn << 12, [UInt8(truncatingIfNeeded: pfn) | 1]) == FL_OK) }
        #expect(ram.resident == Int(frames))
        // Two that touch, one apart, one empty.
        let runs = [(0, 512), (512, 512), (2000, 1), (2001, 0), (3584, 512)].map {
            fl_frame_run(first: $0.0, count: $0.1)
        }
        #expect(fl_ram_give_back(&ram.ram, runs, UInt64(runs.count)) == FL_OK)
        #expect(ram.resident == Int(frames) - 1537)
        for pfn in [0, 511, 512, 1023, 2000, 3584, 4095] as [UInt64] { #expect(ram.read(pfn << 12, 1) == [0]) }
        for pfn in [1024, 1999, 2001, 3583] as [UInt64] {
            #expect(ram.read(pfn << 12, 1) == [UInt8(truncatingIfNeeded: pfn) | 1])
        }
    }

    @Test("runs that are outside, overlap or do not ascend are refused, and nothing is given back")
    func badRuns() {
        let ram = TestRAM(bytes: 16 << 12)
        #expect(ram.write(0, [5]) == FL_OK)
        let cases: [([(UInt64, UInt64)], fl_status)] = [
            ([(0, 1), (16, 1)], FL_E_RANGE), ([(0, 1), (1, .max)], FL_E_RANGE), ([(0, 17)], FL_E_RANGE),
            ([(0, 1), (.max, 2)], FL_E_RANGE), ([(0, 2), (1, 1)], FL_E_ORDER), ([(3, 1), (0, 1)], FL_E_ORDER),
        ]
        for (runs, expected) in cases {
            let runs = runs.map { fl_frame_run(first: $0.0, count: $0.1) }
            #expect(fl_ram_give_back(&ram.ram, runs, UInt64(runs.count)) == expected)
            #expect(ram.read(0, 1) == [5])
        }
        #expect(fl_ram_give_back(&ram.ram, nil, 0) == FL_OK)
    }
}

/// Simulated RAM for a test.
private final class TestRAM {
    var ram = fl_ram()

    init(bytes: UInt64) { precondition(fl_ram_create(&ram, bytes) == FL_OK) }

    deinit { fl_ram_destroy(&ram) }

    func write(_ address: UInt64, _ bytes: [UInt8]) -> fl_status {
        bytes.withUnsafeBytes {
            fl_ram_write(&ram, address, $0.baseAddress ?? UnsafeRawPointer(ram.base), UInt64(bytes.count))
        }
    }

    func read(_ address: UInt64, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0xee, count: count)
        return fl_ram_read(&ram, address, &bytes, UInt64(count)) == FL_OK ? bytes : nil
    }

    /// How many frames the host keeps in memory.
    var resident: Int {
        var pages = [UInt8](repeating: 0, count: Int(ram.frames))
        precondition(mincore(ram.base, Int(ram.bytes), &pages) == 0)
        return pages.count { $0 & 1 != 0 }
    }
}
