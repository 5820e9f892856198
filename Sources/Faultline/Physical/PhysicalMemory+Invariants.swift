extension PhysicalMemory {
    /// Returns what is wrong with the allocator's lists and sums, or nil.
    func checkInvariants() -> String? {
        for index in zones.indices {
            if let problem = check(index) { return "zone \(zones[index].kind.name): \(problem)" }
        }
        return nil
    }

    private func check(_ index: Int) -> String? {
        let zone = zones[index]
        var free = InlineArray<6, UInt64>(repeating: 0)
        for order in 0...Zone.maxOrder {
            for type in MigrateType.allCases {
                if let problem = checkList(index, order, type, &free) { return problem }
            }
        }
        free[Int(MigrateType.movable.rawValue)] += zone.untouchedBlocks << UInt64(Zone.maxOrder)
        if !zone.untouched.isEmpty, zone.areas[Zone.maxOrder].first(.movable) == FrameLink.none {
            return "blocks that nobody had are on no list"
        }
        var sum: UInt64 = 0
        for type in MigrateType.allCases where type != .isolate { sum += free[Int(type.rawValue)] }
        if sum != zone.free { return "free is \(zone.free) frames, the lists have \(sum)" }
        for (name, type, counted) in [
            ("highatomic", MigrateType.highAtomic, zone.freeHighAtomic), ("CMA", .cma, zone.freeCMA),
        ] where free[Int(type.rawValue)] != counted {
            return "\(counted) frames of \(name) blocks are counted as free, the lists have \(free[Int(type.rawValue)])"
        }
        if zone.perCPU.serves != zone.isAboveServingMark {
            return
                "the per-CPU lists \(zone.perCPU.serves ? "serve" : "do not serve") at once with \(zone.free) free frames, "
                + "and \(zone.servingMark) is the mark"
        }
        return checkLists(zone)
    }

    /// The per-CPU lists: marked, of the list's order, and counted.
    private func checkLists(_ zone: Zone) -> String? {
        var count = 0
        for list in 0..<PerCPUPages.listCount {
            let order = PerCPUPages.order(ofList: list)
            let ring = zone.perCPU.rings[list]
            count += ring.count << order
            for place in 0..<ring.count {
                let pfn = ring.fromEnd(place)
                if page(pfn).pointee.flags != .perCPU { return "frame \(pfn) on a per-CPU list is in use" }
                if page(pfn).pointee.order != UInt32(order) {
                    return "block \(pfn) is on a per-CPU list of another order"
                }
                if pfn < zone.start || pfn >= zone.end { return "frame \(pfn) is on a per-CPU list of another zone" }
            }
        }
        return count == zone.perCPU.count
            ? nil : "the per-CPU lists count \(zone.perCPU.count) frames, they have \(count)"
    }

    /// The blocks of one order and type: marked, linked both ways, aligned, not next to a free buddy, in page blocks of the type;
    /// nothing in them is in use.
    private func checkList(
        _ index: Int, _ order: Int, _ type: MigrateType, _ free: inout InlineArray<6, UInt64>
    ) -> String? {
        var count: UInt64 = 0
        var previous = FrameLink.none
        var link = zones[index].areas[order].first(type)
        while link != FrameLink.none {
            let pfn = PFN(link)
            let record = page(pfn).pointee
            if record.flags != .buddy || record.order != UInt32(order) {
                return "frame \(pfn) on the list of order \(order) is not a free block of that order"
            }
            if record.prev != previous { return "the list of order \(order) is broken at frame \(pfn)" }
            if let problem = checkBlock(index, pfn, order, type) { return "block \(pfn) of order \(order) \(problem)" }
            count += 1
            previous = link
            link = record.next
        }
        if count != zones[index].areas[order].count(type) { return "order \(order) counts are off" }
        free[Int(type.rawValue)] += count << UInt64(order)
        return nil
    }

    private func checkBlock(_ index: Int, _ pfn: PFN, _ order: Int, _ type: MigrateType) -> String? {
        let end = pfn + 1 << UInt64(order)
        if pfn & ((1 << UInt64(order)) - 1) != 0 { return "is not aligned" }
        if pfn < zones[index].start || end > zones[index].end { return "lies in another zone" }
        for block in stride(from: pfn, to: end, by: Int(PageBlocks.size)) where nodes.blocks[block] != type {
            return "is on the list of type \(type), its page block is \(nodes.blocks[block])"
        }
        if order < Zone.maxOrder, isWholeBuddy(index, pfn, order, type) {
            return "and its buddy are free but not joined"
        }
        for tail in (pfn + 1)..<end where page(tail).pointee.flags != [] {
            return "is free, its frame \(tail) in use"
        }
        return nil
    }

    private func isWholeBuddy(_ index: Int, _ pfn: PFN, _ order: Int, _ type: MigrateType) -> Bool {
        let buddy = pfn ^ (1 << UInt64(order))
        guard buddy >= zones[index].start, buddy < zones[index].end else { return false }
        let record = page(buddy).pointee
        guard record.has(.buddy), record.order == UInt32(order) else { return false }
        return order < PageBlocks.order || nodes.blocks[buddy] == type
    }
}
