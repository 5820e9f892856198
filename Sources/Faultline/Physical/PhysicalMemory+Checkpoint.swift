extension PhysicalMemory {
    /// What a checkpoint keeps beside the image. `host` is not in it: it counts the host's memory, which no checkpoint gives back.
    struct Saved {
        fileprivate let zones: [Zone]
        fileprivate let statistics: NodeStatistics
        fileprivate let failures: AllocationFailures?
        fileprivate let settings: AllocatorSettings
        fileprivate let wasLow: Bool
        fileprivate let lacked: AllocationRequest
        fileprivate let skippedBlocks: Set<UInt64>
        fileprivate let compactionWish: CompactionWish?
        fileprivate let nextCompactionCheck: UInt64
        fileprivate let nextStatistics: UInt64
        fileprivate let cpuNode: Int
    }

    /// Frames that the allocator may have handed out, or whose records it wrote to. All other records are as the host made them.
    private var touchedFrames: [Range<PFN>] { zones.flatMap(Self.touchedFrames) }

    /// Those of a zone.
    static func touchedFrames(_ zone: Zone) -> [Range<PFN>] {
        var touched: [Range<PFN>] = []
        for range in zone.ranges {
            var start = range.lowerBound
            for rest in zone.untouched where rest.overlaps(range) {
                touched.append(start..<rest.lowerBound)
                start = rest.upperBound
            }
            touched.append(start..<range.upperBound)
        }
        return touched.filter { !$0.isEmpty }
    }

    /// Copies the records of all frames that were touched, and the contents of those that have some, into an image.
    func save(into image: inout MemoryImage) -> Saved {
        for range in touchedFrames {
            image.add(page(range.lowerBound), count: range.count)
            for pfn in range where page(pfn).pointee.lines != 0 { image.add(frames.table(pfn), count: 512) }
        }
        for zone in zones { zone.perCPU.save(into: &image) }
        nodes.blocks.save(into: &image)
        return Saved(
            zones: Array(zones), statistics: nodes.statistics, failures: failures, settings: settings, wasLow: wasLow,
            lacked: lacked, skippedBlocks: skippedBlocks, compactionWish: compactionWish,
            nextCompactionCheck: nextCompactionCheck,
            nextStatistics: nextStatistics, cpuNode: cpuNode)
    }

    /// Goes back to where it was; the image is put back afterwards.
    mutating func restore(_ saved: Saved) {
        // What was touched since is as if it never had been; the image has the rest.
        for range in touchedFrames { page(range.lowerBound).update(repeating: PageRecord(), count: range.count) }
        for index in zones.indices { zones[index] = saved.zones[index] }
        nodes.statistics = saved.statistics
        failures = saved.failures
        settings = saved.settings
        (wasLow, lacked) = (saved.wasLow, saved.lacked)
        skippedBlocks = saved.skippedBlocks
        compactionWish = saved.compactionWish
        (nextCompactionCheck, nextStatistics) = (saved.nextCompactionCheck, saved.nextStatistics)
        (fallbacks, tookReserves, isShort) = ([], false, false)
        cpuNode = saved.cpuNode
        // `preferred`, `preferredForMovable` and `rings` follow from what is back.
        choosePreferred()
    }
}
