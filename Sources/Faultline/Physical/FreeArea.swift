import CShim

/// The free blocks of one order in a zone: `struct free_area`. A list through the records of their first frames, newest first.
///
/// The kernel has a list for each migrate type here. This one holds all types; what the type of a block is, its page block says
/// (``PageBlocks``).
struct FreeArea {
    /// The first block of the list, or ``FrameLink/none``.
    private(set) var first = FrameLink.none
    /// `nr_free`.
    private(set) var count: UInt64 = 0

    /// `__add_to_free_list`.
    @inline(__always)
    mutating func push(_ pfn: PFN, _ order: Int, in frames: FrameTable) {
        let record = frames.page(pfn)
        record.pointee.flags = .buddy
        record.pointee.order = UInt32(truncatingIfNeeded: order)
        record.pointee.next = first
        record.pointee.prev = FrameLink.none
        if first != FrameLink.none { frames.page(PFN(first)).pointee.prev = FrameLink.to(pfn) }
        first = FrameLink.to(pfn)
        count &+= 1
    }

    /// `__del_page_from_free_list`. Precondition: the block is on this list.
    @inline(__always)
    mutating func unlink(_ pfn: PFN, in frames: FrameTable) {
        let record = frames.page(pfn)
        let next = record.pointee.next
        let previous = record.pointee.prev
        if previous == FrameLink.none { first = next } else { frames.page(PFN(previous)).pointee.next = next }
        if next != FrameLink.none { frames.page(PFN(next)).pointee.prev = previous }
        record.pointee.flags = []
        record.pointee.order = 0
        record.pointee.next = 0
        record.pointee.prev = 0
        count &-= 1
    }

    /// The blocks, in the order of the list.
    func forEach(in frames: FrameTable, _ body: (PFN) -> Void) {
        var link = first
        while link != FrameLink.none {
            body(PFN(link))
            link = frames.page(PFN(link)).pointee.next
        }
    }
}
