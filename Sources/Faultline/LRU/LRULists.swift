/// Pages in the order in which reclaim looks at them: a list of `struct lruvec`. Linked through the pages' records.
///
///     first ──next──► … ──next──► last      new pages come in front, reclaim takes the last one
struct LRUList {
    var first = FrameLink.none
    var last = FrameLink.none
    var count: UInt64 = 0

    /// Puts a page in front of the first one, whose record is `front`. Precondition: it can be reclaimed.
    @inline(__always)
    mutating func push(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, before front: UnsafeMutablePointer<PageRecord>?
    ) {
        let link = FrameLink.to(pfn)
        record.pointee.prev = FrameLink.none
        record.pointee.next = first
        if let front { front.pointee.prev = link } else { last = link }
        first = link
        count &+= PageRecord.folioPages(record)
    }
}

/// Which list of an lruvec: `enum lru_list`.
enum LRUKind {
    static var inactiveAnon: Int { 0 }
    static var activeAnon: Int { 1 }
    static var inactiveFile: Int { 2 }
    static var activeFile: Int { 3 }
    /// Its pages are counted, not linked: they keep `mlock_count` where the others have a link.
    static var unevictable: Int { 4 }
    static var count: Int { 5 }
}

/// The lists of all lruvecs: of the machine itself, and of the memory cgroup of a program. A plain value.
struct LRULists {
    /// The machine's own pages (`root_mem_cgroup`), and a program's.
    static var vectorCount: Int { 2 }

    private var lists = InlineArray<10, LRUList>(repeating: LRUList())

    /// By ``PageRecord/lruPosition``.
    @inline(__always)
    subscript(position: Int) -> LRUList {
        get { lists[position] }
        set { lists[position] = newValue }
    }

    /// `lruvec_lru_size`.
    @inline(__always)
    func count(_ vector: Int, _ kind: Int) -> UInt64 { lists[vector * LRUKind.count + kind].count }
}

extension PageRecord {
    /// Which lruvec the page belongs to (`folio_lruvec`).
    @inline(__always)
    var vector: Int {
        Int(truncatingIfNeeded: flags.rawValue >> UInt32(PageFlag.charged.rawValue.trailingZeroBitCount) & 1)
    }

    /// The place of its list among all (`folio_lru_list`).
    @inline(__always)
    var lruPosition: Int {
        let base = vector &* LRUKind.count
        if has(.unevictable) { return base &+ LRUKind.unevictable }
        // Without a branch, since batches hold pages of any kind.
        let ofFile = ~flags.rawValue >> UInt32(PageFlag.swapBacked.rawValue.trailingZeroBitCount) & 1
        let active = flags.rawValue >> UInt32(PageFlag.active.rawValue.trailingZeroBitCount) & 1
        return base &+ Int(truncatingIfNeeded: ofFile << 1 | active)
    }

    /// `folio_nr_pages` of a folio's first page: what it counts for on a list.
    @inline(__always)
    static func folioPages(_ record: UnsafeMutablePointer<PageRecord>) -> UInt64 {
        record.pointee.has(.head) ? 1 << UInt64(record[1].order & 0xff) : 1
    }

    /// `folio_is_file_lru`: pages of files, and those that MADV_FREE gave away.
    @inline(__always) var isOnFileLists: Bool { !has(.swapBacked) }
}

extension Machine {
    /// `lruvec_add_folio`: in front of the list that the page's flags name.
    @inline(__always)
    func addToList(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        let position = record.pointee.lruPosition
        var list = lruLists[position]
        if record.pointee.has(.unevictable) {
            list.count &+= PageRecord.folioPages(record)
        } else {
            list.push(pfn, record, before: list.first == FrameLink.none ? nil : page(PFN(list.first)))
        }
        lruLists[position] = list
    }

    /// `lruvec_add_folio_tail`: reclaim looks at the page next. Precondition: it can be reclaimed.
    func addToListEnd(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        let position = record.pointee.lruPosition
        var list = lruLists[position]
        let link = FrameLink.to(pfn)
        record.pointee.next = FrameLink.none
        record.pointee.prev = list.last
        if list.last == FrameLink.none { list.first = link } else { page(PFN(list.last)).pointee.next = link }
        list.last = link
        list.count &+= PageRecord.folioPages(record)
        lruLists[position] = list
    }

    /// `lruvec_del_folio`. Precondition: the page is on the list that its flags name.
    @inline(__always)
    func removeFromList(_ record: UnsafeMutablePointer<PageRecord>) {
        let position = record.pointee.lruPosition
        if !record.pointee.has(.unevictable) {
            let (next, previous) = (record.pointee.next, record.pointee.prev)
            if previous == FrameLink.none {
                lruLists[position].first = next
            } else {
                page(PFN(previous)).pointee.next = next
            }
            if next == FrameLink.none {
                lruLists[position].last = previous
            } else {
                page(PFN(next)).pointee.prev = previous
            }
        }
        lruLists[position].count &-= PageRecord.folioPages(record)
    }

    /// Sets and clears flags of a page that may be on a list, which then moves in front of the list that its new flags name.
    func moveOnLists(_ pfn: PFN, setting set: PageFlag, clearing cleared: PageFlag) {
        let record = page(pfn)
        let isListed = record.pointee.has(.lru)
        if isListed { removeFromList(record) }
        record.pointee.clear(cleared)
        record.pointee.set(set)
        if isListed { addToList(pfn, record) }
    }
}
