/// The one node of the machine: `pg_data_t`. It has the zones, the types of their page blocks, and the counters.
///
/// Plain data behind pointers; the owner calls ``destroy()``.
struct Node {
    /// Low to high; the preferred zone is the last.
    let zones: UnsafeMutableBufferPointer<Zone>
    let blocks: PageBlocks
    /// Frames that the allocator has (`totalram_pages`).
    let totalPages: UInt64
    var statistics = NodeStatistics()

    /// - Throws: ``MachineError/host``.
    init(_ map: FirmwareMap) throws(MachineError) {
        blocks = try PageBlocks(endFrame: map.endFrame)
        let made = Self.makeZones(map)
        zones = .allocate(capacity: made.count)
        _ = zones.initialize(from: made)
        totalPages = made.reduce(0) { $0 + $1.managed }
        setWatermarks()
    }

    func destroy() {
        for zone in zones { zone.perCPU.destroy() }
        zones.deinitialize()
        zones.deallocate()
        blocks.destroy()
    }

    /// The index of the zone that a frame lies in (`page_zonenum`).
    @inline(__always)
    func zoneIndex(_ pfn: PFN) -> Int {
        var index = zones.count &- 1
        while index > 0, pfn < zones[index].start { index &-= 1 }
        return index
    }

    /// The zone with an index.
    @inline(__always)
    func zone(_ index: Int) -> UnsafeMutablePointer<Zone> {
        // SAFETY: every size of RAM has a zone, and an index is that of one.
        zones.baseAddress.unsafelyUnwrapped + index
    }

    private static func makeZones(_ map: FirmwareMap) -> [Zone] {
        let bounds: [(StaticString, PFN, PFN)] = [
            ("DMA", 0, Zone.dmaEnd), ("DMA32", Zone.dmaEnd, Zone.dma32End), ("Normal", Zone.dma32End, .max),
        ]
        var zones: [Zone] = []
        for (name, start, end) in bounds {
            let ranges = map.usable.compactMap { range -> FirmwareMap.Range? in
                let first = max(range.start, start)
                let last = min(range.end, end)
                return first < last ? FirmwareMap.Range(start: first, end: last) : nil
            }
            guard let last = ranges.last else { continue }
            let present = ranges.reduce(0) { $0 + $1.end - $1.start }
            var zone = Zone(name: name, start: start, end: last.end, present: present)
            // Linux keeps the first 64 KiB to itself: BIOSes write there.
            zone.laterRanges = ranges.map {
                FirmwareMap.Range(start: max($0.start, start == 0 ? 16 : 0), end: $0.end)
            }
            zone.managed = zone.laterRanges.reduce(0) { $0 + $1.end - $1.start }
            zone.free = zone.managed
            zones.append(zone)
        }
        return zones
    }

    private func setWatermarks() {
        let minimum = Watermarks.minimum(ofTotal: totalPages)
        var above: UInt64 = 0
        for index in zones.indices.reversed() {
            zones[index].watermarks = Watermarks(
                minimum: minimum, managed: zones[index].managed, total: totalPages, above: above)
            above += zones[index].managed
        }
    }
}
