import Faultline
import Testing

@testable import FaultlineTrace

struct BinaryReaderTests {
    /// A record of `input_instr`, or of `cloudsuite_instr` with an address space.
    private func instruction(_ ip: UInt64, writes: [UInt64], reads: [UInt64], space: UInt16? = nil) -> [UInt8] {
        let destinations = space == nil ? 2 : 4
        var bytes: [UInt8] = []
        bytes.append(ip)
        // is_branch, branch_taken, the registers.
        bytes += [1, 0] + Array(repeating: 7, count: destinations + 4)
        while bytes.count % 8 != 0 { bytes += [0xee] }
        for place in 0..<destinations { bytes.append(place < writes.count ? writes[place] : 0) }
        for place in 0..<4 { bytes.append(place < reads.count ? reads[place] : 0) }
        if let space {
            bytes.append(space)
            bytes += Array(repeating: 0xee, count: 6)
        }
        return bytes
    }

    @Test("ChampSim's records are a fetch, the loads and the stores of an instruction")
    func readsChampSim() throws {
        let bytes =
            instruction(0x40_1000, writes: [0x7000], reads: [0x8000, 0x9008])
            + instruction(0x40_1004, writes: [], reads: [])
        #expect(bytes.count == 128)
        #expect(
            try accesses(of: bytes, name: "ls.champsim") == [
                TraceWord(.execute, at: 0x40_1000), TraceWord(.read, at: 0x8000),
                TraceWord(.read, at: 0x9008), TraceWord(.write, at: 0x7000),
                TraceWord(.execute, at: 0x40_1004),
            ])
    }

    @Test("CloudSuite's records say the address space, each of which is a process")
    func readsCloudSuite() throws {
        let bytes =
            instruction(0x1000, writes: [0x2000, 0x3000, 0x4000, 0x5000], reads: [0x6000], space: 3)
            + instruction(0x1004, writes: [], reads: [], space: 3)
            + instruction(0x1000, writes: [], reads: [0x6000], space: 4)
        #expect(bytes.count == 288)
        let report = try replay(bytes, .cloudsuite) { $0.mapping = .fixed }
        #expect(report.processes.map(\.number) == [3, 4])
        #expect([report.accesses.loads, report.accesses.stores, report.accesses.fetches] == [2, 4, 3])
    }

    @Test("a ChampSim trace whose flags are no flags, or that ends within a record, is an error with its place")
    func refusesWrongChampSim() {
        var bytes = instruction(1, writes: [], reads: []) + instruction(2, writes: [], reads: [])
        bytes[64 + 8] = 9
        #expect(mistake { _ = try accesses(of: bytes, .champsim) }?.hasPrefix("byte 64: the flags is_branch") == true)
        bytes[64 + 8] = 0
        #expect(
            mistake { _ = try accesses(of: bytes + [1, 2, 3], .champsim) }
                == "the trace ends in the midst of a record: of the last one's 64 bytes there are 3")
    }

    private func entry(_ type: UInt16, _ size: UInt16, _ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(type)
        bytes.append(size)
        bytes.append(value)
        return bytes
    }

    @Test("DynamoRIO's entries are read: processes by thread, bundles as so many fetches, no prefetches")
    func readsDrmemtrace() throws {
        let bytes = [
            entry(25, 0, 7), entry(22, 4, 100), entry(24, 4, 50), entry(28, 2, 12345), entry(47, 3, 0x90),
            entry(10, 3, 0x40_0000), entry(0, 8, 0x7000), entry(49, 2, 0x40_0003), entry(17, 2, 0x0402),
            entry(2, 1, 0x9000), entry(40, 1, 0x9000), entry(20, 64, 0x9000), entry(29, 3, 0x40_0000),
            entry(1, 4, 0x8000),
            entry(22, 4, 101), entry(24, 4, 51), entry(16, 1, 0x50_0000), entry(22, 4, 100), entry(0, 1, 0x7000),
            entry(26, 0, 0),
        ].flatMap { $0 }
        #expect(
            try accesses(of: bytes) == [
                TraceWord(.process, 50), TraceWord(.execute, at: 0x40_0000),
                TraceWord(.read, at: 0x7000), TraceWord(.execute, at: 0x40_0003),
                TraceWord(.execute, at: 0x40_0005), TraceWord(.execute, at: 0x40_0007),
                TraceWord(.write, at: 0x8000), TraceWord(.process, 51),
                TraceWord(.execute, at: 0x50_0000), TraceWord(.process, 50),
                TraceWord(.read, at: 0x7000),
            ])
        let report = try replay(bytes, nil) { $0.mapping = .fixed }
        #expect(report.format == .drmemtrace)
        #expect(report.accesses.leftOut == ["prefetches": 2, "flushes of caches": 1])
        #expect(report.processes.map(\.number) == [50, 51])
    }

    @Test("an entry of no known type is an error with its byte")
    func refusesUnknownEntries() {
        let bytes = entry(25, 0, 7) + entry(77, 0, 1)
        #expect(mistake { _ = try accesses(of: bytes) }?.hasPrefix("byte 12: 77 is no type of a trace_entry_t") == true)
        let bundle = entry(25, 0, 7) + entry(17, 9, 1)
        #expect(mistake { _ = try accesses(of: bundle) } == "byte 12: a bundle has at most 8 instructions, not 9")
    }

    private func packed(_ words: [TraceWord]) -> [UInt8] {
        var bytes = PackedTrace.magic
        for word in words { bytes.append(word.rawValue) }
        return bytes
    }

    @Test("a packed trace is read as it was written, markers too")
    func readsPacked() throws {
        let words = [
            TraceWord(.process, 7), TraceWord(.instructionPointer, 0x40_0000),
            TraceWord(.read, at: 0x7000), TraceWord(.write, at: 0xffff_8000_0000_0000),
            TraceWord(.execute, at: 0x40_0004),
        ]
        #expect(try accesses(of: packed(words)) == words)
        let many = (0..<300_000).map { TraceWord(.read, at: UInt64($0) * 64) }
        #expect(try accesses(of: packed(many)) == many)
    }

    @Test("in a packed trace, unknown markers and stray bits are errors with their byte")
    func refusesWrongPacked() {
        let good = TraceWord(.read, at: 0x7000)
        let marker = packed([good, TraceWord(rawValue: 3 << 62 | 9 << 48)])
        #expect(mistake { _ = try accesses(of: marker) }?.hasPrefix("byte 16: 9 is no marker") == true)
        let strange = packed([good, good, TraceWord(rawValue: 1 << 50 | 0x7000)])
        #expect(
            mistake { _ = try accesses(of: strange) } == "byte 24: bits 48 to 61 of an access of a packed trace are 0")
        #expect(
            mistake { _ = try accesses(of: [1, 2, 3, 4, 5, 6, 7, 8], .packed) }?.contains("begins with FLTRACE1")
                == true)
    }
}
