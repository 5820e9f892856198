import Faultline

/// Prints physical memory in the layout of `kmem` in the debugger crash.
public struct MemoryReader {
    let machine: Machine
    private let processName: (Int) -> String

    /// Makes a reader.
    public init(_ machine: Machine, processName: @escaping (Int) -> String) {
        self.machine = machine
        self.processName = processName
    }

    /// `kmem -i`: what memory is used for.
    public func use() -> String {
        let info = machine.memoryInfo()
        let memory: [(String, UInt64)] = [
            ("FREE", info.free), ("USED", info.total - info.free), ("SHARED", info.mapped), ("BUFFERS", info.buffers),
            ("CACHED", info.cached),
        ]
        var text = "                 PAGES        TOTAL      PERCENTAGE\n" + Self.use("TOTAL MEM", info.total, nil)
        text += memory.map { Self.use($0.0, $0.1, ("TOTAL MEM", info.total)) }.joined()
        text += "\n" + Self.use("TOTAL HUGE", 0, nil) + Self.use("HUGE FREE", 0, ("TOTAL HUGE", 0))
        let swap = ("TOTAL SWAP", info.swapTotal)
        text += "\n" + Self.use("TOTAL SWAP", info.swapTotal, nil)
        text += Self.use("SWAP USED", info.swapTotal - info.swapFree, swap) + Self.use("SWAP FREE", info.swapFree, swap)
        text += "\n" + Self.use("COMMIT LIMIT", info.commitLimit, nil)
        return text + Self.use("COMMITTED", info.committed, ("TOTAL LIMIT", info.commitLimit))
    }

    private static func use(_ name: String, _ pages: UInt64, _ whole: (name: String, pages: UInt64)?) -> String {
        let share =
            whole.map { "\(($0.pages == 0 ? 0 : pages * 100 / $0.pages).right(3))% of \($0.name)" } ?? "    ----"
        return name.right(13) + pages.right(9) + size(pages * 4).right(13) + "  " + share + "\n"
    }

    /// As crash writes a size that it has in KiB.
    private static func size(_ kib: UInt64) -> String {
        let units: [(UInt64, String)] = [(1 << 20, "GB"), (1 << 10, "MB")]
        for (unit, name) in units where kib >= unit {
            let tenths = kib * 10 / unit
            return tenths % 10 == 0 ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
        }
        return kib == 0 ? "0" : "\(kib) KB"
    }

    /// `kmem -f`: free blocks by zone and order.
    public func freeBlocks() -> String {
        var text = "NODE\n  0\n"
        for (index, zone) in machine.zones.enumerated() {
            text += "ZONE  NAME        SIZE    FREE      START_PADDR  START_MAPNR\n"
            text +=
                index.right(3) + "   " + zone.name.left(8) + zone.spanned.right(8) + zone.free.right(8)
                + (zone.startPFN << 12).hex().right(17) + zone.startPFN.right(13) + "\n"
            text += "AREA    SIZE   BLOCKS   PAGES\n"
            for (order, blocks) in zone.freeBlocks.enumerated() {
                text +=
                    order.right(3) + "\(4 << order)k".right(9) + blocks.right(9) + (blocks << UInt64(order)).right(8)
                    + "\n"
            }
            text += "on the list of the CPU: \(zone.perCPUCount)\n\n"
        }
        return text
    }

    /// `kmem -z`: zones.
    public func zones() -> String {
        machine.zones.enumerated().map { index, zone in
            """
            NODE: 0  ZONE: \(index)  NAME: "\(zone.name)"
              SIZE: \(zone.spanned)  MANAGED: \(zone.managed)  PRESENT: \(zone.present)  MIN/LOW/HIGH: \(zone.minimum)/\(zone.low)/\(zone.high)
              VM_STAT:
                      NR_FREE_PAGES: \(zone.free)

            """
        }.joined(separator: "\n")
    }

    /// `kmem -p`: pages.
    public func pages(_ frames: [PFN]) -> String {
        let reader = TranslationReader(machine, processName: processName)
        return TranslationReader.pageHeader + frames.compactMap { machine.frame($0) }.map(reader.page).joined()
    }

    /// Pages by what reclaim would make of them, and those that wait in a batch for a list.
    public func lists() -> String {
        var counts: [String: Int] = [:]
        let names = ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"]
        for frame in machine.usedFrames.compactMap({ machine.frame($0) }) where frame.flags.contains(.lru) {
            let kind = frame.flags.contains(.swapBacked) ? "anon" : "file"
            let list = (frame.flags.contains(.active) ? "active_" : "inactive_") + kind
            counts[frame.flags.contains(.unevictable) ? "unevictable" : list, default: 0] += 1
        }
        let lists = names.map { "\($0.left(16)) \((counts[$0] ?? 0).right(8))\n" }.joined()
        let batches = machine.folioBatches.map { batch in
            "\(batch.name.left(16)) \(batch.frames.count.right(8))"
                + batch.frames.map { " " + $0.hex() }.joined() + "\n"
        }.joined()
        return "LIST               PAGES\n" + lists + "\nBATCH              PAGES FRAMES\n" + batches
    }
}
