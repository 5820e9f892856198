import CShim

/// The free blocks of one order in a zone: `struct free_area`. A list for each migrate type, through the records of the blocks' first
/// frames. Most blocks come to its head.
struct FreeArea {
    private var firsts = InlineArray<6, UInt32>(repeating: FrameLink.none)
    private var lasts = InlineArray<6, UInt32>(repeating: FrameLink.none)
    private var counts = InlineArray<6, UInt64>(repeating: 0)
    /// `nr_free`.
    private(set) var count: UInt64 = 0

    /// The first block of a list, or ``FrameLink/none``.
    @inline(__always) func first(_ type: MigrateType) -> UInt32 { firsts[Int(type.rawValue)] }

    /// How many blocks a list has.
    func count(_ type: MigrateType) -> UInt64 { counts[Int(type.rawValue)] }

    /// `__add_to_free_list`.
    @inline(__always)
    mutating func push(_ pfn: PFN, _ order: Int, _ type: MigrateType, toTail: Bool = false, in frames: FrameTable) {
        let list = Int(type.rawValue)
        let record = frames.page(pfn)
        let link = FrameLink.to(pfn)
        record.pointee.flags = .buddy
        record.pointee.order = UInt32(truncatingIfNeeded: order)
        if toTail {
            let last = lasts[list]
            record.pointee.prev = last
            record.pointee.next = FrameLink.none
            if last == FrameLink.none { firsts[list] = link } else { frames.page(PFN(last)).pointee.next = link }
            lasts[list] = link
        } else {
            let first = firsts[list]
            record.pointee.next = first
            record.pointee.prev = FrameLink.none
            if first == FrameLink.none { lasts[list] = link } else { frames.page(PFN(first)).pointee.prev = link }
            firsts[list] = link
        }
        counts[list] &+= 1
        count &+= 1
    }

    /// `__del_page_from_free_list`. Precondition: the block is on the list of this type.
    @inline(__always)
    mutating func unlink(_ pfn: PFN, _ type: MigrateType, in frames: FrameTable) {
        let list = Int(type.rawValue)
        let record = frames.page(pfn)
        let next = record.pointee.next
        let previous = record.pointee.prev
        if previous == FrameLink.none { firsts[list] = next } else { frames.page(PFN(previous)).pointee.next = next }
        if next == FrameLink.none { lasts[list] = previous } else { frames.page(PFN(next)).pointee.prev = previous }
        record.pointee.flags = []
        record.pointee.order = 0
        record.pointee.next = 0
        record.pointee.prev = 0
        counts[list] &-= 1
        count &-= 1
    }

    /// The blocks of a list, in its order.
    func forEach(_ type: MigrateType, in frames: FrameTable, _ body: (PFN) -> Void) {
        var link = first(type)
        while link != FrameLink.none {
            body(PFN(link))
            link = frames.page(PFN(link)).pointee.next
        }
    }
}
