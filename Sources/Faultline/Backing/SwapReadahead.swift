/// Reading pages back (`mm/swap_state.c`).
extension Machine {
    /// `__read_swap_cache_async` with `swap_read_folio`: the page of a slot, in the swap cache.
    ///
    /// - Returns: the page with a reference for the caller, and whether it was read just now; nil where nothing names the slot, or no
    ///   frame is free.
    func readSwapCache(_ slot: UInt64) -> (pfn: PFN, isNew: Bool)? {
        if let pfn = swap.area?.cachedFrame(slot) {
            folio(of: pfn).get()
            return (pfn, false)
        }
        guard swap.area?.useCount(slot) ?? 0 > 0, let pfn = allocateChargedPage(.anonymous) else { return nil }
        let record = page(pfn)
        record.pointee.set(PageFlag.swapBacked.union(.uptodate))
        let shadow = addToSwapCache(pfn, slot)
        if shadow != 0 { refault(record, shadow) }
        addToLRU(pfn, record)
        if !loadContents(pfn, slot), swap.takesTime { swap.inFlight.append(pfn) }
        return (pfn, true)
    }

    /// A page for a slot that one entry names, without the swap cache (SWP_SYNCHRONOUS_IO, `shmem_swap_alloc_folio`); nil where no frame
    /// is free.
    func readPastCache(_ slot: UInt64, _ request: AllocationRequest) -> PFN? {
        guard let pfn = allocateChargedPage(request) else { return nil }
        page(pfn).pointee.set(PageFlag.swapBacked.union(.uptodate))
        let shadow = swap.area?.slots[Int(slot)].shadow ?? 0
        if shadow != 0 { refault(page(pfn), shadow) }
        addToLRU(pfn, page(pfn))
        _ = loadContents(pfn, slot)
        swap.lastRead = .atOnce
        return pfn
    }

    /// `swap_update_readahead`: a page is found in the swap cache; whether read-ahead brought it.
    func noteSwapHit(_ pfn: PFN, _ vma: Handle<VMArea>?, _ address: VirtualAddress) {
        let wasReadAhead = page(pfn).pointee.has(.readahead)
        page(pfn).pointee.clear(.readahead)
        let byAddress = swap.usesAddresses
        if let vma, byAddress {
            var info = SwapReadaheadInfo(rawValue: vma.pointee.swapReadahead)
            if wasReadAhead { info.hits = min(info.hits + 1, SwapReadaheadInfo.mostHits) }
            vma.pointee.swapReadahead =
                SwapReadaheadInfo(address: address, window: info.window, hits: info.hits).rawValue
        }
        if wasReadAhead {
            swap.counts.readAheadHits += 1
            if vma == nil || !byAddress { swap.hits += 1 }
        }
    }

    /// `swapin_readahead`: reads the page of a slot for a fault, and others with it.
    ///
    /// - Returns: the page with a reference; nil where no frame is free.
    func readSwapAhead(_ slot: UInt64, _ vma: Handle<VMArea>, _ address: VirtualAddress) -> PFN? {
        if swap.usesAddresses { readAheadByAddress(vma, address) } else { readAheadBySlot(slot) }
        return readTarget(slot)
    }

    /// `shmem_swapin_cluster`.
    func readSwapAhead(_ slot: UInt64) -> PFN? {
        readAheadBySlot(slot)
        return readTarget(slot)
    }

    /// The end of both kinds of read-ahead: most often the page is there already.
    private func readTarget(_ slot: UInt64) -> PFN? {
        guard let target = readSwapCache(slot) else { return nil }
        let waits = swap.takesTime && !(swap.area?.slots[Int(slot)].contents?.isZero ?? false)
        swap.lastRead = waits ? .waited : .atOnce
        // Who waits for it has waited for the others, too.
        if waits { swap.inFlight.removeAll() }
        return target.pfn
    }

    /// `swap_cluster_readahead`: the slots around, in a window that is aligned to its size.
    private func readAheadBySlot(_ slot: UInt64) {
        guard let end = swap.area?.end else { return }
        let mask = UInt64(swap.nextWindow(for: slot)) - 1
        if mask == 0 { return }
        for other in max(slot & ~mask, 1)...min(slot | mask, end - 1) {
            readAhead(other, isTarget: other == slot)
        }
        drainBatches()
    }

    /// A page of the window; all but the one that is asked for are marked.
    private func readAhead(_ slot: UInt64, isTarget: Bool) {
        guard let read = readSwapCache(slot) else { return }
        if read.isNew, !isTarget {
            page(read.pfn).pointee.set(.readahead)
            swap.counts.readAhead += 1
        }
        putPage(folio(of: read.pfn).pfn)
    }

