/// Physical memory with its allocator: frames, the node with its zones, buddy blocks of orders 0 to 10, and a per-CPU list of single
/// frames (`mm/page_alloc.c`).
struct PhysicalMemory: ~Copyable {
    let frames: FrameTable
    var node: Node
    /// Frames that wait to become page tables: a stack.
    let tableFrames: UnsafeMutablePointer<PFN>
    var tableFrameCount = 0
    /// The zone whose per-CPU list serves at once; ``bypass`` while allocations may fail.
    var preferred: UnsafeMutablePointer<Zone>
    /// See ``setFailures(_:)``.
    var failures: AllocationFailures?
    /// A zone without a frame: where it is the preferred one, every allocation and every free goes the slow way.
    let bypass: UnsafeMutablePointer<Zone>
    /// Since this was last set to false, the free frames of all zones once fell to the watermark at which the kernel begins
    /// to reclaim.
    var wasLow = false

    /// - Throws: ``MachineError`` for an impossible size, or where the host refuses.
    init(bytes: UInt64, backing: RAMBacking = .private) throws(MachineError) {
        guard bytes % 4096 == 0, bytes >= 1 << 20, bytes <= (4 << 40) - (1 << 30) else { throw .ramSize(bytes: bytes) }
        let map = FirmwareMap(ramBytes: bytes)
        let frames = try FrameTable(endFrame: map.endFrame, backing: backing)
        do { node = try Node(map) } catch {
            frames.destroy()
            throw error
        }
        self.frames = frames
        tableFrames = .allocate(capacity: Self.tableBlock)
        preferred = node.zone(node.zones.count - 1)
        bypass = .allocate(capacity: 1)
        bypass.initialize(to: Zone(name: "bypass", start: .max, end: .max, present: 0))
        for index in zones.indices { openNextRange(index) }
    }

    deinit {
        bypass.pointee.perCPU.destroy()
        bypass.deinitialize(count: 1)
        bypass.deallocate()
        node.destroy()
        tableFrames.deallocate()
        frames.destroy()
    }

    @inline(__always) var zones: UnsafeMutableBufferPointer<Zone> { node.zones }

    /// `totalram_pages`.
    @inline(__always) var totalPages: UInt64 { node.totalPages }

    /// Frames that are free, wherever they are.
    var freePages: UInt64 {
        var sum: UInt64 = 0
        for zone in zones { sum += zone.free + UInt64(zone.perCPU.count) }
        return sum + UInt64(tableFrameCount)
    }

    @inline(__always)
    func page(_ pfn: PFN) -> UnsafeMutablePointer<PageRecord> { frames.page(pfn) }

    // MARK: Single frames

    /// `alloc_pages`: frames that read zero, with one reference on the first; nil where the zones that will do are at their minimum.
    ///
    /// The request is a constant where this is called: for a single frame of any zone, what remains is the per-CPU list.
    @inline(__always)
    mutating func allocate(_ request: AllocationRequest) -> PFN? {
        if request.order > 0 { return allocateBlock(request) }
        guard request.limit == .max, let pfn = preferred.pointee.perCPU.pop() else { return allocateSlow(request) }
        // Later faults will want the records below: the host's memory takes longer than one fault.
        let count = preferred.pointee.perCPU.count
        if count > 8 { frames.prefetchRecord(preferred.pointee.perCPU.frames[count &- 8]) }
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

    @inline(never)
    private mutating func allocateSlow(_ request: AllocationRequest) -> PFN? {
        if failures != nil, countAllocation() { return nil }
        for index in zones.indices.reversed() where zones[index].start < request.limit {
            if zones[index].perCPU.count == 0, !refill(index, keeping: kept(index, request)) { continue }
            if let pfn = zones[index].perCPU.pop() { return handOut(pfn) }
        }
        return request.limit == .max ? takeTableFrame() : nil
    }

    /// What a request leaves free in a zone (`__zone_watermark_ok`): its minimum, and what is kept from requests that could use a
    /// higher zone (`lowmem_reserve[highest_zoneidx]`).
    func kept(_ index: Int, _ request: AllocationRequest) -> UInt64 {
        if request.limit == .max { return zones[index].watermarks.kept }
        var above: UInt64 = 0
        for higher in zones[(index + 1)...] where higher.start < request.limit { above += higher.managed }
        return zones[index].watermarks.minimum + above / Watermarks.reserveRatio
    }

    /// Gives a frame back, to the per-CPU list, or a large folio. Precondition: it is allocated, and no one uses it.
    mutating func free(_ pfn: PFN) { free(pfn, page(pfn)) }

    @inline(__always)
    mutating func free(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        if record.pointee.hasAny(PageFlag.buddy.union(.perCPU).union(.head)) { return freeLarge(pfn, record) }
        record.pointee.flags = .perCPU
        record.pointee.refcount = 0
        if pfn >= preferred.pointee.start { putOnList(pfn, preferred) } else { freeLow(pfn) }
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

    @inline(never)
    private mutating func freeLow(_ pfn: PFN) { putOnList(pfn, node.zone(node.zoneIndex(pfn))) }

    @inline(__always)
    private mutating func putOnList(_ pfn: PFN, _ zone: UnsafeMutablePointer<Zone>) {
        if zone.pointee.perCPU.push(pfn) { drain(node.zoneIndex(pfn)) }
    }
}
