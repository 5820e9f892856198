extension PhysicalMemory {
    /// What a checkpoint keeps beside the image. `host` is not in it: it counts the host's memory, which no checkpoint gives back.
    struct Saved {
        fileprivate let zones: [Zone]
        fileprivate let statistics: NodeStatistics
        fileprivate let preferred: UnsafeMutablePointer<Zone>
        fileprivate let failures: AllocationFailures?
        fileprivate let tableFrameCount: Int
        fileprivate let wasLow: Bool
    }

    /// Frames that the allocator may have handed out, or whose records it wrote to. All other records are as the host made them.
    private var touchedFrames: [Range<PFN>] {
        var touched: [Range<PFN>] = []
        for zone in zones {
            for (index, range) in zone.openedRanges.enumerated() {
                if index < zone.openedRanges.count - 1 {
                    touched.append(range.start..<range.end)
                } else {
                    touched.append(range.start..<max(zone.untouched, range.start))
                    touched.append(zone.untouchedEnd..<max(range.end, zone.untouchedEnd))
                }
            }
        }
        return touched.filter { !$0.isEmpty }
    }

    /// Copies the records of all frames that were touched, and the contents of those that have some, into an image.
    func save(into image: inout MemoryImage) -> Saved {
        for range in touchedFrames {
            image.add(page(range.lowerBound), count: range.count)
            for pfn in range where page(pfn).pointee.lines != 0 { image.add(frames.table(pfn), count: 512) }
        }
        for zone in zones { image.add(zone.perCPU.frames, count: PerCPUPages.high + PerCPUPages.batch) }
        node.blocks.save(into: &image)
        image.add(tableFrames, count: Self.tableBlock)
        return Saved(
            zones: Array(zones), statistics: node.statistics, preferred: preferred, failures: failures,
            tableFrameCount: tableFrameCount,
            wasLow: wasLow)
    }

    /// Goes back to where it was; the image is put back afterwards.
    mutating func restore(_ saved: Saved) {
        // What was touched since is as if it never had been; the image has the rest.
        for range in touchedFrames { page(range.lowerBound).update(repeating: PageRecord(), count: range.count) }
        for index in zones.indices { zones[index] = saved.zones[index] }
        node.statistics = saved.statistics
        preferred = saved.preferred
        failures = saved.failures
        tableFrameCount = saved.tableFrameCount
        wasLow = saved.wasLow
    }
}
