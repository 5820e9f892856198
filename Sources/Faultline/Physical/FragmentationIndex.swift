/// Whether an allocation of an order would fail, and for lack of what: `fill_contig_page_info` with its formulas (`mm/vmstat.c`).
public struct FragmentationIndex: Sendable, Equatable {
    private let order: Int
    /// Free frames, free blocks, and as how many blocks of the order those serve that are large enough.
    private let pages: UInt64
    private let blocks: UInt64
    private let suitable: UInt64

    /// Of a zone's free blocks by order, for an allocation of an order.
    public init(_ freeBlocks: [UInt64], order: Int) {
        self.order = order
        var (pages, blocks, suitable) = (0 as UInt64, 0 as UInt64, 0 as UInt64)
        for (size, count) in freeBlocks.enumerated() {
            blocks += count
            pages += count << UInt64(size)
            if size >= order { suitable += count << UInt64(size - order) }
        }
        (self.pages, self.blocks, self.suitable) = (pages, blocks, suitable)
    }

    /// `fragmentation_index`, in thousandths: towards 1000 the failure is for fragmentation, towards 0 for lack of memory; -1000 where
    /// there would be none.
    public var index: Int {
        if blocks == 0 { return 0 }
        if suitable > 0 { return -1000 }
        return 1000 - Int((1000 + pages * 1000 >> UInt64(order)) / blocks)
    }

    /// `extfrag_for_order`, in percent: the same, but 0 where nothing is free.
    var unusablePercent: Int { pages == 0 ? 0 : Int((pages - suitable << UInt64(order)) * 100 / pages) }

    /// `unusable_free_index`, in thousandths: the part of free memory that lies in smaller blocks.
    public var unusable: Int {
        pages == 0 ? 1000 : Int((pages - suitable << UInt64(order)) * 1000 / pages)
    }
}
