extension PhysicalMemory {
    private var none: PFN { .max }

    // MARK: Lists

    @inline(__always)
    private func zone(_ index: Int) -> UnsafeMutablePointer<Zone> {
        // SAFETY: an index is that of a zone.
        zones.baseAddress.unsafelyUnwrapped + index
    }

    @inline(__always)
    private func push(_ index: Int, _ pfn: PFN, _ order: Int) {
        let zone = zone(index)
        let head = zone.pointee.heads[order]
        let record = page(pfn)
        record.pointee.flags = PageFlag.buddy
        record.pointee.order = UInt32(truncatingIfNeeded: order)
        record.pointee.next = FrameLink.to(head)
        record.pointee.prev = FrameLink.none
        if head != none { page(head).pointee.prev = FrameLink.to(pfn) }
        zone.pointee.heads[order] = pfn
        zone.pointee.counts[order] &+= 1
    }

    @inline(__always)
    private func unlink(_ index: Int, _ pfn: PFN, _ order: Int) {
        let zone = zone(index)
        let record = page(pfn)
        let next = record.pointee.next
        let previous = record.pointee.prev
        if previous == FrameLink.none {
            zone.pointee.heads[order] = next == FrameLink.none ? none : PFN(next)
        } else {
            page(PFN(previous)).pointee.next = next
        }
        if next != FrameLink.none { page(PFN(next)).pointee.prev = previous }
        record.pointee.flags = []
        record.pointee.order = 0
        record.pointee.next = 0
        record.pointee.prev = 0
        zone.pointee.counts[order] &-= 1
    }

    // MARK: Blocks

    /// `__rmqueue_smallest` with `expand`: a block, split from a larger one where need be.
    func takeBlock(_ index: Int, _ order: Int) -> PFN? {
        for current in order...Zone.maxOrder where zones[index].heads[current] != none {
            let block = zones[index].heads[current]
            unlink(index, block, current)
            return split(index, block, from: current, to: order)
        }
        guard let block = takeUntouched(index) else { return nil }
        return split(index, block, from: Zone.maxOrder, to: order)
    }

    /// The order of the smallest block on the lists; the largest order where they are empty.
    func smallestOrder(_ index: Int) -> Int {
        var order = 0
        while order < Zone.maxOrder, zones[index].heads[order] == none { order += 1 }
        return order
    }

    private func split(_ index: Int, _ block: PFN, from large: Int, to order: Int) -> PFN {
        var current = large
        while current > order {
            current -= 1
            push(index, block + (1 << UInt64(current)), current)
        }
        zones[index].free -= 1 << UInt64(order)
        return block
    }

    /// The next block of the largest order that nobody had yet.
    private func takeUntouched(_ index: Int) -> PFN? {
        if zones[index].untouched == zones[index].untouchedEnd, !openNextRange(index) { return nil }
        if zones[index].untouched == zones[index].untouchedEnd { return takeUntouched(index) }
        let block = zones[index].untouched
        zones[index].untouched += 1 << UInt64(Zone.maxOrder)
        return block
    }

    /// `__free_one_page`: joins the block with its buddy as long as that is free and whole.
    func freeBlock(_ index: Int, _ pfn: PFN, _ freed: Int) {
        let zone = zone(index)
        var block = pfn
        var order = freed
        zone.pointee.free &+= 1 << UInt64(freed)
        page(pfn).pointee.flags = []
        while order < Zone.maxOrder {
            let buddy = block ^ (1 << UInt64(order))
            guard buddy >= zone.pointee.start, buddy < zone.pointee.end else { break }
            let record = page(buddy)
            guard record.pointee.has(PageFlag.buddy), record.pointee.order == UInt32(truncatingIfNeeded: order) else {
                break
            }
            unlink(index, buddy, order)
            block &= ~(1 << UInt64(order))
            order &+= 1
        }
        push(index, block, order)
    }

    // MARK: Start

    static func makeZones(_ map: FirmwareMap) -> [Zone] {
        let bounds: [(StaticString, PFN, PFN)] = [
            ("DMA", 0, 1 << 12), ("DMA32", 1 << 12, 1 << 20), ("Normal", 1 << 20, .max),
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

    /// Puts the next range of RAM at the allocator's disposal: ragged ends as blocks, whole blocks untouched.
    @discardableResult
    func openNextRange(_ index: Int) -> Bool {
        if zones[index].laterRanges.isEmpty { return false }
        let range = zones[index].laterRanges.removeFirst()
        let size: UInt64 = 1 << UInt64(Zone.maxOrder)
        let first = min((range.start + size - 1) & ~(size - 1), range.end)
        let last = max(range.end & ~(size - 1), first)
        zones[index].untouched = first
        zones[index].untouchedEnd = last
        pushRange(index, range.start, first)
        pushRange(index, last, range.end)
        return true
    }

    /// Frees a range in the largest aligned blocks that fit; the count of free frames has it already.
    private func pushRange(_ index: Int, _ start: PFN, _ end: PFN) {
        var pfn = start
        while pfn < end {
            var order = 0
            while order < Zone.maxOrder, pfn & ((2 << UInt64(order)) - 1) == 0, pfn + (2 << UInt64(order)) <= end {
                order += 1
            }
            push(index, pfn, order)
            pfn += 1 << UInt64(order)
        }
    }

    /// `__setup_per_zone_wmarks` and `setup_per_zone_lowmem_reserve`.
    func setWatermarks() {
        // init_per_zone_wmark_min: sqrt(16 * low memory in KiB), 128 KiB to 256 MiB, in frames.
        let kib = min(max((totalPages * 4 * 16).squareRootDown, 128), 262_144)
        let minimum = kib / 4
        var above: UInt64 = 0
        for index in zones.indices.reversed() {
            let managed = zones[index].managed
            zones[index].minimum = minimum * managed / max(totalPages, 1)
            let gap = max(zones[index].minimum / 4, managed * 10 / 10_000)
            zones[index].low = zones[index].minimum + gap
            zones[index].high = zones[index].low + gap
            zones[index].lowmemReserve = above / 256
            above += managed
        }
    }

    /// The zones, low to high.
    func snapshot() -> [ZoneSnapshot] {
        zones.enumerated().map { index, zone in
            let waiting = zone.pcpCount + (index == zones.count - 1 ? tableFrameCount : 0)
            var blocks = (0...Zone.maxOrder).map { zone.counts[$0] }
            blocks[Zone.maxOrder] += zone.untouchedBlocks
            return ZoneSnapshot(
                name: "\(zone.name)", startPFN: zone.start, spanned: zone.end - zone.start, present: zone.present,
                managed: zone.managed, free: zone.free + UInt64(waiting), minimum: zone.minimum, low: zone.low,
                high: zone.high, freeBlocks: blocks, perCPUCount: waiting)
        }
    }
}

extension Zone {
    /// Whole blocks that nobody had yet; those of ranges that were not opened are counted roughly, by size.
    var untouchedBlocks: UInt64 {
        let waiting = laterRanges.reduce(0) { $0 + ($1.end - $1.start) }
        return (untouchedEnd - untouched + waiting) >> UInt64(Zone.maxOrder)
    }
}

extension UInt64 {
    /// `int_sqrt`.
    fileprivate var squareRootDown: UInt64 {
        var root = UInt64(Double(self).squareRoot())
        while root * root > self { root -= 1 }
        while (root + 1) * (root + 1) <= self { root += 1 }
        return root
    }
}
