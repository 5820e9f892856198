extension Machine {
    /// `SwapTotal`, `SwapFree` and `SwapCached` of /proc/meminfo, in pages.
    var swapFigures: (total: UInt64, free: UInt64, cached: UInt64) {
        guard let area = swap.area else { return (0, 0, 0) }
        return (area.slotCount, area.slotCount - area.usedCount, UInt64(area.slots.count { $0.isCached }))
    }

    /// `Swap` and `SwapPss` of one entry, as `smaps_pte_entry` counts them: bytes, and bytes with 12 fractional bits.
    func swapShare(_ slot: UInt64) -> (bytes: Int, share: UInt64) {
        (4096, (PageSize.base << 12) / UInt64(max(swap.area?.useCount(slot) ?? 1, 1)))
    }

    /// Bytes of a memory file's pages in the swap area that a VMA would map (`smap_gather_stats`). Where the VMA may have private copies,
    /// only those count of which it has none.
    func swappedBehind(_ vma: Handle<VMArea>) -> Int {
        guard let mapping = vma.pointee.file?.pointee.mapping, mapping.pointee.kind == .shmem,
            mapping.pointee.swappedCount > 0
        else { return 0 }
        let first = vma.pointee.pgoff
        var pages = swappedPages(mapping, from: first, through: first &+ vma.pointee.pageCount &- 1)
        if vma.pointee.flags.has(.shared) || !vma.pointee.flags.has(.write) { return pages << 12 }
        forEachEntry(vma) { address, _ in
            let word = mapping.pointee.pages.load(vma.pointee.pageIndex(address))
            if Self.shmemSlot(word, of: mapping) != nil { pages -= 1 }
        }
        return pages << 12
    }

    // MARK: Invariants

    /// The slots against who names them: entries, memory files, the swap cache; the area's counts and lists; and the frames of the swap
    /// cache.
    func checkSwap(_ census: FrameCensus) -> String? {
        var named = census.swapped
        for mapping in liveMappings() where mapping.pointee.kind == .shmem {
            var next: UInt64 = 0
            while let found = mapping.pointee.pages.next(from: next, through: .max) {
                if let slot = Self.shmemSlot(found.value, of: mapping) {
                    for place in 0..<UInt64(1) << found.order { named[slot + place, default: 0] += 1 }
                }
                next = found.lastIndex + 1
            }
        }
        guard let area = swap.area else {
            if swap.blocks.liveCount > 0 { return "contents of a swap area are kept that is gone" }
            return named.isEmpty ? nil : "slots are named, but no swap area is on"
        }
        if let problem = area.checkInvariants() { return "swap area: \(problem)" }
        for (slot, count) in named where slot >= area.end || area.slots[Int(slot)].uses != count {
            return "slot \(slot): the map counts \(slot < area.end ? area.slots[Int(slot)].uses : 0), \(count) name it"
        }
        var blocks = 0
        let batched = batchReferences()
        for (index, slot) in area.slots.enumerated() {
            if slot.uses > 0, named[UInt64(index)] == nil {
                return "slot \(index): the map counts \(slot.uses), nobody names it"
            }
            if slot.contents?.block != nil { blocks += 1 }
            if slot.shadow != 0, slot.isFree || slot.isCached || slot.isBad {
                return "slot \(index): it has a shadow, but no evicted page"
            }
            if slot.isFree, slot.contents != nil { return "slot \(index): it is free, but holds something" }
            if slot.isCached != (slot.frame != FrameLink.none) {
                return "slot \(index): the map and the swap cache differ"
            }
            if !slot.isCached, slot.uses > 0, slot.contents == nil { return "slot \(index): nothing was written to it" }
            guard slot.isCached else { continue }
            if let problem = checkCached(PFN(slot.frame), index, census, batched) { return "slot \(index): \(problem)" }
        }
        return blocks == swap.blocks.liveCount ? nil : "\(swap.blocks.liveCount) blocks are kept, slots have \(blocks)"
    }

    /// A page of the swap cache knows its slot, and one that nobody maps is held by the cache alone.
    private func checkCached(_ pfn: PFN, _ slot: Int, _ census: FrameCensus, _ batched: [PFN: Int32]) -> String? {
        let folio = folio(of: pfn)
        let record = folio.head.pointee
        if !record.has(.swapCache) || record.order + UInt32(pfn - folio.pfn) != UInt32(slot) {
            return "frame \(pfn) does not know it"
        }
        if !record.has(.swapBacked) || record.fileMapping != nil { return "frame \(pfn) is none that swap is for" }
        if folio.mapCount == 0, record.refcount != Int32(folio.pageCount) + batched[folio.pfn, default: 0] {
            return "frame \(pfn): refcount is \(record.refcount), only the swap cache and batches hold it"
        }
        return nil
    }

    /// The first frame of each folio in the swap cache.
    func swapCachedFrames() -> [PFN] {
        swap.area?.slots.compactMap { $0.isCached ? folio(of: PFN($0.frame)).pfn : nil } ?? []
    }

    /// The lists against those that have entries or pages in the area.
    func checkSwapUsers() -> String? {
        if Set(swap.users.addressSpaces).count != swap.users.addressSpaces.count {
            return "mmlist has an address space twice"
        }
        for (process, mm) in liveAddressSpaces {
            let isListed = swap.users.addressSpaces.contains(mm)
            if isListed != mm.pointee.mayBeSwapped {
                return "mmlist and the mark of process \(process)'s address space differ"
            }
            if mm.pointee.swapEntries > 0, !isListed {
                return "process \(process) has swapped pages and is not on mmlist"
            }
        }
        if swap.users.addressSpaces.count != liveAddressSpaces.count(where: { $0.1.pointee.mayBeSwapped }) {
            return "mmlist has an address space that is gone"
        }
        let files = liveMappings().filter { $0.pointee.swappedCount > 0 }
        return files.allSatisfy { swap.users.files.contains($0) }
            ? nil : "a memory file has swapped pages and is on no list"
    }
}
