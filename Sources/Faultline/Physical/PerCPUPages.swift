/// Free blocks that the CPU has of a zone, ready to be handed out: `struct per_cpu_pages`. A list for each order up to 3 and migrate
/// type, and two for blocks of 2 MiB (CONFIG_TRANSPARENT_HUGEPAGE).
struct PerCPUPages {
    /// `NR_PCP_LISTS`.
    static var listCount: Int { 14 }
    /// CONFIG_PCP_BATCH_SCALE_MAX.
    static var scale: Int { 5 }

    /// The lists; `order_to_pindex` says which is whose. They begin with the single frames: unmovable, movable, reclaimable.
    let rings: UnsafeMutablePointer<PageRing>
    /// The lists that an allocation of a single frame may take from at once: ``rings``, or as many empty ones while the zone is too short of
    /// free frames, so that the request goes the slow way.
    private(set) var serving: UnsafeMutablePointer<PageRing>
    private let memory: UnsafeMutablePointer<UInt32>
    /// The largest ``limit`` that the rings have room for.
    private let capacity: Int

    /// `count`: frames on all lists.
    var count = 0
    /// With as many frames ``PhysicalMemory/giveBackToZone(_:_:)`` decides what goes back: `high`, or 0 while it has to look each time.
    private(set) var limit = 0
    /// `high`, `high_min`, `high_max`, `batch`.
    private(set) var high = 0
    private(set) var highMin = 0
    private(set) var highMax = 0
    private(set) var batch = 1
    /// `free_count`: how many were given back lately, halved by each allocation.
    var freeCount = 0
    /// `alloc_factor`: how often the batch of single frames was doubled since one was given back.
    var allocFactor = 0
    /// PCPF_PREV_FREE_HIGH_ORDER: the block given back last had several frames.
    var wasHighOrder = false

    /// Empty lists for a zone of so many frames; ``destroy()`` frees them.
    init(managed: UInt64) {
        // The host gives memory as it is touched; no more than 16 GiB of frames wait here.
        capacity = min(max(Int(managed / 8), 4096), 1 << 22)
        var sizes: [Int] = []
        for list in 0..<Self.listCount {
            let most = (capacity >> Self.order(ofList: list)) + 4096
            sizes.append(1 << (Int.bitWidth - most.leadingZeroBitCount))
        }
        memory = .allocate(capacity: sizes.reduce(0, +))
        rings = .allocate(capacity: 2 * Self.listCount)
        var base = memory
        for list in 0..<Self.listCount {
            (rings + list).initialize(to: PageRing(base, capacity: sizes[list]))
            // SAFETY: nothing is ever put on these, so that they may share their place.
            (rings + Self.listCount + list).initialize(to: PageRing(memory, capacity: 1))
            base += sizes[list]
        }
        serving = rings + Self.listCount
    }

    /// Whether an allocation may take from the lists at once.
    @inline(__always)
    var serves: Bool {
        get { serving == rings }
        set { serving = newValue ? rings : rings + Self.listCount }
    }

    func destroy() {
        rings.deallocate()
        memory.deallocate()
    }

    /// `order_to_pindex`. Precondition: ``allows(order:)``, and the type is one of the first three.
    @inline(__always)
    static func list(order: Int, type: MigrateType) -> Int {
        order > 3 ? 12 + (type == .movable ? 1 : 0) : 3 * order + Int(type.rawValue)
    }

    /// `pindex_to_order`.
    static func order(ofList list: Int) -> Int { list >= 12 ? 9 : list / 3 }

    /// `pcp_allowed_order`.
    @inline(__always)
    static func allows(order: Int) -> Bool { order <= 3 || order == 9 }

    /// `pageset_update`.
    mutating func set(batch: Int, highMin: Int, highMax: Int) {
        self.batch = batch
        self.highMin = highMin
        self.highMax = highMax
        // `high` stays until the list is used next; what was never used has 0.
        setLimit()
    }

    /// Sets `high` between its bounds.
    mutating func setHigh(_ value: Int) {
        high = min(min(max(value, highMin), max(highMax, highMin)), capacity)
        setLimit()
    }

    private mutating func setLimit() { limit = max(min(high, capacity), 1) }

    /// Has the next free look at the lists, whatever they hold.
    mutating func lookAtNextFree() { limit = 0 }

    /// Copies the lists into an image.
    func save(into image: inout MemoryImage) {
        image.add(rings, count: Self.listCount)
        for list in 0..<Self.listCount { rings[list].save(into: &image) }
    }
}
