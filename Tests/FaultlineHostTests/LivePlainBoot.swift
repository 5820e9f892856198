import Faultline
import Foundation

@testable import FaultlineHost

/// A boot of this machine that followed from its firmware's map alone.
enum LivePlainBoot {
    /// The map; nil where nothing tells it, it has ranges of other kinds inside of RAM, or the command line says something of memory.
    static let map: FirmwareMap? = {
        guard let map = try? LiveFirmware.read().map,
            map.entries.allSatisfy({ $0.kind == .usable || $0.kind == .reserved })
        else { return nil }
        let line = (try? String(contentsOfFile: "/proc/cmdline", encoding: .utf8)) ?? "mem="
        let words = ["mem=", "memmap=", "movable", "kernelcore=", "numa=", "gbpages", "debug_pagealloc", "nopse"]
        return words.contains { line.contains($0) } ? nil : map
    }()
}
