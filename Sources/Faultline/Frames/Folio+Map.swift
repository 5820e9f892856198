import CShim

/// How often a folio is mapped, and by whom, as this kernel's configuration counts it (CONFIG_PAGE_MAPCOUNT, CONFIG_MM_ID).
///
/// A last-level entry counts in the `mapcount` of its frame, an entry that maps the whole folio (a PMD) in the folio's
/// `_entire_mapcount`; both count in `_large_mapcount`. `_nr_pages_mapped` counts the frames that last-level entries map. Two
/// address spaces are remembered with their shares of `_large_mapcount`: so a folio that is certainly mapped by one alone is known.
extension Folio {
    /// `folio_mapcount`: entries that map it or one of its frames.
    @inline(__always)
    var mapCount: Int32 { isLarge ? firstTail.pointee.largeMapCount : head.pointee.mapcount }

    /// `folio_entire_mapcount`: entries that map all of it.
    var entireMapCount: Int32 { isLarge ? firstTail.pointee.entireMapCount : 0 }

    /// `_nr_pages_mapped`: its frames that last-level entries map; one of ENTIRELY_MAPPED more while an entry maps all.
    var mappedPages: UInt32 {
        guard isLarge else { return head.pointee.mapcount > 0 ? 1 : 0 }
        return firstTail.pointee.order >> 8 + (entireMapCount > 0 ? Self.entirelyMapped : 0)
    }

    /// `ENTIRELY_MAPPED`.
    static var entirelyMapped: UInt32 { 0x80_0000 }

    /// `folio_precise_page_mapcount`: entries that map one frame, as /proc/kpagecount and smaps count them.
    @inline(__always)
    func mapCount(of frame: PFN) -> Int32 {
        isLarge ? record(frame).pointee.mapcount &+ firstTail.pointee.entireMapCount : head.pointee.mapcount
    }

    /// `folio_maybe_mapped_shared`: false says that one address space alone maps it, true that several may.
    var isMaybeShared: Bool {
        if !isLarge || mapCount <= 1 { return mapCount > 1 }
        return firstTail.pointee.index & Self.sharedBit != 0
    }

    // MARK: Mapping

    /// `__folio_add_rmap` of last-level entries of one address space: `count` frames from one on, mapped once more each.
    ///
    /// - Parameter mm: the number of the address space, not 0 (`mm_id`).
    @inline(__always)
    func map(_ frame: PFN, count: Int = 1, mm: UInt32) {
        if isLarge { mapLarge(frame, count, mm) } else { head.pointee.mapcount &+= 1 }
    }

    @inline(never)
    private func mapLarge(_ frame: PFN, _ count: Int, _ mm: UInt32) {
        for record in record(frame)..<record(frame) + count {
            record.pointee.mapcount &+= 1
            if record.pointee.mapcount == 1 { firstTail.pointee.order &+= 1 << 8 }
        }
        add(Int32(count), mm)
    }

    /// The same of an entry that maps the whole folio. Precondition: ``isLarge``.
    func mapEntire(mm: UInt32) {
        firstTail.pointee.entireMapCount += 1
        add(1, mm)
    }

    /// `__folio_remove_rmap` of last-level entries.
    @inline(__always)
    func unmap(_ frame: PFN, count: Int = 1, mm: UInt32) {
        if isLarge { return unmapLarge(frame, count, mm) }
        precondition(head.pointee.mapcount > 0, "a page is unmapped that is not mapped")
        head.pointee.mapcount &-= 1
    }

    @inline(never)
    private func unmapLarge(_ frame: PFN, _ count: Int, _ mm: UInt32) {
        for record in record(frame)..<record(frame) + count {
            precondition(record.pointee.mapcount > 0, "a page is unmapped that is not mapped")
            record.pointee.mapcount &-= 1
            if record.pointee.mapcount == 0 { firstTail.pointee.order &-= 1 << 8 }
        }
        subtract(Int32(count), mm)
    }

    /// The same of an entry that mapped the whole folio.
    func unmapEntire(mm: UInt32) {
        precondition(entireMapCount > 0, "a folio is unmapped that is not mapped as a whole")
        firstTail.pointee.entireMapCount -= 1
        subtract(1, mm)
    }

    /// `__split_huge_pmd_locked`: last-level entries for all frames in the place of one that mapped the whole folio.
    func splitMapping(mm: UInt32) {
        map(pfn, count: Int(pageCount), mm: mm)
        unmapEntire(mm: mm)
    }

    // MARK: By whom

    private static var sharedBit: UInt64 { 1 << 31 }

    /// `folio_add_return_large_mapcount`: the first two address spaces get a slot each; the third has none, and the folio counts as
    /// shared until one slot owns all mappings.
    private func add(_ count: Int32, _ mm: UInt32) {
        let tail = firstTail
        let before = tail.pointee.largeMapCount
        tail.pointee.largeMapCount = before + count
        for slot in 0..<2 where tail.pointee[owner: slot] == mm {
            tail.pointee[ownerCount: slot] &+= UInt32(count)
            return
        }
        for slot in 0..<2 where tail.pointee[owner: slot] == 0 {
            tail.pointee[owner: slot] = mm
            tail.pointee[ownerCount: slot] = UInt32(count)
            if before != 0 { tail.pointee.index |= Self.sharedBit }
            return
        }
    }

    /// `folio_sub_return_large_mapcount`. A slot may know of fewer mappings than its address space has: those that came while both
    /// slots were taken are in none.
    private func subtract(_ count: Int32, _ mm: UInt32) {
        let tail = firstTail
        tail.pointee.largeMapCount -= count
        for slot in 0..<2 where tail.pointee[owner: slot] == mm {
            if tail.pointee[ownerCount: slot] > UInt32(count) {
                tail.pointee[ownerCount: slot] -= UInt32(count)
                return
            }
            tail.pointee[ownerCount: slot] = 0
            tail.pointee[owner: slot] = 0
            break
        }
        let rest = UInt32(tail.pointee.largeMapCount)
        if (0..<2).contains(where: { tail.pointee[ownerCount: $0] == rest }) { tail.pointee.index &= ~Self.sharedBit }
    }
}

/// The whole folio's counts, in the record of the first tail.
extension fl_page {
    /// `_large_mapcount`, in the lower half of `mapping`.
    fileprivate(set) var largeMapCount: Int32 {
        @inline(__always) get { Int32(truncatingIfNeeded: mapping) }
        set { mapping = mapping & ~0xffff_ffff | UInt64(UInt32(bitPattern: newValue)) }
    }

    /// `_entire_mapcount`, in the upper half.
    fileprivate(set) var entireMapCount: Int32 {
        @inline(__always) get { Int32(truncatingIfNeeded: mapping >> 32) }
        set { mapping = mapping & 0xffff_ffff | UInt64(UInt32(bitPattern: newValue)) << 32 }
    }

    /// `_mm_id`: 31 bits each, in `index`; 0 for none.
    fileprivate subscript(owner slot: Int) -> UInt32 {
        get { UInt32(truncatingIfNeeded: index >> UInt64(32 * slot)) & 0x7fff_ffff }
        set {
            let shift = UInt64(32 * slot)
            index = index & ~(0x7fff_ffff << shift) | UInt64(newValue & 0x7fff_ffff) << shift
        }
    }

    /// `_mm_id_mapcount`, in the links; 0 for none.
    fileprivate subscript(ownerCount slot: Int) -> UInt32 {
        get { slot == 0 ? next : prev }
        set { if slot == 0 { next = newValue } else { prev = newValue } }
    }
}
