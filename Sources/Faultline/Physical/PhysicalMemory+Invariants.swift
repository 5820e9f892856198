extension PhysicalMemory {
    /// Returns what is wrong with the allocator's lists and sums, or nil.
    func checkInvariants() -> String? {
        for index in zones.indices {
            if let problem = check(index) { return "zone \(zones[index].name): \(problem)" }
        }
        for position in 0..<tableFrameCount where page(tableFrames[position]).pointee.flags != .perCPU {
            return "frame \(tableFrames[position]), set aside for page tables, is in use"
        }
        return nil
    }

    private func check(_ index: Int) -> String? {
        var free: UInt64 = 0
        for order in 0...Zone.maxOrder {
            if let problem = checkList(index, order, &free) { return problem }
        }
        free += zones[index].untouchedEnd - zones[index].untouched
        for range in zones[index].laterRanges { free += range.end - range.start }
        if free != zones[index].free { return "free is \(zones[index].free) frames, the lists have \(free)" }
        for position in 0..<zones[index].perCPU.count {
            let pfn = zones[index].perCPU.frames[position]
            if page(pfn).pointee.flags != .perCPU { return "frame \(pfn) on the per-CPU list is in use" }
        }
        return nil
    }

    /// The blocks of one order: marked, linked both ways, aligned, not next to a free buddy; nothing in them is in use.
    private func checkList(_ index: Int, _ order: Int, _ free: inout UInt64) -> String? {
        var count: UInt64 = 0
        var previous = FrameLink.none
        var link = zones[index].areas[order].first
        while link != FrameLink.none {
            let pfn = PFN(link)
            let record = page(pfn).pointee
            if record.flags != .buddy || record.order != UInt32(order) {
                return "frame \(pfn) on the list of order \(order) is not a free block of that order"
            }
            if record.prev != previous { return "the list of order \(order) is broken at frame \(pfn)" }
            if pfn & ((1 << UInt64(order)) - 1) != 0 { return "block \(pfn) of order \(order) is not aligned" }
            if order < Zone.maxOrder, isWholeBuddy(index, pfn, order) {
                return "block \(pfn) of order \(order) and its buddy are free but not joined"
            }
            for tail in (pfn + 1)..<(pfn + (1 << UInt64(order))) {
                let flags = page(tail).pointee.flags
                if !flags.isSubset(of: .perCPU) { return "frame \(tail) in the free block \(pfn) is in use" }
            }
            count += 1
            previous = link
            link = record.next
        }
        if count != zones[index].areas[order].count { return "order \(order) counts are off" }
        free += count << UInt64(order)
        return nil
    }

    private func isWholeBuddy(_ index: Int, _ pfn: PFN, _ order: Int) -> Bool {
        let buddy = pfn ^ (1 << UInt64(order))
        guard buddy >= zones[index].start, buddy < zones[index].end else { return false }
        let record = page(buddy).pointee
        return record.has(.buddy) && record.order == UInt32(order)
    }
}
