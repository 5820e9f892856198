/// Physical memory before there is an allocator: `struct memblock`. Two lists of ranges, of memory and of reservations, each
/// ascending, in bytes.
struct Memblock {
    /// A range of a list (`struct memblock_region`).
    struct Region: Equatable {
        var range: Range<PhysicalAddress>
        /// The node; -1 while no one knows.
        var node = -1
    }

    private(set) var memory: [Region] = []
    private(set) var reserved: [Region] = []

    // MARK: Changes

    /// `memblock_add`.
    mutating func add(_ range: Range<PhysicalAddress>) { Self.insert(range, into: &memory) }

    /// `memblock_reserve`.
    mutating func reserve(_ range: Range<PhysicalAddress>) { Self.insert(range, into: &reserved) }

    /// `memblock_free`: the range is no longer reserved.
    mutating func free(_ range: Range<PhysicalAddress>) { Self.cut(range, from: &reserved) }

    /// `memblock_remove`.
    mutating func remove(_ range: Range<PhysicalAddress>) { Self.cut(range, from: &memory) }

    /// `memblock_trim_memory`: what does not fill a page goes.
    mutating func trim(_ alignment: UInt64) {
        memory = memory.compactMap { region in
            let start = (region.range.lowerBound + alignment - 1) & ~(alignment - 1)
            let end = region.range.upperBound & ~(alignment - 1)
            return start < end ? Region(range: start..<end, node: region.node) : nil
        }
    }

    /// `memblock_set_node`: memory of the range belongs to the node.
    mutating func setNode(_ range: Range<PhysicalAddress>, _ node: Int) {
        var made: [Region] = []
        for region in memory {
            let inside = region.range.clamped(to: range)
            guard !inside.isEmpty else {
                made.append(region)
                continue
            }
            for (part, owner) in [
                (region.range.lowerBound..<inside.lowerBound, region.node), (inside, node),
                (inside.upperBound..<region.range.upperBound, region.node),
            ] where !part.isEmpty { made.append(Region(range: part, node: owner)) }
        }
        memory = Self.merged(made)
    }

    /// `memblock_find_in_range_node` and the reservation: the highest free place of a node, not below `lowest`; nil where there is none.
    mutating func allocate(
        _ size: UInt64, alignment: UInt64, node: Int, from lowest: PhysicalAddress = 0
    ) -> Range<PhysicalAddress>? {
        for region in free.reversed() where region.node == node && UInt64(region.range.count) >= size {
            let start = (region.range.upperBound - size) & ~(alignment - 1)
            guard start >= max(region.range.lowerBound, lowest) else { continue }
            reserve(start..<start + size)
            return start..<start + size
        }
        return nil
    }

    // MARK: Lists

    /// Memory that is not reserved (`for_each_free_mem_range`).
    var free: [Region] {
        var ranges = memory
        for region in reserved { Self.cut(region.range, from: &ranges) }
        return ranges
    }

    /// `memblock_end_of_DRAM`.
    var end: PhysicalAddress { memory.last?.range.upperBound ?? 0 }

    private static func insert(_ range: Range<PhysicalAddress>, into regions: inout [Region]) {
        if range.isEmpty { return }
        // What is there already keeps its node.
        var missing = [Region(range: range)]
        for region in regions { cut(region.range, from: &missing) }
        regions = merged((regions + missing).sorted { $0.range.lowerBound < $1.range.lowerBound })
    }

    private static func cut(_ range: Range<PhysicalAddress>, from regions: inout [Region]) {
        regions = regions.flatMap { region -> [Region] in
            guard region.range.overlaps(range) else { return [region] }
            return [
                region.range.lowerBound..<max(range.lowerBound, region.range.lowerBound),
                min(range.upperBound, region.range.upperBound)..<region.range.upperBound,
            ].filter { !$0.isEmpty }.map { Region(range: $0, node: region.node) }
        }
    }

    /// `memblock_merge_regions`.
    private static func merged(_ regions: [Region]) -> [Region] {
        var merged: [Region] = []
        for region in regions {
            if let last = merged.last, last.range.upperBound == region.range.lowerBound, last.node == region.node {
                merged[merged.count - 1].range = last.range.lowerBound..<region.range.upperBound
            } else {
                merged.append(region)
            }
        }
        return merged
    }
}
