/// Pages of a zone by what they are: the counters that `show_free_areas` prints of them.
struct ListTally {
    /// On the LRU lists, by ``LRUKind``.
    var lists = InlineArray<5, UInt64>(repeating: 0)
    /// NR_FILE_MAPPED, NR_FILE_DIRTY, NR_WRITEBACK, NR_SHMEM and NR_MLOCK.
    var mapped: UInt64 = 0, dirty: UInt64 = 0, writeback: UInt64 = 0, shmem: UInt64 = 0, locked: UInt64 = 0
    /// NR_ANON_MAPPED, NR_SWAPCACHE, and NR_FILE_PAGES but for those of the swap cache.
    var anonymous: UInt64 = 0, swapCached: UInt64 = 0, files: UInt64 = 0

    /// NR_ZONE_WRITE_PENDING.
    var pending: UInt64 { dirty + writeback }

    mutating func add(_ other: ListTally) {
        for kind in 0..<LRUKind.count { lists[kind] += other.lists[kind] }
        mapped += other.mapped
        dirty += other.dirty
        writeback += other.writeback
        shmem += other.shmem
        locked += other.locked
        anonymous += other.anonymous
        swapCached += other.swapCached
        files += other.files
    }

    fileprivate mutating func add(_ folio: Folio) {
        let record = folio.head.pointee
        let pages = folio.pageCount
        if record.has(.lru) { lists[record.lruPosition % LRUKind.count] += pages }
        if record.has(.mlocked) { locked += pages }
        if record.has(.writeback) { writeback += pages }
        if record.has(.swapCache) { swapCached += pages }
        if record.isAnonymous {
            for pfn in folio.frames where folio.mapCount(of: pfn) > 0 { anonymous += 1 }
            return
        }
        // Pages of the first process's own program are not shown anywhere.
        guard let mapping = record.fileMapping, mapping.pointee.kind != .image else { return }
        files += pages
        if record.has(.swapBacked) { shmem += pages } else if record.has(.dirty) { dirty += pages }
        for pfn in folio.frames where folio.mapCount(of: pfn) > 0 { mapped += 1 }
    }
}

extension Machine {
    /// Counts the pages that are charged to the program's memory cgroup.
    func groupTally() -> ListTally {
        var sum = ListTally()
        for zone in physical.zones.indices { sum.add(tally(zone, ofGroupOnly: true)) }
        return sum
    }

    /// Counts the pages of a zone. Looks at each frame that anybody ever had.
    func tally(_ zone: Int, ofGroupOnly: Bool = false) -> ListTally {
        var tally = ListTally()
        for range in PhysicalMemory.touchedFrames(physical.zones[zone]) {
            var pfn = range.lowerBound
            while pfn < range.upperBound {
                let record = page(pfn)
                // A free block, and what the kernel has for itself.
                if record.pointee.hasAny(PageFlag.buddy.union(.perCPU)) {
                    pfn += 1 << UInt64(record.pointee.order)
                    continue
                }
                if record.pointee.hasAny(PageFlag.slab.union(.table).union(.reserved)) {
                    pfn += 1
                    continue
                }
                let folio = folio(of: pfn)
                // A page of the pool is on no list, and counts nowhere.
                let counts = !record.pointee.has(.hugeTLB) && (!ofGroupOnly || record.pointee.has(.charged))
                if counts { tally.add(folio) }
                pfn = folio.pfn + folio.pageCount
            }
        }
        return tally
    }
}
