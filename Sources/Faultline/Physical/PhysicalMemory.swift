import CShim

/// Physical memory with its allocator: zones, buddy blocks of orders 0 to 10, and a per-CPU list of single frames
/// (`mm/page_alloc.c`).
struct PhysicalMemory: ~Copyable {
    let frames: FrameTable
    /// Frames that wait to become page tables: a stack.
    let tableFrames: UnsafeMutablePointer<PFN>
    var tableFrameCount = 0
    /// Low to high; the preferred zone is the last.
    let zones: UnsafeMutableBufferPointer<Zone>
    /// The zone whose per-CPU list serves at once; ``bypass`` while allocations may fail.
    var preferred: UnsafeMutablePointer<Zone>
    /// See ``setFailures(_:)``.
    var failures: AllocationFailures?
    /// A zone without a frame: where it is the preferred one, every allocation and every free goes the slow way.
    let bypass: UnsafeMutablePointer<Zone>
    /// Frames that the allocator has (`totalram_pages`).
    let totalPages: UInt64
    /// Since this was last set to false, the free frames of all zones once fell to the watermark at which the kernel begins
    /// to reclaim.
    var wasLow = false

    /// - Throws: ``MachineError`` for an impossible size, or where the host refuses.
    init(bytes: UInt64) throws(MachineError) {
        guard bytes % 4096 == 0, bytes >= 1 << 20, bytes <= (4 << 40) - (1 << 30) else { throw .ramSize(bytes: bytes) }
        let map = FirmwareMap(ramBytes: bytes)
        frames = try FrameTable(endFrame: map.endFrame)
        tableFrames = .allocate(capacity: Self.tableBlock)
        let made = Self.makeZones(map)
        zones = .allocate(capacity: made.count)
        _ = zones.initialize(from: made)
        // SAFETY: every size of RAM has a zone.
        preferred = zones.baseAddress.unsafelyUnwrapped + (made.count - 1)
        bypass = .allocate(capacity: 1)
        bypass.initialize(to: Zone(name: "bypass", start: .max, end: .max, present: 0))
        var total: UInt64 = 0
        for index in zones.indices { total += zones[index].managed }
        totalPages = total
        for index in zones.indices { openNextRange(index) }
        setWatermarks()
    }

    deinit {
        for zone in zones { zone.pcp.deallocate() }
        bypass.pointee.pcp.deallocate()
        bypass.deinitialize(count: 1)
        bypass.deallocate()
        zones.deinitialize()
        zones.deallocate()
        tableFrames.deallocate()
        frames.destroy()
    }

    /// Frames that are free, wherever they are.
    var freePages: UInt64 {
        var sum: UInt64 = 0
        for zone in zones { sum += zone.free + UInt64(zone.pcpCount) }
        return sum + UInt64(tableFrameCount)
    }

    @inline(__always)
    func page(_ pfn: PFN) -> UnsafeMutablePointer<fl_page> { frames.page(pfn) }

    // MARK: Single frames

    /// A frame whose contents are unspecified, with one reference.
    @inline(__always)
    mutating func allocate() -> PFN? { allocateZeroed() }

