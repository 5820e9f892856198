import CShim

/// `struct folio`: 2^order frames, aligned to their size, that are allocated, owned and freed as one. Most have one frame.
///
/// What belongs to the whole stands in the record of the first frame, the head; the counts of a large folio stand in that of the
/// second (`CShim/include/page.h` has the table):
///
///     frames      head            tail 1               tail 2 …
///     record      flags, refs,    mapped how often,    order
///                 owner, index    by whom; order
///     each also:  mapcount (entries of the last level that map this frame), PG_anon_exclusive, contents
struct Folio {
    /// The first frame.
    let pfn: PFN
    /// Its record.
    let head: UnsafeMutablePointer<fl_page>

    /// The folio that a frame belongs to (`page_folio`). Precondition: `record` is that of the frame.
    @inline(__always)
    init(of pfn: PFN, _ record: UnsafeMutablePointer<fl_page>) {
        if record.pointee.has(.tail) {
            self = Self.containing(pfn, record)
        } else {
            self.pfn = pfn
            head = record
        }
    }

    @inline(__always)
    private init(head: UnsafeMutablePointer<fl_page>, pfn: PFN) {
        self.pfn = pfn
        self.head = head
    }

    /// `compound_head`: a tail knows the order, and a folio is aligned to its size.
    @inline(never)
    private static func containing(_ pfn: PFN, _ record: UnsafeMutablePointer<fl_page>) -> Folio {
        let offset = pfn & (1 << UInt64(record.pointee.order & 0xff) - 1)
        // SAFETY: the records of a folio lie side by side.
        return Folio(head: record - Int(offset), pfn: pfn - offset)
    }

    /// `folio_test_large`.
    @inline(__always) var isLarge: Bool { head.pointee.has(.head) }

    /// `folio_order`.
    @inline(__always) var order: UInt64 { isLarge ? UInt64(firstTail.pointee.order & 0xff) : 0 }

    /// `folio_nr_pages`.
    @inline(__always) var pageCount: UInt64 { 1 << order }

    /// Its frames.
    @inline(__always) var frames: Range<PFN> { pfn..<pfn + pageCount }

    /// The record of one of its frames.
    @inline(__always)
    func record(_ frame: PFN) -> UnsafeMutablePointer<fl_page> { head + Int(truncatingIfNeeded: frame &- pfn) }

    /// Where the counts of a large folio stand. Precondition: ``isLarge``.
    @inline(__always) var firstTail: UnsafeMutablePointer<fl_page> { head + 1 }

    /// The place of a frame in the owner (`page_pgoff`): the head's and on.
    @inline(__always)
    func index(of frame: PFN) -> UInt64 { head.pointee.index &+ (frame &- pfn) }

    /// `folio_test_anon`.
    @inline(__always) var isAnonymous: Bool { head.pointee.isAnonymous }

    // MARK: References

    /// `folio_ref_add`.
    @inline(__always)
    func get(_ count: Int32 = 1) { head.pointee.refcount &+= count }

    /// `folio_put_testzero`: whether that was the last reference, and the caller frees the frames.
    @inline(__always)
    func put() -> Bool {
        let count = head.pointee.refcount &- 1
        head.pointee.refcount = count
        return count == 0
    }

    // MARK: Making

    /// `prep_compound_page`: makes one folio of frames that were allocated as a block, with the head's references.
    ///
    /// Precondition: order is 1 to 18, the first frame is aligned to it, and no frame belongs to anyone.
    static func make(_ pfn: PFN, order: UInt64, in frames: FrameTable) -> Folio {
        precondition(1...18 ~= order && pfn & (1 << order - 1) == 0, "a large folio is aligned to its size")
        let head = frames.page(pfn)
        head.pointee.set(.head)
        for tail in 1..<1 << Int(order) {
            head[tail].flags = .tail
            head[tail].order = UInt32(order)
            head[tail].refcount = 0
            head[tail].clearOwner()
        }
        return Folio(head: head, pfn: pfn)
    }

    /// The same of frames that are full of zeros afterwards. All tails are alike, so that each is one store of a cache line.
    static func makeZeroed(_ pfn: PFN, order: UInt64, in frames: FrameTable) -> Folio {
        precondition(1...18 ~= order && pfn & (1 << order - 1) == 0, "a large folio is aligned to its size")
        let head = frames.page(pfn)
        let tail = head + 1
        tail.pointee.flags = .tail
        tail.pointee.order = UInt32(order)
        tail.pointee.refcount = 0
        tail.pointee.clearOwner()
        for record in head...tail {
            record.pointee.lines = 0
            CompactContents.reset(record)
        }
        // SAFETY: the records of a folio lie side by side.
        (tail + 1).update(repeating: tail.pointee, count: 1 << Int(order) - 2)
        head.pointee.set(.head)
        return Folio(head: head, pfn: pfn)
    }

    /// `free_tail_page_prepare`: the frames are single ones again, as the allocator wants them. Precondition: nobody maps them.
    func dissolve() {
        guard isLarge else { return }
        precondition(mapCount == 0, "a folio is freed that is still mapped")
        let count = Int(pageCount)
        head.pointee.clear(.head)
        for tail in 1..<count {
            precondition(head[tail].mapcount == 0, "a folio is freed that is still mapped")
            head[tail].flags = []
            head[tail].order = 0
            head[tail].clearOwner()
        }
    }
}
