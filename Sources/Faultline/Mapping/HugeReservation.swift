/// Reservations of huge pages (`mm/hugetlb.c`): where a mapping's stands, and what a page takes of it.
struct ReservedPlace {
    /// The number of the map, 0 for none.
    let map: UInt32
    /// The place in the map, in huge pages.
    let index: UInt64
    /// The map is a file's, and has what is reserved; a private one has what is used up.
    let isShared: Bool
}

extension VMArea {
    private static var mapMask: UInt64 { 0xffff_ffff }
    private static var forfeitedBit: UInt64 { 1 << 32 }

    /// `vm_private_data` of private memory of huge pages: the number of its map, for the one who mapped it (HPAGE_RESV_OWNER); 0 for all
    /// others. Memory of huge pages is never swapped, so that the word of swap read-ahead is free for it.
    var ownReservation: UInt32 {
        get { UInt32(truncatingIfNeeded: swapReadahead & Self.mapMask) }
        set { swapReadahead = swapReadahead & ~Self.mapMask | UInt64(newValue) }
    }

    /// HPAGE_RESV_UNMAPPED: the one who mapped the memory took a page of it back when the pool was empty.
    var hasForfeited: Bool {
        get { swapReadahead & Self.forfeitedBit != 0 }
        set { swapReadahead = newValue ? swapReadahead | Self.forfeitedBit : swapReadahead & ~Self.forfeitedBit }
    }

    /// The bytes of its pages (`huge_page_size`). Precondition: its memory is of huge pages.
    var hugePageBytes: UInt64 { file?.pointee.mapping.pointee.hugePageBytes ?? PageSize.large }

    /// `vma_hugecache_offset`: the place of an address in the file, in huge pages.
    func hugeIndex(_ address: VirtualAddress) -> UInt64 { pageIndex(address) / (hugePageBytes >> 12) }
}

extension Machine {
    /// `vma_resv_map` and the place in it.
    func reservedPlace(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> ReservedPlace {
        let isShared = vma.pointee.flags.has(.mayShare)
        let file = vma.pointee.file?.pointee.mapping.pointee.reserveMap ?? 0
        return ReservedPlace(
            map: isShared ? file : vma.pointee.ownReservation, index: vma.pointee.hugeIndex(address),
            isShared: isShared)
    }

    /// `vma_needs_reservation`: whether no page is promised for the place.
    func lacksReservation(_ place: ReservedPlace) -> Bool {
        guard let map = hugePool.maps[place.map] else { return true }
        return map.contains(place.index) != place.isShared
    }

    /// `vma_commit_reservation`: a page came to the place.
    private func commit(_ place: ReservedPlace) {
        hugePool.maps[place.map]?.add(place.index..<place.index + 1)
    }

    /// `vma_add_reservation`, or `vma_del_reservation`: a page is promised for the place again, or no longer.
    private func setPromise(_ place: ReservedPlace, _ isPromised: Bool) {
        let range = place.index..<place.index + 1
        if isPromised == place.isShared {
            hugePool.maps[place.map]?.add(range)
        } else {
            hugePool.maps[place.map]?.remove(range)
        }
    }

    /// `alloc_hugetlb_folio`: a page of the pool with one reference, whose contents are those of its last use. It is the one that was
    /// promised, one that nobody was promised, or a surplus one.
    ///
    /// - Parameter forOwner: a copy for the one who mapped the memory, who has used up what it was promised there (`cow_from_owner`).
    /// - Returns: nil where there is none (ENOSPC).
    func allocatePoolPage(_ place: ReservedPlace, forOwner: Bool = false) -> Folio? {
        let isUnpromised = forOwner || lacksReservation(place)
        let free = isUnpromised && !hugePool.hasAvailable ? nil : hugePool.free.popLast()
        guard let pfn = free ?? makeSurplusPage() else { return nil }
        let head = page(pfn)
        if !isUnpromised {
            head.pointee.set(.restoresReserve)
            hugePool.reserved -= 1
        }
        head.pointee.refcount = 1
        if !forOwner { commit(place) }
        if isTracing { emit(.hugePageTaken, .none, 0, pfn) }
        return folio(of: pfn)
    }

    /// `restore_reserve_on_error`: a page that was allocated goes back unused, before its reference is given back.
    func restoreReservation(_ place: ReservedPlace, _ folio: Folio) {
        let isUnpromised = lacksReservation(place)
        if folio.head.pointee.has(.restoresReserve) {
            if isUnpromised { setPromise(place, true) }
        } else if !isUnpromised {
            setPromise(place, false)
        }
    }

    /// What `__unmap_hugepage_range` does with a private page: the one who mapped the memory is promised it again, unless the pool has
    /// surplus pages. A child that has the page still keeps it; the pool counts the promise when that one lets it go.
    ///
    /// Until then the figure of promised pages may be below 0, which `/proc/meminfo` shows as 2^64 less that.
    func renewPromise(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ folio: Folio) {
        guard hugePool.surplus == 0, vma.pointee.ownReservation != 0, folio.isAnonymous else { return }
        folio.head.pointee.set(.restoresReserve)
        let place = reservedPlace(vma, address)
        if lacksReservation(place) { setPromise(place, true) }
    }

    // MARK: VMAs

    /// `hugetlb_vm_op_open` of a copy of a VMA; of a child's, `hugetlb_dup_vma_private` before it: nothing is promised to a child.
    func openReservation(_ copy: Handle<VMArea>, isForked: Bool) {
        if isForked { copy.pointee.swapReadahead = 0 }
        let map = copy.pointee.ownReservation
        if map != 0 { hugePool.maps[map]?.holders += 1 }
    }

    /// `hugetlb_vm_op_close`: what was promised for the VMA and not taken is free for others.
    func closeReservation(_ vma: Handle<VMArea>) {
        let number = vma.pointee.ownReservation
        guard number != 0, let map = hugePool.maps[number] else { return }
        let range = vma.pointee.hugeIndex(vma.pointee.start)..<vma.pointee.hugeIndex(vma.pointee.end)
        _ = promisePoolPages(-Int64(map.missing(in: range)))
        hugePool.putMap(number)
    }

    /// `clear_vma_resv_huge_pages` of the source of a move: the copy has the map now. The kernel forgets it for the whole of the VMA,
    /// be it that only a part has moved: what was promised for the rest is never given back.
    func dropReservation(_ vma: Handle<VMArea>, moved: Range<VirtualAddress>) {
        let number = vma.pointee.ownReservation
        vma.pointee.swapReadahead = 0
        guard number != 0, let map = hugePool.maps[number] else { return }
        for (from, to) in [(vma.pointee.start, moved.lowerBound), (moved.upperBound, vma.pointee.end)] where from < to {
            hugePool.lost += Int64(map.missing(in: vma.pointee.hugeIndex(from)..<vma.pointee.hugeIndex(to)))
        }
        hugePool.putMap(number)
    }
}
