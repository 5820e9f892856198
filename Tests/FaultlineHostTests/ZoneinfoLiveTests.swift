import Foundation
import Testing

@testable import Faultline
@testable import FaultlineHost

/// The zones of this machine, from its own firmware's map.
@Suite("Zones of this machine")
struct ZoneinfoLiveTests {
    /// A zone of /proc/zoneinfo: its figures by name, and the first CPU's.
    private struct LiveZone {
        var name = ""
        var figures: [String: UInt64] = [:]
        var protection: [UInt64] = []
    }

    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private static func number(_ setting: String) throws -> UInt64 {
        let text = try text("/proc/sys/vm/" + setting).trimmingCharacters(in: .whitespacesAndNewlines)
        return try #require(UInt64(text))
    }

    private static func zones() throws -> [LiveZone] {
        var zones: [LiveZone] = []
        for line in try text("/proc/zoneinfo").split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
            if words.first == "Node" {
                zones.append(LiveZone(name: words.last ?? ""))
            } else if words.first == "protection:", !zones.isEmpty {
                zones[zones.count - 1].protection = line.split(whereSeparator: { !$0.isNumber }).compactMap {
                    UInt64($0)
                }
            } else if let value = words.last.flatMap({ UInt64($0) }), !zones.isEmpty {
                let name = words.dropLast().joined(separator: " ")
                // The figures of the first CPU stand before those of the others.
                if zones[zones.count - 1].figures[name] == nil { zones[zones.count - 1].figures[name] = value }
            }
        }
        return zones.filter { ($0.figures["present"] ?? 0) > 0 }
    }

    private static func settings() throws -> AllocatorSettings {
        var settings = AllocatorSettings()
        settings.cpus = ProcessInfo.processInfo.activeProcessorCount
        settings.watermarkScaleFactor = try number("watermark_scale_factor")
        settings.perCPUHighFraction = try number("percpu_pagelist_high_fraction")
        settings.lowmemReserveRatio = try text("/proc/sys/vm/lowmem_reserve_ratio")
            .split(whereSeparator: { !$0.isNumber }).compactMap { UInt64($0) }
        let huge = (try? text("/sys/kernel/mm/transparent_hugepage/enabled")) ?? "[never]"
        settings.hasHugePages = !huge.contains("[never]")
        return settings
    }

    @Test(
        "spanned and present pages, watermarks, protection and per-CPU figures equal /proc/zoneinfo",
        .enabled(
            if: LivePlainBoot.map != nil, "neither the log nor /sys has the firmware's map, or the boot is not plain"))
    func figures() throws {
        let live = try Self.zones()
        let layout = try BootLayout(try #require(LivePlainBoot.map), BootOptions())
        if live.map(\.name) != layout.zones.map(\.kind.name) {
            print("skipped: this machine has other nodes or zones than its firmware's map alone makes")
            return
        }
        for (zone, shown) in zip(layout.zones, live) {
            #expect(
                shown.figures["spanned"] == UInt64(zone.span.count)
                    && shown.figures["start_pfn:"] == zone.span.lowerBound)
            #expect(shown.figures["present"] == zone.memory.reduce(0) { $0 + UInt64($1.count) })
        }
        // The kernel frees some of memory late, and its image is not in the map: managed is what it says.
        let zones = zip(layout.zones, live).map { zone, shown in
            var zone = zone
            let start = zone.memory.last?.lowerBound ?? 0
            zone.free = [start..<start + (shown.figures["managed"] ?? 0)]
            return zone
        }
        let nodes = try Nodes(zones: zones, zonelists: layout.zonelists, endFrame: layout.endFrame)
        defer { nodes.destroy() }
        var settings = try Self.settings()
        let minimum = try Self.number("min_free_kbytes")
        // Somebody may have set another one.
        if nodes.minimumFree(settings) * 4 != minimum { settings.minFreeKiB = minimum }
        nodes.setUp(settings)
        if !Self.areCurrent(live, settings) {
            print("skipped: pages were added to zones or taken since this kernel computed its watermarks")
            return
        }
        for (zone, shown) in zip(nodes.zones, live) {
            let marks = zone.watermarks
            let boost = shown.figures["boost"] ?? 0
            let computed = [
                marks.minimum + boost, marks.low + boost, marks.high + boost, marks.promo + boost,
                UInt64(zone.perCPU.batch), UInt64(zone.perCPU.highMin), UInt64(zone.perCPU.highMax),
            ]
            let names = ["min", "low", "high", "promo", "batch:", "high_min:", "high_max:"]
            #expect(computed == names.map { shown.figures[$0] ?? .max }, "\(shown.name): \(names)")
            #expect((0..<5).map { marks.reserves[$0] } == shown.protection, "\(shown.name)")
        }
        #expect(nodes.minimumFree(settings) * 4 == minimum)
    }

    /// Whether the kernel computed its figures from what zones manage now: what low zones keep for others tells.
    private static func areCurrent(_ zones: [LiveZone], _ settings: AllocatorSettings) -> Bool {
        zones.indices.allSatisfy { index in
            let above = zones[(index + 1)...].reduce(0) { $0 + ($1.figures["managed"] ?? 0) }
            let kind = ["DMA", "DMA32", "Normal", "Movable"].firstIndex(of: zones[index].name) ?? 3
            let ratio = settings.lowmemReserveRatio[kind]
            return ratio == 0 || zones[index].protection.last == above / ratio
        }
    }

    @Test("the fragmentation and unusable indices of this machine's free blocks are the kernel's")
    func indices() throws {
        let script = """
            mount -t debugfs none /sys/kernel/debug 2>/dev/null
            cd /sys/kernel/debug/extfrag || exit 1
            for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            cat /proc/buddyinfo; echo =; cat extfrag_index; echo =; cat unusable_index; echo =; cat /proc/buddyinfo; echo ==; done
            """
        guard let output = Shell.run("/usr/bin/unshare", ["-m", "sh", "-c", script]) else {
            print("skipped: debugfs cannot be mounted here, or has no extfrag")
            return
        }
        var compared = 0
        for round in output.components(separatedBy: "==\n") {
            let parts = round.components(separatedBy: "=\n")
            // Others allocate meanwhile.
            guard parts.count == 4, parts[0] == parts[3] else { continue }
            compared += 1
            let tables = parts.map { part in
                part.split(separator: "\n").map { $0.split(separator: " ").dropFirst(4).map(String.init) }
            }
            for (index, row) in tables[0].enumerated() {
                let blocks = row.compactMap { UInt64($0) }
                let made = (0...10).map { FragmentationIndex(blocks, order: $0) }
                #expect(made.map(\.index) == tables[1][index].map(Self.thousandths), "\(blocks)")
                #expect(made.map(\.unusable) == tables[2][index].map(Self.thousandths), "\(blocks)")
            }
        }
        if compared == 0 { print("skipped: memory of this machine changes too fast") }
    }

    private static func thousandths(_ text: String) -> Int {
        let digits = Int(text.filter { $0.isNumber }) ?? .max
        return text.hasPrefix("-") ? -digits : digits
    }
}

/// A program of the host's, for its output.
enum Shell {
    /// What it printed; nil where it cannot run or ends badly.
    static func run(_ path: String, _ arguments: [String]) -> String? {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
    }
}
