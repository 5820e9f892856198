import Faultline
import Foundation
import Testing

@testable import FaultlineHost

/// The firmware's map of a machine whose log no longer has it.
@Suite("The firmware's map from /sys")
struct LiveFirmwareTests {
    /// Files as /sys has them, for the time of `body`.
    private func withPlaces<Result>(
        _ entries: [(String, String, String)], parameters: [UInt8], _ body: (LiveFirmware.Places) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "firmware-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (index, entry) in entries.enumerated() {
            let own = folder.appending(path: "\(index)")
            try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
            for (name, text) in [("start", entry.0), ("end", entry.1), ("type", entry.2)] {
                try Data((text + "\n").utf8).write(to: own.appending(path: name))
            }
        }
        var places = LiveFirmware.Places()
        (places.map, places.parameters) = (folder.path, folder.path + ".parameters")
        try Data(parameters).write(to: URL(filePath: places.parameters))
        defer { try? FileManager.default.removeItem(atPath: places.parameters) }
        return try body(places)
    }

    @Test("ranges and kinds are those of the folders, the RAM disk is where the boot loader says")
    func map() throws {
        var parameters = [UInt8](repeating: 0, count: 4096)
        // 0x1bf8e0000, 0x720000 bytes.
        parameters.replaceSubrange(0x218..<0x220, with: [0, 0, 0x8e, 0xbf, 0, 0, 0x72, 0])
        parameters[0xc0] = 1
        let entries = [
            ("0x0", "0x9fbff", "System RAM"), ("0x9fc00", "0xfffff", "Reserved"),
            ("0x100000", "0xbfffffff", "System RAM"), ("0xc0000000", "0xc00fffff", "ACPI Tables"),
            ("0xc0100000", "0xc01fffff", "ACPI Non-volatile Storage"),
            ("0xc0200000", "0xc02fffff", "Persistent Memory"),
            ("0xc0300000", "0xc03fffff", "Soft Reserved"), ("0xc0400000", "0xc04fffff", "Unknown E820 type"),
        ]
        try withPlaces(entries, parameters: parameters) { places in
            let firmware = try LiveFirmware.read(places)
            #expect(
                firmware.map.entries.map(\.kind) == [
                    .usable, .reserved, .usable, .acpiData, .acpiStorage, .persistent, .softReserved, .reserved,
                ])
            #expect(
                firmware.map.entries.map(\.range.lowerBound) == entries.map { UInt64($0.0.dropFirst(2), radix: 16) })
            #expect(firmware.map.entries.last?.range.upperBound == 0xc050_0000)
            #expect(firmware.initialRAMDisk == 0x1_bf8e_0000..<0x1_c000_0000)
            #expect(firmware.folder == places.map)
        }
    }

    @Test("a folder that is not there, or has no range, is an error that names it")
    func failures() throws {
        #expect(reason([]).contains("there is no map"))
        #expect(reason([("0x0", "x", "System RAM")]).contains("no range of addresses"))
        #expect(reason([("0x0", "0xffffff", "Reserved")]).contains("no range is usable"))
        let disk = try withPlaces([("0x0", "0xffffff", "System RAM")], parameters: []) {
            try LiveFirmware.read($0).initialRAMDisk
        }
        #expect(disk == nil)
    }

    /// Why a map cannot be read; empty where it can.
    private func reason(_ entries: [(String, String, String)]) -> String {
        do {
            _ = try withPlaces(entries, parameters: []) { try LiveFirmware.read($0) }
            return ""
        } catch { return "\(error)" }
    }

    @Test(
        "the direct map of this machine is as large as the kernel counts it, and has no more large pages less splits",
        .enabled(
            if: LivePlainBoot.map != nil, "neither the log nor /sys has the firmware's map, or the boot is not plain"))
    func directMap() throws {
        let map = try #require(LivePlainBoot.map)
        let machine = try Machine(boot: BootLayout(map, BootOptions()))
        try machine.bringUpKernel()
        let made = try #require(machine.memoryInfo().kernel).directMap
        var live: [UInt64] = []
        for line in try String(contentsOfFile: "/proc/meminfo", encoding: .utf8).split(separator: "\n")
        where line.hasPrefix("DirectMap") {
            live.append(UInt64(line.split(separator: " ")[1]) ?? 0)
        }
        guard live.count == 3 else {
            print("skipped: this processor has no pages of 1 GiB, or the kernel does not count its direct map")
            return
        }
        // A split leaves the sum as it is, memory that is added later does not.
        let sum = made[0] * 4 + made[1] * 2048 + made[2] << 20
        #expect(live.reduce(0, +) == sum)
        let (small, huge) = (live[0] / 4, live[2] >> 20)
        #expect(small >= made[0] && huge <= made[2])
        #expect((small - min(made[0], small)) % 512 == 0, "a split of 2 MiB makes 512 pages")
    }
}