    /// `swap_vma_readahead`: what the entries around the address name.
    private func readAheadByAddress(_ vma: Handle<VMArea>, _ address: VirtualAddress) {
        let page = address.pageAlignedDown
        guard let range = nextRange(vma, page) else { return }
        for other in stride(from: range.lowerBound, to: range.upperBound, by: Int(PageSize.base)) {
            guard let entry = findPTE(vma.pointee.mm, other) else { continue }
            guard case .swap(let named) = EntryState(lastLevel: entry.pointee) else { continue }
            // The target is told by its address: a neighbour never has the same slot.
            readAhead(named.offset, isTarget: other == page)
        }
        drainBatches()
    }

    /// `swap_vma_ra_win`: the addresses to read, within the VMA and the page table; nil for the one page alone.
    private func nextRange(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> Range<VirtualAddress>? {
        let most = UInt32(1) << min(swap.pageCluster, SwapReadaheadInfo.mostOrder)
        if most == 1 { return nil }
        let info = SwapReadaheadInfo(rawValue: vma.pointee.swapReadahead)
        let window = SwapSpace.window(
            previous: info.address >> 12, place: address >> 12, hits: info.hits, most: most, before: info.window)
        vma.pointee.swapReadahead = SwapReadaheadInfo(address: address, window: window, hits: 0).rawValue
        if window == 1 { return nil }
        let bytes = UInt64(window) << 12
        var first = address
        if info.address == address &+ PageSize.base {
            first = address &- bytes &+ PageSize.base
        } else if address != info.address &+ PageSize.base {
            first = address &- UInt64((window - 1) / 2) << 12
        }
        if Int64(bitPattern: first) < 0 { first = 0 }
        let table = address & ~(PageTableLevel.pmdSize - 1)
        return max(
            first, vma.pointee.start, table)..<min(first &+ bytes, vma.pointee.end, table &+ PageTableLevel.pmdSize)
    }
}

extension SwapSpace {
    /// `swap_use_vma_readahead`: nothing rotates (`nr_rotate_swap`), and the setting allows it.
    var usesAddresses: Bool { readsByAddress && area?.isCompressed ?? true }

    /// Whether reads and writes of the area are under way for some time: on a disk.
    var takesTime: Bool { !(area?.isCompressed ?? true) }

    /// `vm_swap_full`; false without an area.
    var isHalfFull: Bool { area?.isHalfFull ?? false }

    /// `swapin_nr_pages`: how many slots to read at once.
    mutating func nextWindow(for slot: UInt64) -> UInt32 {
        let most = UInt32(1) << pageCluster
        if most <= 1 { return 1 }
        let hits = hits
        self.hits = 0
        let window = Self.window(
            previous: previousSlot, place: slot, hits: hits, most: most, before: previousWindow)
        if hits == 0 { previousSlot = slot }
        previousWindow = window
        return window
    }

    /// `__swapin_nr_pages`: more after hits, two where reads go from neighbour to neighbour, and half of the last window at least.
    static func window(previous: UInt64, place: UInt64, hits: UInt32, most: UInt32, before: UInt32) -> UInt32 {
        var pages = hits + 2
        if pages == 2 {
            if place != previous &+ 1, place != previous &- 1 { pages = 1 }
        } else {
            var rounded: UInt32 = 4
            while rounded < pages { rounded <<= 1 }
            pages = rounded
        }
        return max(min(pages, most), before / 2)
    }
}

/// `swap_readahead_info` of a VMA: where read-ahead by address is. The kernel packs it into a word.
struct SwapReadaheadInfo {
    /// `SWAP_RA_ADDR`: the last fault.
    let address: VirtualAddress
    /// `SWAP_RA_WIN`.
    let window: UInt32
    /// `SWAP_RA_HITS`.
    var hits: UInt32

    /// `SWAP_RA_HITS_MAX`, `SWAP_RA_ORDER_CEILING`.
    static var mostHits: UInt32 { 63 }
    static var mostOrder: UInt32 { 5 }

    init(address: VirtualAddress, window: UInt32, hits: UInt32) {
        (self.address, self.window, self.hits) = (address.pageAlignedDown, window, hits)
    }

    /// `GET_SWAP_RA_VAL`: a VMA without one begins with 4 hits.
    init(rawValue: UInt64) {
        let value = rawValue == 0 ? 4 : rawValue
        self.init(
            address: value, window: UInt32(truncatingIfNeeded: value >> 6 & 63),
            hits: UInt32(truncatingIfNeeded: value & 63))
    }

    /// `SWAP_RA_VAL`.
    var rawValue: UInt64 { address | UInt64(window & 63) << 6 | UInt64(hits & 63) }
}
