/// A swap area: `struct swap_info_struct` (`include/linux/swap.h`), its slots and how they are found.
///
/// Slot 0 is the header. Slots come from clusters of 512; free ones of a cluster are found in ascending order.
struct SwapArea {
    /// `max`: the slots, the header among them.
    let end: UInt64
    /// `SWP_SYNCHRONOUS_IO`: on compressed memory. Writing and reading end at once, and nothing rotates.
    let isCompressed: Bool
    /// `swap_map` and the cluster's `table`.
    var slots: [SwapSlot]
    var clusters: [SwapCluster]
    /// `free_clusters`, `nonfull_clusters[0]`, `frag_clusters[0]`, `full_clusters`, by ``SwapCluster/List``.
    var lists = Array(repeating: SwapClusterList(), count: SwapCluster.List.allCases.count)
    /// `global_cluster->next[0]`, on compressed memory `percpu_swap_cluster.offset[0]`: where the next slot is looked for; 0 for nowhere.
    var next: UInt64 = 0
    /// The same of folios of 2^order pages (`percpu_swap_cluster.offset[]`).
    var nextLarge = Array(repeating: UInt64(0), count: 10)
    /// `inuse_pages`.
    var usedCount: UInt64 = 0
    /// `reclaim_work`: the area became full; a worker looks for slots that nobody needs.
    var wantsReclaim = false

    /// swapoff is emptying it: no slot is given out any more, and it counts as no area (`del_from_avail_list`; `total_swap_pages` and
    /// `nr_swap_pages` are without it).
    var isLeaving = false

    /// `SWAPFILE_CLUSTER`.
    static var clusterSlots: UInt64 { 512 }

    /// A fresh area of so many pages (`setup_clusters`). Precondition: 2 or more.
    init(pages: UInt64, isCompressed: Bool) {
        end = pages
        self.isCompressed = isCompressed
        slots = Array(repeating: SwapSlot(), count: Int(pages))
        slots[0].isBad = true
        let count = Int((pages + Self.clusterSlots - 1) / Self.clusterSlots)
        clusters = Array(repeating: SwapCluster(), count: count)
        // The header, and what the last cluster has beyond the end, are in use for good.
        clusters[0].count = 1
        clusters[count - 1].count += UInt16(UInt64(count) * Self.clusterSlots - pages)
        for index in 0..<count { append(index, to: clusters[index].count == 0 ? .free : .partlyFree) }
    }

    /// `pages`: the slots that can hold a page.
    var slotCount: UInt64 { end - 1 }

    /// `vm_swap_full`: more than half is in use, so that slots are not kept for pages that are in memory.
    var isHalfFull: Bool { (slotCount - usedCount) * 2 < slotCount }

    /// A full area is on no list of areas that slots are taken from (`SWAP_USAGE_OFFLIST_BIT`).
    var hasFreeSlot: Bool { usedCount < slotCount && !isLeaving }

    /// Where the cluster that was used last goes on; nil where it has ended, or became empty: its table of slots is given back then, and
    /// it waits behind the other free ones (`cluster_is_usable`, since 6.18).
    var nextPlace: (cluster: Int, slot: UInt64)? {
        if next == 0 { return nil }
        let cluster = Int(next / Self.clusterSlots)
        return clusters[cluster].count == 0 ? nil : (cluster, next)
    }

    /// Whether a slot of the cluster is free.
    func hasRoom(inCluster cluster: Int) -> Bool { clusters[cluster].count < Self.clusterSlots }

    /// Whether a look for slots may take one from the page in memory that alone holds it (`cluster_scan_range`).
    func mayReclaim(_ slot: UInt64) -> Bool { slots[Int(slot)].isOnlyCached && isHalfFull }

    /// `swap_cache_get_folio`: the page of a slot that is in memory.
    @inline(__always)
    func cachedFrame(_ slot: UInt64) -> PFN? {
        let frame = slots[Int(slot)].frame
        return frame == FrameLink.none ? nil : PFN(frame)
    }

    /// `swap_count`: how many entries and memory files name the slot.
    @inline(__always)
    func useCount(_ slot: UInt64) -> UInt32 { slots[Int(slot)].uses }

    /// `cluster_alloc_range` of one slot, for the swap cache.
    mutating func take(_ slot: UInt64) {
        slots[Int(slot)].isCached = true
        if clusters[Int(slot / Self.clusterSlots)].count == 0 { clusters[Int(slot / Self.clusterSlots)].order = 0 }
        clusters[Int(slot / Self.clusterSlots)].count += 1
        usedCount += 1
        if usedCount == slotCount { wantsReclaim = true }
    }

    /// `swap_range_free`, and the lists that the cluster leaves and comes to.
    mutating func release(_ slot: UInt64) {
        let cluster = Int(slot / Self.clusterSlots)
        clusters[cluster].count -= 1
        usedCount -= 1
        move(cluster, to: clusters[cluster].count == 0 ? .free : .partlyFree)
    }
}

/// One slot: a byte of `swap_map`, the page's place in the swap cache, and what the area holds.
struct SwapSlot {
    /// `swap_count`.
    var uses: UInt32 = 0
    /// The page that is in memory; ``FrameLink/none`` for none.
    var frame: UInt32 = FrameLink.none
    /// What an evicted page left for ``Machine/refault(_:_:)``; 0 for nothing.
    var shadow: UInt64 = 0
    /// `SWAP_HAS_CACHE`.
    var isCached = false
    /// `SWAP_MAP_BAD`.
    var isBad = false
    /// What was written there; nil for a slot that was not written since it was taken.
    var contents: StoredPage?

    /// Whether it could be taken.
    @inline(__always) var isFree: Bool { uses == 0 && !isCached && !isBad }
    /// Whether only the page in memory holds it.
    @inline(__always) var isOnlyCached: Bool { uses == 0 && isCached && !isBad }
}

/// The contents of a page outside of RAM. A page that is compact in RAM stays so.
struct StoredPage {
    /// What a page record has of a frame without real lines (``CompactContents``).
    let contents0: UInt64
    let contents1: UInt64
    /// The copy of a frame with real lines; nil for none.
    let block: UnsafeMutableRawPointer?

    /// `is_folio_zero_filled` when it was stored: the area's map has a bit for it (`zeromap`).
    let isZero: Bool
}
