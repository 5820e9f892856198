/// Which slot a page goes to (`mm/swapfile.c`).
extension Machine {
    /// `folio_alloc_swap` (`cluster_alloc_swap_entry`): a slot for a page that is to enter the swap cache.
    ///
    /// The cluster that was used last goes on, in ascending order. Then come clusters in which a slot became free, free ones, and one of
    /// the others.
    ///
    /// - Returns: the slot; nil where none is free, or no area is on. A full area is not looked through: the worker must free some first.
    func allocateSwapSlot() -> UInt64? {
        guard swap.area?.hasFreeSlot ?? false else { return nil }
        if let place = swap.area?.nextPlace, let slot = takeSlot(place.cluster, from: place.slot) { return slot }
        if let slot = takeSlot(on: .partlyFree, fromAll: true) { return slot }
        if let slot = takeSlot(on: .free, fromAll: false) { return slot }
        if swap.isHalfFull { reclaimFullClusters() }
        if let slot = takeSlot(on: .fragmented, fromAll: false) { return slot }
        for order in 1...9 as ClosedRange<UInt8> {
            if let slot = takeSlot(on: .fragmented, fromAll: true, order: order) { return slot }
            if let slot = takeSlot(on: .partlyFree, fromAll: true, order: order) { return slot }
        }
        return nil
    }

    /// `alloc_swap_scan_list`.
    private func takeSlot(on list: SwapCluster.List, fromAll: Bool, order: UInt8 = 0) -> UInt64? {
        // Each round takes a cluster off the list for good.
        while let cluster = swap.area?.isolate(list, order: order) {
            if let slot = takeSlot(cluster, from: UInt64(cluster) * SwapArea.clusterSlots) { return slot }
            if !fromAll { break }
        }
        return nil
    }

    /// `alloc_swap_scan_cluster`: the first free slot from one on; one that only a page in memory holds counts as free where the area
    /// is half full.
    private func takeSlot(_ cluster: Int, from first: UInt64) -> UInt64? {
        let start = UInt64(cluster) * SwapArea.clusterSlots
        var found: UInt64?
        var next: UInt64 = 0
        var slot = first
        let end = min(start + SwapArea.clusterSlots, swap.area?.end ?? 0)
        while slot < end, swap.area?.hasRoom(inCluster: cluster) ?? false {
            if !(swap.area?.slots[Int(slot)].isFree ?? false) {
                guard swap.area?.mayReclaim(slot) ?? false, reclaimCachedSlot(slot, .anyway) else {
                    slot += 1
                    continue
                }
                // It was given back as a whole.
                if swap.area?.clusters[cluster].count == 0 { break }
            }
            swap.area?.take(slot)
            found = slot
            if swap.area?.hasRoom(inCluster: cluster) ?? false, slot + 1 < end { next = slot + 1 }
            break
        }
        swap.area?.relocate(cluster)
        swap.area?.next = next
        return found
    }

    /// `swap_reclaim_full_clusters`: gives back the slots of the first full cluster that only pages in memory hold.
    private func reclaimFullClusters() {
        guard let cluster = swap.area?.isolate(.full), let end = swap.area?.end else { return }
        let start = UInt64(cluster) * SwapArea.clusterSlots
        for slot in start..<min(start + SwapArea.clusterSlots, end)
        where swap.area?.slots[Int(slot)].isOnlyCached ?? false {
            _ = reclaimCachedSlot(slot, .anyway)
        }
        if swap.area?.clusters[cluster].list == nil { swap.area?.relocate(cluster) }
    }

    /// `swap_reclaim_work`: what a worker does after the area became full. It runs between two statements of a program.
    func runSwapWorker() {
        guard swap.area?.wantsReclaim ?? false else { return }
        swap.area?.wantsReclaim = false
        // It looks at as many full clusters as 512 used slots go, but at one at least.
        let count = max(1, Int((swap.area?.usedCount ?? 0) / SwapArea.clusterSlots))
        for _ in 0..<count { reclaimFullClusters() }
    }
}
