import Faultline
import Foundation
import Testing

@testable import FaultlineInspect

/// Configuration files of TLBs: what they mean, and what is said of bad ones.
struct TLBConfigurationTests {
    private func error(_ text: String) -> TLBFileError? {
        do {
            _ = try TLBGeometry(configuration: text)
            return nil
        } catch { return error }
    }

    @Test("arrays are read by name, and those that are not given do not exist")
    func readsArrays() throws {
        let text = """
            { "l1d4K": { "sets": 16, "ways": 4, "replacement": "lru" }, "l1i4K": {"sets":1,"ways":8},
              "hasUnifiedL2": false, "l2x2M": { "sets": 8, "ways": 2 } }
            """
        let geometry = try TLBGeometry(configuration: text)
        #expect(geometry[.l1d4K] == TLBGeometry.Shape(16, 4, .lru))
        #expect(geometry[.l1i4K] == TLBGeometry.Shape(1, 8, .plru))
        #expect(geometry[.l2x2M] == TLBGeometry.Shape(8, 2, .plru))
        #expect(!geometry.hasUnifiedL2)
        #expect(geometry[.l2x4K] == .none)
    }

    @Test("a preset gives what the file leaves out")
    func presetIsABase() throws {
        let geometry = try TLBGeometry(configuration: #"{ "l2x4K": { "sets": 64 }, "preset": "zen3" }"#)
        var expected = TLBGeometry.zen3
        expected[.l2x4K].sets = 64
        #expect(geometry == expected)
    }

    @Test("every preset builds a machine that runs", arguments: TLBGeometry.presets.map(\.name))
    func presetsWork(_ name: String) throws {
        let geometry = try TLBGeometry(configuration: #"{"preset": "\#(name)"}"#)
        #expect(geometry == TLBGeometry.preset(name))
        let machine = try Machine(ramBytes: 64 << 20, tlb: geometry)
        let process = try machine.start()
        let address = try machine.mmap(process, 0, 1 << 20, prot: 3, flags: 0x22)
        for page in 0..<256 as Range<UInt64> { #expect(try machine.store(process, address + page << 12, 1) == nil) }
        let before = machine.tlbStatistics
        for page in 0..<256 as Range<UInt64> {
            #expect(try machine.load(process, address + page << 12) == .success(1))
        }
        let statistics = machine.tlbStatistics
        let reads = { ($0 as TLBStatistics).l1Hits.read + $0.l2Hits.read + $0.walks.read }
        #expect(reads(statistics) - reads(before) == 256)
        #expect(statistics.walks.write >= 256)
        #expect(statistics.savedLoads > 0)
    }

    @Test("the example of a configuration is one")
    func exampleFile() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "examples/tlb-half-zen3.json")
        let geometry = try TLBGeometry(configuration: String(contentsOf: file, encoding: .utf8))
        #expect(geometry[.l2x4K].sets * 2 == TLBGeometry.zen3[.l2x4K].sets)
        #expect(geometry[.pml4e].sets == 0)
    }

    @Test(
        "a mistake is reported with its line, its field and the rule",
        arguments: [
            ("{\n \"l1d4k\": {} }", 2, "l1d4k", "no such field"),
            (#"{ "l1d4K": { "set": 1 } }"#, 1, "l1d4K.set", "no such field"),
            (#"{ "l1d4K": 4 }"#, 1, "l1d4K", "must be an object"),
            ("{ \"l1d4K\": {\n\"sets\": \"4\" } }", 2, "l1d4K.sets", "whole number"),
            (#"{ "l1d4K": { "sets": 99999999999999999999999, "ways": 1 } }"#, 1, "l1d4K.sets", "0 to 65536"),
            (#"{ "l1d4K": { "sets": -1, "ways": 1 } }"#, 1, "l1d4K.sets", "0 to 65536"),
            (#"{ "l1d4K": { "sets": 1.5, "ways": 1 } }"#, 1, "l1d4K.sets", "0 to 65536"),
            (#"{ "l1d4K": { "sets": 4, "ways": 129 } }"#, 1, "l1d4K.ways", "0 to 128"),
            (#"{ "l1d4K": { "ways": 4 } }"#, 1, "l1d4K.sets", "must be given"),
            (#"{ "l1d4K": { "sets": 4 } }"#, 1, "l1d4K.ways", "must be given"),
            (#"{ "l1d4K": { "sets": 4, "sets": 4, "ways": 1 } }"#, 1, "l1d4K.sets", "once"),
            (#"{ "l1d4K": { "sets": 4, "ways": 1, "replacement": "fifo" } }"#, 1, "l1d4K.replacement", "lru or plru"),
            (#"{ "preset": "zen9" }"#, 1, "preset", "golden-cove"),
            (#"{ "preset": true }"#, 1, "preset", "must be a string"),
            (#"{ "hasUnifiedL2": "yes" }"#, 1, "hasUnifiedL2", "true or false"),
            (#"{ "preset": "zen3", "l2x2M": { "sets": 4, "ways": 4 } }"#, 1, "l2x2M", "hasUnifiedL2"),
        ])
    func namesFieldAndRule(_ text: String, _ line: Int, _ field: String, _ rule: String) throws {
        let found = try #require(error(text))
        #expect(found.line == line)
        #expect(found.field == field)
        #expect(found.rule.contains(rule), "\(found)")
    }

    @Test(
        "what is no JSON is reported with its place",
        arguments: [
            "", "{", "[1]", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "{\"a\":01}", "{} {}", "nul",
            "\"\\x\"",
            "{\"a\":\"\u{1}\"}", "{\"a\":1e}", "\"\\ud8", String(repeating: "[", count: 100_000),
        ])
    func notJSON(_ text: String) throws {
        let found = try #require(error(text))
        #expect(found.field == nil)
        #expect(found.line >= 1)
    }

    @Test("cut and damaged files never stop the reader")
    func damaged() throws {
        let good = Array(#"{ "comment": "a\u00e9\n", "preset": "zen3", "l1d4K": { "sets": 4, "ways": 4 } }"#.utf8)
        for length in 0..<good.count {
            #expect(error(String(decoding: good[..<length], as: UTF8.self)) != nil)
            for byte in [0x00, 0x22, 0x5c, 0x7b, 0x7d, 0xff] as [UInt8] {
                var damaged = good
                damaged[length] = byte
                _ = error(String(decoding: damaged, as: UTF8.self))
            }
        }
    }

    @Test("a shape that no TLB can have is refused by array and rule when the machine is made")
    func impossibleShape() throws {
        let text = #"{ "preset": "standard", "l2x4K": { "sets": 3 } }"#
        let geometry = try TLBGeometry(configuration: text)
        #expect {
            _ = try Machine(ramBytes: 64 << 20, tlb: geometry)
        } throws: { error in
            guard case MachineError.tlb(let wrong) = error else { return false }
            return wrong.array == .l2x4K && wrong.description.contains("power of two")
        }
    }
}
