/// Physical memory with its allocator: frames, nodes with their zones, buddy blocks of orders 0 to 10 by migrate type, and per-CPU lists
/// (`mm/page_alloc.c`).
struct PhysicalMemory: ~Copyable {
    let frames: FrameTable
    var nodes: Nodes
    /// See ``AllocatorSettings``.
    var settings: AllocatorSettings
    /// The zones that serve the kernel and movable pages first; ``bypass`` while allocations may fail. They differ where there
    /// is a ZONE_MOVABLE.
    var preferred: UnsafeMutablePointer<Zone>
    var preferredForMovable: UnsafeMutablePointer<Zone>
    /// The per-CPU lists of the first.
    var rings: UnsafeMutablePointer<PageRing>
    /// `numa_node_id`: the node of the CPU that runs; see ``enter(cpu:)``.
    var cpuNode = 0
    /// The node of each CPU; 0 for those behind the last.
    let cpuNodes: [Int]
    /// See ``setFailures(_:)``.
    var failures: AllocationFailures?
    /// A zone without a frame: where it is the preferred one, every allocation and every free goes the slow way.
    let bypass: UnsafeMutablePointer<Zone>
    /// Page blocks that a scanner of compaction found nothing in, by number (`PB_compact_skip`).
    var skippedBlocks: Set<UInt64> = []
    /// What kcompactd is to make, and when it looks by itself next, in microseconds of the clock.
    var compactionWish: CompactionWish?
    var nextCompactionCheck = CompactionWish.interval
    /// When the worker of the counters looks at the per-CPU lists next.
    var nextStatistics = PhysicalMemory.statisticsInterval
    /// Since this was last set to false, an allocation found no zone above its low watermark, and woke kswapd.
    var wasLow = false
    /// Since this was last set to false, an allocation was served though no zone was above its min watermark (ALLOC_NO_WATERMARKS).
    var tookReserves = false
    /// Whether the allocation that failed last could have used ZONE_MOVABLE (`sc->reclaim_idx`).
    var lackedMovable: Bool { lacked.flags.highestZone == .movable }
    /// Since this was last set to false, an allocation failed that reclaim may help.
    var isShort = false
    /// The one of these that failed last.
    var lacked = AllocationRequest.anonymousZeroed
    /// Blocks of other types that allocations took, while someone wants to know (`mm_page_alloc_extfrag`); see ``takeFallbacks()``.
    var fallbacks: [Fallback] = []
    var notesFallbacks = false

    /// - Throws: ``MachineError`` for an impossible size, or where the host refuses.
    init(bytes: UInt64, backing: RAMBacking = .private) throws(MachineError) {
        try self.init(BootLayout(ramBytes: bytes), backing: backing)
    }

    /// Memory as it is after a boot. - Throws: ``MachineError``.
    init(
        _ layout: BootLayout, settings: AllocatorSettings = AllocatorSettings(), backing: RAMBacking = .private
    ) throws(MachineError) {
        let frames = try FrameTable(endFrame: layout.endFrame, backing: backing)
        do {
            nodes = try Nodes(zones: layout.zones, zonelists: layout.zonelists, endFrame: layout.endFrame)
        } catch {
            frames.destroy()
            throw error
        }
        self.frames = frames
        self.settings = settings
        cpuNodes = layout.cpuNodes
        cpuNode = layout.cpuNodes.first ?? 0
        bypass = .allocate(capacity: 1)
        bypass.initialize(to: .empty)
        (preferred, preferredForMovable) = (bypass, bypass)
        rings = bypass.pointee.perCPU.rings
        nodes.setUp(settings)
        for (index, zone) in layout.zones.enumerated() { freeAll(index, zone) }
        choosePreferred()
    }

    deinit {
        bypass.pointee.perCPU.destroy()
        bypass.deinitialize(count: 1)
        bypass.deallocate()
        nodes.destroy()
        frames.destroy()
    }

    @inline(__always) var zones: UnsafeMutableBufferPointer<Zone> { nodes.zones }

    /// `totalram_pages`.
    @inline(__always) var totalPages: UInt64 { nodes.totalPages }

    /// Frames that are free, wherever they are.
    var freePages: UInt64 { zones.reduce(0) { $0 + $1.free + UInt64($1.perCPU.count) } }

    /// `NR_FREE_PAGES`: frames that are free in blocks.
    var freeInBlocks: UInt64 { zones.reduce(0) { $0 + $1.free } }

    @inline(__always)
    func page(_ pfn: PFN) -> UnsafeMutablePointer<PageRecord> { frames.page(pfn) }

    /// Chooses whose lists serve at once.
    mutating func choosePreferred() {
        preferred = servingZone(.normal)
        preferredForMovable = servingZone(.movable)
        rings = preferred.pointee.perCPU.rings
    }

    private func servingZone(_ kind: ZoneKind) -> UnsafeMutablePointer<Zone> {
        guard failures == nil, let index = nodes.preferred(upTo: kind, on: cpuNode) else { return bypass }
        // What another node serves is counted as such.
        return zones[index].node == cpuNode ? nodes.zone(index) : bypass
    }

