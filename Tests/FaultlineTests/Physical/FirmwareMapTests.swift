import Testing

@testable import Faultline

/// What a kernel's log tells of the firmware's map.
struct FirmwareMapTests {
    @Test("every kind that a kernel prints is read, and printed again")
    func kinds() throws {
        let kinds = [
            "usable", "reserved", "ACPI data", "ACPI NVS", "unusable", "persistent (type 7)", "persistent (type 12)",
            "soft reserved", "type 20",
        ]
        let lines = kinds.enumerated().map { index, kind in
            let range = UInt64(index) << 20..<UInt64(index + 1) << 20
            return "BIOS-e820: [mem \(FirmwareMap.range(range))] \(kind)"
        }
        let map = try FirmwareMap(log: lines.joined(separator: "\n"))
        #expect(map.log == lines)
        #expect(map.entries.last?.kind == .other(20))
        #expect(map.entries.count { $0.kind == .usable } == 1, "an unknown number is as reserved")
    }

    @Test("of a log with several boots the last one's map counts", arguments: [true, false])
    func severalBoots(_ hasHeads: Bool) throws {
        let head = hasHeads ? "BIOS-provided physical RAM map:\n" : ""
        let first = head + "BIOS-e820: [mem 0x0-0x3fffffff] usable\nBIOS-e820: [mem 0x40000000-0x4fffffff] reserved\n"
        let second = head + "BIOS-e820: [mem 0x0-0x1fffffff] usable\n"
        let map = try FirmwareMap(log: first + second)
        #expect(map.boots == 2)
        #expect(map.entries == [FirmwareMap.Entry(range: 0..<0x2000_0000, kind: .usable)])
        #expect(try FirmwareMap(log: first).boots == 1)
    }

    @Test("nodes that overlap are refused, and both are named")
    func overlappingNodes() throws {
        var options = BootOptions()
        options.nodes = [0..<2 << 30, 1 << 30..<25 << 30]
        let map = try FirmwareMap(log: BootTests.log)
        #expect {
            _ = try BootLayout(map, options)
        } throws: {
            "\($0)".contains("0x0000000000000000-0x000000007fffffff") && "\($0)".contains("overlap")
        }
        options.nodes = [0..<2 << 30, 2 << 30..<25 << 30]
        #expect(try BootLayout(map, options).nodeCount == 2)
    }
}
