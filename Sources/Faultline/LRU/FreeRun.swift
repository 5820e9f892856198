/// Private pages that an unmapping frees one after the other (`struct mmu_gather`, `folios_put_refs`, `free_unref_folios`).
///
/// Each is on the per-CPU list at once. The zone's counters are told of many together, and neighbours on an LRU list leave it together,
/// as a mapping that was filled page by page has them: what remains of the list is linked once. ``Machine/finish(_:)`` does both, before
/// anyone looks. A page that cannot go this way ends a run.
struct FreeRun {
    /// The page block whose frames may be taken, and the lists of the zone for its kind of frames; none at first.
    fileprivate var block = UInt64.max
    fileprivate var list = 0
    /// How many pages may be taken before the zone has to look at its lists.
    fileprivate var room = 0
    /// Pages that the zone was not told of.
    fileprivate var taken = 0
    /// Pages that leave an LRU list side by side, its place among all, and who remains before and behind them.
    fileprivate var unlinked: UInt64 = 0
    fileprivate var place = 0
    fileprivate var previous = FrameLink.none
    fileprivate var next = FrameLink.none

    /// Takes the page's links out of the run of neighbours; false where it is none of them.
    @inline(__always)
    fileprivate mutating func joins(_ link: UInt32, _ record: UnsafeMutablePointer<PageRecord>) -> Bool {
        if link == previous {
            previous = record.pointee.prev
        } else if link == next {
            next = record.pointee.next
        } else {
            return false
        }
        return true
    }

    @inline(__always)
    fileprivate mutating func note() {
        unlinked &+= 1
        taken &+= 1
        room &-= 1
    }
}

extension PageRecord {
    /// What keeps a page from being freed in a run.
    private static var isExceptional: PageFlag {
        [.head, .tail, .buddy, .perCPU, .swapCache, .unevictable, .charged]
    }

    /// Whether one process has the page, by one entry, and nothing else does: an anonymous page on an LRU list.
    @inline(__always)
    var isFreedWithItsEntry: Bool {
        flags.rawValue & (Self.isExceptional.rawValue | PageFlag.lru.rawValue) == PageFlag.lru.rawValue
            && mapcount == 1 && refcount == 1 && isAnonymous
    }
}

extension Machine {
    /// Frees a page whose only entry goes. False where it has to go by itself, once the run is finished.
    ///
    /// Precondition: ``PageRecord/isFreedWithItsEntry``, and no one collects events.
    @inline(__always)
    func take(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ run: inout FreeRun) -> Bool {
        if pfn >> 9 != run.block, !enter(pfn, &run) { return false }
        if run.room <= 0 { return false }
        if !run.joins(FrameLink.to(pfn), record) { beginUnlinking(record, &run) }
        run.note()
        record.pointee.clearOwner()
        record.pointee.flags = .perCPU
        record.pointee.mapcount = 0
        record.pointee.refcount = 0
        physical.rings[run.list].push(pfn)
        return true
    }

    /// Looks whether frames of a page block go to the lists of the preferred zone, and how many may.
    @inline(never)
    private func enter(_ pfn: PFN, _ run: inout FreeRun) -> Bool {
        let list = Int(physical.nodes.blocks.list(pfn))
        let zone = physical.preferred
        let first = pfn & ~(PageBlocks.size - 1)
        guard list <= 1, first >= zone.pointee.start, first + PageBlocks.size <= zone.pointee.end else { return false }
        // The free that reaches the limit has to look at the lists itself.
        if run.taken == 0 { run.room = zone.pointee.perCPU.limit &- 1 &- zone.pointee.perCPU.count }
        run.list = list
        run.block = pfn >> 9
        return true
    }

    @inline(__always)
    private func beginUnlinking(_ record: UnsafeMutablePointer<PageRecord>, _ run: inout FreeRun) {
        unlink(&run)
        run.place = record.pointee.lruPosition
        run.previous = record.pointee.prev
        run.next = record.pointee.next
    }

    /// `lruvec_del_folio` of neighbours.
    @inline(__always)
    private func unlink(_ run: inout FreeRun) {
        if run.unlinked == 0 { return }
        if run.previous == FrameLink.none {
            lruLists[run.place].first = run.next
        } else {
            page(PFN(run.previous)).pointee.next = run.next
        }
        if run.next == FrameLink.none {
            lruLists[run.place].last = run.previous
        } else {
            page(PFN(run.next)).pointee.prev = run.previous
        }
        lruLists[run.place].count &-= run.unlinked
        run.unlinked = 0
    }

    /// Tells the LRU list and the zone what a run took: its end.
    @inline(__always)
    func finish(_ run: inout FreeRun) {
        unlink(&run)
        physical.preferred.pointee.noteFrees(run.taken)
    }
}

extension Zone {
    /// ``noteFree()`` as many times, or never. Precondition: none of them would have said that some have to go back.
    fileprivate mutating func noteFrees(_ number: Int) {
        if number == 0 { return }
        perCPU.count &+= number
        perCPU.allocFactor >>= number
        perCPU.wasHighOrder = false
        freedPages &+= UInt64(number)
        let most = perCPU.batch << PerCPUPages.scale
        if perCPU.freeCount < most { perCPU.freeCount = min(perCPU.freeCount &+ number, most) }
    }
}
