/// A zone at one moment: what `/proc/zoneinfo`, `/proc/buddyinfo` and `/proc/pagetypeinfo` say of it. All in frames.
public struct ZoneSnapshot: Sendable, Equatable {
    /// `DMA`, `DMA32` or `Normal`.
    public var name: String
    /// The first frame.
    public var startPFN: PFN
    /// Frames from the first to the last, holes included.
    public var spanned: UInt64
    /// Frames that are RAM.
    public var present: UInt64
    /// Frames that the allocator has.
    public var managed: UInt64
    /// Frames that are free.
    public var free: UInt64
    /// The min watermark.
    public var minimum: UInt64
    /// The low watermark.
    public var low: UInt64
    /// The high watermark.
    public var high: UInt64
    /// Free blocks by order, 0 to 10.
    public var freeBlocks: [UInt64]
    /// Those among them whose page block is unmovable: it was set aside for page tables.
    public var unmovableBlocks: [UInt64]
    /// Frames on the per-CPU list.
    public var perCPUCount: Int
}

extension PhysicalMemory {
    /// The zones, low to high.
    func snapshot() -> [ZoneSnapshot] {
        zones.enumerated().map { index, zone in
            let waiting = zone.perCPU.count + (index == zones.count - 1 ? tableFrameCount : 0)
            var blocks = (0...Zone.maxOrder).map { zone.areas[$0].count }
            blocks[Zone.maxOrder] += zone.untouchedBlocks
            let unmovable = (0...Zone.maxOrder).map { order in
                var count: UInt64 = 0
                zone.areas[order].forEach(in: frames) { if node.blocks[$0] == .unmovable { count += 1 } }
                return count
            }
            return ZoneSnapshot(
                name: "\(zone.name)", startPFN: zone.start, spanned: zone.end - zone.start, present: zone.present,
                managed: zone.managed, free: zone.free + UInt64(waiting), minimum: zone.watermarks.minimum,
                low: zone.watermarks.low, high: zone.watermarks.high, freeBlocks: blocks, unmovableBlocks: unmovable,
                perCPUCount: waiting)
        }
    }
}
