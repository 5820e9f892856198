/// Swap as a whole: the area, and what goes with all areas (`mm/swapfile.c`, `mm/swap_state.c`).
struct SwapSpace: ~Copyable {
    /// Where contents lie that are not compact.
    let blocks = NodePool(blockBytes: 4096)
    /// `swap_info[0]`; nil where no area is on.
    var area: SwapArea?
    /// `page_cluster`: read-ahead is at most 2^N pages.
    var pageCluster: UInt32 = 3
    /// `enable_vma_readahead`: read-ahead by address, where nothing rotates.
    var readsByAddress = true
    /// `swapin_readahead_hits`, `prev_offset` and `last_readahead_pages` of read-ahead by slots.
    var hits: UInt32 = 0
    var previousSlot: UInt64 = 0
    var previousWindow: UInt32 = 0
    /// A fault found its page only in the swap area; whether it had to wait for the disk (`VM_FAULT_RETRY`).
    var lastRead = LastRead.none
    /// Pages that read-ahead asked for while the page that was wanted needed no wait: they are still locked. Nothing is in flight when
    /// the next statement begins.
    var inFlight: [PFN] = []
    var users = SwapUsers()
    /// PSWPIN, PSWPOUT, SWPIN_ZERO, SWPOUT_ZERO, SWAP_RA and SWAP_RA_HIT of /proc/vmstat.
    var counts = SwapCounts()

    enum LastRead: UInt8 {
        case none, waited, atOnce
    }

    init() {}

    /// Whether a page of the swap cache is still being read. Waiting for it is waiting for all that was asked for before.
    mutating func waits(for pfn: PFN) -> Bool {
        guard !inFlight.isEmpty, inFlight.contains(pfn) else { return false }
        inFlight.removeAll()
        lastRead = .waited
        return true
    }

    /// How the last page was read, which is told once.
    mutating func takeLastRead() -> LastRead {
        defer { lastRead = .none }
        return lastRead
    }

    /// What a checkpoint keeps beside the image.
    struct Saved {
        fileprivate let blocks: NodePool.Position
        fileprivate let area: SwapArea?
        fileprivate let settings: (pageCluster: UInt32, readsByAddress: Bool)
        fileprivate let readahead: (hits: UInt32, slot: UInt64, window: UInt32)
        fileprivate let lastRead: LastRead
        fileprivate let inFlight: [PFN]
        fileprivate let users: SwapUsers
        fileprivate let counts: SwapCounts
    }

    /// Copies what the area holds into an image.
    func save(into image: inout MemoryImage) -> Saved {
        Saved(
            blocks: blocks.save(into: &image), area: area, settings: (pageCluster, readsByAddress),
            readahead: (hits, previousSlot, previousWindow), lastRead: lastRead, inFlight: inFlight, users: users,
            counts: counts)
    }

    /// Goes back to where it was; the image brings the blocks.
    mutating func restore(_ saved: Saved) {
        blocks.restore(saved.blocks)
        area = saved.area
        (pageCluster, readsByAddress) = saved.settings
        (hits, previousSlot, previousWindow) = saved.readahead
        lastRead = saved.lastRead
        inFlight = saved.inFlight
        users = saved.users
        counts = saved.counts
    }
}

/// Pages that went to the swap area and came back: lines of /proc/vmstat.
public struct SwapCounts: Sendable, Equatable, Codable {
    /// `pswpin`, `pswpout`: read from the area, and written to it.
    public var pagesIn: UInt64 = 0, pagesOut: UInt64 = 0
    /// `swpin_zero`, `swpout_zero`: pages of zeros, which are only noted.
    public var zeroIn: UInt64 = 0, zeroOut: UInt64 = 0
    /// `swap_ra`, `swap_ra_hit`: read ahead, and used then.
    public var readAhead: UInt64 = 0, readAheadHits: UInt64 = 0

    /// All 0.
    public init() {}
}

// MARK: Contents

extension Machine {
    /// `swap_writeout`: copies a page into its slot.
    ///
    /// - Returns: whether it is all zeros, which needs no write.
    func storeContents(_ pfn: PFN, _ slot: UInt64) -> Bool {
        dropContents(slot)
        let isZero = frames.isZeroFilled(pfn)
        let record = page(pfn).pointee
        if isZero || record.lines == 0 {
            swap.area?.slots[Int(slot)].contents = StoredPage(
                contents0: isZero ? 0 : record.contents0, contents1: isZero ? 0 : record.contents1, block: nil,
                isZero: isZero)
        } else {
            let block = swap.blocks.reference.allocate()
            // SAFETY: a block and a frame have 4096 bytes.
            block.copyMemory(from: frames.contents(pfn), byteCount: 4096)
            swap.area?.slots[Int(slot)].contents = StoredPage(contents0: 0, contents1: 0, block: block, isZero: false)
        }
        if isZero { swap.counts.zeroOut += 1 } else { swap.counts.pagesOut += 1 }
        return isZero
    }

    /// `swap_read_folio`: fills a page with what its slot holds.
    ///
    /// - Returns: whether it is all zeros, which needs no read.
    func loadContents(_ pfn: PFN, _ slot: UInt64) -> Bool {
        guard let stored = swap.area?.slots[Int(slot)].contents else {
            preconditionFailure("a slot of the swap area is read that nothing was written to")
        }
        if let block = stored.block {
            // SAFETY: a block and a frame have 4096 bytes.
            UnsafeMutableRawPointer(frames.contents(pfn)).copyMemory(from: block, byteCount: 4096)
        } else {
            frames.setCompact(pfn, stored.contents0, stored.contents1)
        }
        if stored.isZero { swap.counts.zeroIn += 1 } else { swap.counts.pagesIn += 1 }
        return stored.isZero
    }

    /// What a slot that is free again held.
    func dropContents(_ slot: UInt64) {
        guard let stored = swap.area?.slots[Int(slot)].contents else { return }
        if let block = stored.block { swap.blocks.reference.deallocate(block) }
        swap.area?.slots[Int(slot)].contents = nil
    }
}