    /// Another CPU runs: its node serves first from now on.
    mutating func enter(cpu: Int) {
        let node = node(ofCPU: cpu)
        if node == cpuNode { return }
        cpuNode = node
        choosePreferred()
    }

    /// `cpu_to_node`.
    func node(ofCPU cpu: Int) -> Int { cpuNodes.indices.contains(cpu) ? cpuNodes[cpu] : 0 }

    // MARK: Single frames

    /// `alloc_pages`: frames with one reference on the first; nil where the zones that will do are at their minimum. A single frame
    /// reads zero, larger blocks do if they were asked for with `__GFP_ZERO`.
    ///
    /// The request is a constant where this is called: for a single frame of any zone, what remains is the per-CPU list.
    @inline(__always)
    mutating func allocate(_ request: AllocationRequest) -> PFN? {
        if request.order > 0 { return allocateBlock(request) }
        guard request.isOrdinary else { return allocateSlow(request) }
        let zone = request.flags.contains(.movable) ? preferredForMovable : preferred
        let list = zone.pointee.perCPU.serving + Int(request.migrateType.rawValue)
        guard let pfn = list.pointee.pop() else { return allocateSlow(request) }
        zone.pointee.noteAllocation()
        // Later faults will want the records below: the host's memory takes longer than one fault.
        frames.prefetchRecord(list.pointee.ahead(8))
        return handOut(pfn)
    }

    @inline(__always)
    func handOut(_ pfn: PFN) -> PFN {
        let record = page(pfn)
        record.pointee.flags = []
        record.pointee.refcount = 1
        record.pointee.lines = 0
        CompactContents.reset(record)
        return pfn
    }

    /// A frame for a page table: zeroed for real, since the walker reads it as it is.
    mutating func allocateTable() -> PFN? {
        guard let pfn = allocate(.pageTable) else { return nil }
        clearTable(pfn)
        return pfn
    }

    func clearTable(_ pfn: PFN) {
        frames.noteRealFrame()
        frames.table(pfn).update(repeating: 0, count: 512)
        page(pfn).pointee.lines = .max
    }

    /// A frame for a table that a split will fill whole, and nobody reads before: its contents are zeros that take no host memory.
    mutating func allocateDeposit() -> PFN? {
        guard let pfn = allocate(.pageTable) else { return nil }
        frames.zeroFrame(pfn)
        return pfn
    }

    // MARK: Giving back

    /// Gives a frame back, to the per-CPU list, or a large folio. Precondition: it is allocated, and no one uses it.
    mutating func free(_ pfn: PFN) { free(pfn, page(pfn)) }

    @inline(__always)
    mutating func free(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        if record.pointee.hasAny(PageFlag.buddy.union(.perCPU).union(.head)) { return freeLarge(pfn, record) }
        let type = nodes.blocks.list(pfn)
        let zone = preferred
        guard type <= 1, pfn >= zone.pointee.start, pfn < zone.pointee.end else { return freeElsewhere(pfn, 0) }
        record.pointee.flags = .perCPU
        record.pointee.refcount = 0
        // A list that the type is an index of would be known only when the block's type is read, and that only when the frame is: the next
        // allocation would wait for all of it.
        if type == 0 { return freeUnmovable(pfn, zone) }
        rings[1].push(pfn)
        if zone.pointee.noteFree() { giveBackToZone(zone, 1) }
    }

    /// The end of ``free(_:_:)`` for the first list.
    @inline(never)
    private mutating func freeUnmovable(_ pfn: PFN, _ zone: UnsafeMutablePointer<Zone>) {
        rings[0].push(pfn)
        if zone.pointee.noteFree() { giveBackToZone(zone, 0) }
    }

    /// `free_unref_folio` of a large folio. Its frames go back as the block that they came as, in parts of the largest order.
    @inline(never)
    private mutating func freeLarge(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        precondition(!record.pointee.hasAny([.buddy, .perCPU]), "a frame is freed twice")
        let folio = Folio(of: pfn, record)
        let order = Int(folio.order)
        folio.dissolve()
        let part = min(order, Zone.maxOrder)
        for block in stride(from: pfn, to: pfn + 1 << UInt64(order), by: 1 << part) { free(block, order: part) }
    }
}

extension Zone {
    /// What an allocation of one frame from a per-CPU list changes of the counters.
    @inline(__always)
    mutating func noteAllocation() {
        perCPU.count &-= 1
        perCPU.freeCount &>>= 1
        allocations &+= 1
    }

    /// The same of a frame that was put on a list. - Returns: whether some have to go back now.
    @inline(__always)
    mutating func noteFree() -> Bool {
        perCPU.count &+= 1
        perCPU.allocFactor &>>= 1
        perCPU.wasHighOrder = false
        freedPages &+= 1
        if perCPU.freeCount < perCPU.batch << PerCPUPages.scale { perCPU.freeCount &+= 1 }
        return perCPU.count >= perCPU.limit
    }
}