    /// A frame that reads zero, with one reference; nil when the zones are at their minimum.
    @inline(__always)
    mutating func allocateZeroed() -> PFN? {
        let count = preferred.pointee.pcpCount &- 1
        if count < 0 { return allocateSlow() }
        let list = preferred.pointee.pcp
        preferred.pointee.pcpCount = count
        let pfn = list[count]
        // Later faults will want the records below: the host's memory takes longer than one fault.
        if count > 8 { frames.prefetchRecord(list[count &- 8]) }
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
    private mutating func allocateSlow() -> PFN? {
        if failures != nil, countAllocation() { return nil }
        for index in zones.indices.reversed() where zones[index].pcpCount > 0 || refill(index) {
            zones[index].pcpCount -= 1
            return handOut(zones[index].pcp[zones[index].pcpCount])
        }
        return takeTableFrame()
    }

    /// Gives a frame back, to the per-CPU list. Precondition: it is allocated, and no one uses it.
    mutating func free(_ pfn: PFN) { free(pfn, page(pfn)) }

    @inline(__always)
    mutating func free(_ pfn: PFN, _ record: UnsafeMutablePointer<fl_page>) {
        if record.pointee.hasAny([.buddy, .perCPU, .head]) { return freeLarge(pfn, record) }
        record.pointee.flags = PageFlag.perCPU
        record.pointee.refcount = 0
        if pfn >= preferred.pointee.start { putOnList(pfn, preferred) } else { freeLow(pfn) }
    }

    /// `free_unref_folio` of a large folio. Its frames go back as the block that they came as, in parts of the largest order.
    @inline(never)
    private mutating func freeLarge(_ pfn: PFN, _ record: UnsafeMutablePointer<fl_page>) {
        precondition(!record.pointee.hasAny([.buddy, .perCPU]), "a frame is freed twice")
        let folio = Folio(of: pfn, record)
        let order = Int(folio.order)
        folio.dissolve()
        let part = min(order, Zone.maxOrder)
        for block in stride(from: pfn, to: pfn + 1 << UInt64(order), by: 1 << part) { free(block, order: part) }
    }

    @inline(never)
    private mutating func freeLow(_ pfn: PFN) { putOnList(pfn, zones.baseAddress.unsafelyUnwrapped + zoneIndex(pfn)) }

    @inline(__always)
    private mutating func putOnList(_ pfn: PFN, _ zone: UnsafeMutablePointer<Zone>) {
        let count = zone.pointee.pcpCount
        zone.pointee.pcp[count] = pfn
        zone.pointee.pcpCount = count &+ 1
        if count &+ 1 >= Zone.pcpHigh { drain(zoneIndex(pfn)) }
    }

    @inline(__always)
    func zoneIndex(_ pfn: PFN) -> Int {
        var index = zones.count &- 1
        while index > 0, pfn < zones[index].start { index &-= 1 }
        return index
    }

    /// `rmqueue_bulk`: frames for the per-CPU list, unless the zone would fall below its minimum.
    ///
    /// From the smallest blocks first, as the kernel takes them one by one: pieces are used up before whole blocks are
    /// broken, and memory that the host has given already before what it never gave.
    private mutating func refill(_ index: Int) -> Bool {
        // The records that are touched now are a page of the host's.
        frames.noteRealFrame()
        if settleHost() { return false }
        let zone = zones.baseAddress.unsafelyUnwrapped + index
        let reserve = zone.pointee.minimum + zone.pointee.lowmemReserve
        let list = zone.pointee.pcp
        // The list is a stack: filled from its top, it hands the frames out in the order in which they were taken.
        var top = Zone.pcpBatch
        while top > 0, zone.pointee.free > reserve {
            let spare = min(UInt64(top), zone.pointee.free - reserve)
            let order = min(smallestOrder(index), 63 - spare.leadingZeroBitCount)
            guard let block = takeBlock(index, order) else { break }
            for pfn in block..<(block &+ (1 << UInt64(order))) {
                top &-= 1
                list[top] = pfn
                page(pfn).pointee.flags = PageFlag.perCPU
            }
        }
        let count = Zone.pcpBatch - top
        noteLowMemory()
        if top > 0 { list.update(from: list + top, count: count) }
        zone.pointee.pcpCount = count
        return count > 0
    }

    /// `wake_all_kswapds`: no zone has more than its low watermark.
    private mutating func noteLowMemory() {
        for index in zones.indices where zones[index].free > zones[index].low + zones[index].lowmemReserve { return }
        wasLow = true
    }

    /// `free_pcppages_bulk`: the frames that were given back first go to the buddy lists.
    ///
    /// A mapping that was filled from one block leaves its frames side by side: they go back as the blocks they make.
    @inline(never)
    private mutating func drain(_ index: Int) {
        let pcp = zones[index].pcp
        var position = 0
        while position < Zone.pcpDrain {
            let order = orderOfRun(pcp + position, Zone.pcpDrain - position)
            freeBlock(index, pcp[position], order)
            position += 1 << order
        }
        let rest = zones[index].pcpCount - Zone.pcpDrain
        pcp.update(from: pcp + Zone.pcpDrain, count: rest)
        zones[index].pcpCount = rest
    }

    /// The order of the largest block that the first of `count` frames begin, in order.
    @inline(__always)
    private func orderOfRun(_ frames: UnsafeMutablePointer<PFN>, _ count: Int) -> Int {
        var order = 0
        let most = min(frames[0].trailingZeroBitCount, Zone.maxOrder)
        var length = 1
        while order < most, length << 1 <= count {
            while length < 2 << order, frames[length] == frames[0] &+ UInt64(length) { length &+= 1 }
            guard length == 2 << order else { break }
            order &+= 1
        }
        return order
    }
}
