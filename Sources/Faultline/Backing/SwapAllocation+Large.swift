/// Slots of large folios, which go whole to an area on compressed memory (`mm/swapfile.c`).
extension Machine {
    /// `folio_alloc_swap` of a large folio: slots side by side, aligned to their number, in a cluster that folios of the order alone have.
    ///
    /// - Returns: the first slot; nil where the area takes single pages only, or has no such room. The slots are in use, but nobody names
    ///   them yet.
    func allocateSwapSlots(order: UInt8) -> UInt64? {
        let pages: UInt64 = 1 << UInt64(order)
        guard let area = swap.area, area.isCompressed, area.slotCount - area.usedCount >= pages else { return nil }
        let next = area.nextLarge[Int(order)]
        if next != 0 {
            let cluster = Int(next / SwapArea.clusterSlots)
            let isUsable = area.clusters[cluster].count > 0 && area.clusters[cluster].order == order
            if isUsable, let slot = takeSlots(cluster, from: next, order) { return slot }
        }
        // Each round takes a cluster off the list for good.
        while let cluster = swap.area?.isolate(.partlyFree, order: order) {
            if let slot = takeSlots(cluster, from: UInt64(cluster) * SwapArea.clusterSlots, order) { return slot }
        }
        if let cluster = swap.area?.isolate(.free),
            let slot = takeSlots(cluster, from: UInt64(cluster) * SwapArea.clusterSlots, order)
        {
            return slot
        }
        if order < 9, let cluster = swap.area?.isolate(.fragmented, order: order) {
            return takeSlots(cluster, from: UInt64(cluster) * SwapArea.clusterSlots, order)
        }
        return nil
    }

    /// `alloc_swap_scan_cluster`: the first aligned slots of a cluster that are all free.
    private func takeSlots(_ cluster: Int, from first: UInt64, _ order: UInt8) -> UInt64? {
        let pages: UInt64 = 1 << UInt64(order)
        let end = (UInt64(cluster) + 1) * SwapArea.clusterSlots
        var found: UInt64?
        var slot = (first + pages - 1) & ~(pages - 1)
        while slot + pages <= min(end, swap.area?.end ?? 0) {
            if swap.area?.areFree(slot..<slot + pages) ?? false {
                swap.area?.take(slot..<slot + pages, order)
                found = slot
                break
            }
            slot += pages
        }
        swap.area?.relocate(cluster)
        let hasRoom = (swap.area?.hasRoom(inCluster: cluster) ?? false) && slot + pages < end
        swap.area?.nextLarge[Int(order)] = found != nil && hasRoom ? slot + pages : 0
        return found
    }
}

extension SwapArea {
    fileprivate func areFree(_ range: Range<UInt64>) -> Bool { range.allSatisfy { slots[Int($0)].isFree } }

    /// `cluster_alloc_range`.
    fileprivate mutating func take(_ range: Range<UInt64>, _ order: UInt8) {
        let cluster = Int(range.lowerBound / Self.clusterSlots)
        if clusters[cluster].count == 0 { clusters[cluster].order = order }
        clusters[cluster].count += UInt16(range.count)
        usedCount += UInt64(range.count)
        if usedCount == slotCount { wantsReclaim = true }
    }
}
