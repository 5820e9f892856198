/// One zone of physical memory: `struct zone` (`include/linux/mmzone.h`).
struct Zone {
    /// The largest block has 2^10 frames (`MAX_PAGE_ORDER`).
    static var maxOrder: Int { 10 }

    let name: StaticString
    /// Frames from the first to behind the last, holes included (`zone_start_pfn`, `spanned_pages`).
    let start: PFN
    let end: PFN
    /// Frames that are RAM, and those that the allocator has (`present_pages`, `managed_pages`).
    let present: UInt64
    var managed: UInt64 = 0
    /// Free frames in blocks and in the untouched rest, without the per-CPU list (`NR_FREE_PAGES`).
    var free: UInt64 = 0
    /// Watermarks, in frames: `_watermark[WMARK_MIN]`, LOW, HIGH.
    var minimum: UInt64 = 0
    var low: UInt64 = 0
    var high: UInt64 = 0
    /// Frames kept from requests that could use a higher zone (`lowmem_reserve`).
    var lowmemReserve: UInt64 = 0
    /// Whole blocks of the largest order that were never handed out: from here on to `untouchedEnd`, of the range with the
    /// number. Their page records are untouched too, so that a large machine costs nothing to make.
    var untouched: PFN = 0
    var untouchedEnd: PFN = 0
    var laterRanges: [FirmwareMap.Range] = []
    /// Heads of the free lists by order (`free_area`), and their lengths.
    var heads = InlineArray<11, PFN>(repeating: .max)
    var counts = InlineArray<11, UInt64>(repeating: 0)
    /// The per-CPU list (`struct per_cpu_pages`): a stack of frames.
    var pcp: UnsafeMutablePointer<PFN>
    var pcpCount = 0

    /// `pcp->batch` and `pcp->high`, fixed for one CPU. A full list gives back several batches, as the kernel does where a
    /// program frees much at once (`nr_pcp_free`): the frames then make larger blocks.
    static var pcpBatch: Int { 64 }
    static var pcpDrain: Int { 256 }
    static var pcpHigh: Int { 512 }

    init(name: StaticString, start: PFN, end: PFN, present: UInt64) {
        self.name = name
        self.start = start
        self.end = end
        self.present = present
        pcp = .allocate(capacity: Zone.pcpHigh + Zone.pcpBatch)
    }
}

/// A zone at one moment: what `/proc/zoneinfo` and `/proc/buddyinfo` say of it. All in frames.
public struct ZoneSnapshot: Sendable, Equatable {
    /// `DMA`, `DMA32` or `Normal`.
    public var name: String
    /// The first frame.
    public var startPFN: PFN
    /// Frames from the first to the last, holes included.
    public var spanned: UInt64
    /// Frames that are RAM.
    public var present: UInt64
    /// Frames that the allocator has.
    public var managed: UInt64
    /// Frames that are free.
    public var free: UInt64
    /// The min watermark.
    public var minimum: UInt64
    /// The low watermark.
    public var low: UInt64
    /// The high watermark.
    public var high: UInt64
    /// Free blocks by order, 0 to 10.
    public var freeBlocks: [UInt64]
    /// Frames on the per-CPU list.
    public var perCPUCount: Int
}
