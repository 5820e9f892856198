/// Slabs come from the page allocator and go back to it.
extension Machine {
    /// The slab that a frame is of; nil for a frame that belongs to no slab.
    func slab(of pfn: PFN) -> Slab? {
        guard pfn < frames.endFrame, page(pfn).pointee.has(.slab) else { return nil }
        let folio = folio(of: pfn)
        return Slab(pfn: folio.pfn, record: folio.head)
    }

    /// Where a slab begins in the direct map.
    func start(_ slab: Slab) -> VirtualAddress { directMapped(slab.pfn << 12) }

    /// `allocate_slab`: fresh pages with all their objects free, not yet on a list. It tries the smallest order last.
    func newSlab(_ cache: Handle<SlabCache>, _ flags: GFPFlags) -> Slab? {
        let geometry = cache.pointee.geometry
        // GFP_RECLAIM_MASK and GFP_CONSTRAINT_MASK: where the pages come from, the cache says (`s->allocflags`).
        let flags = fixed(flags).intersection(.ofSlabs).union(.compound).union(Self.placement(geometry.flags))
        physical.tookReserves = false
        var order = geometry.order
        var pfn = allocatePage(AllocationRequest(Self.firstTry(flags, geometry), order: order))
        if pfn == nil {
            order = geometry.minimumOrder
            pfn = allocatePage(AllocationRequest(flags, order: order))
        }
        guard let pfn else { return nil }
        if order > 0 { _ = Folio.make(pfn, order: UInt64(order), in: frames) }
        for frame in pfn..<pfn + 1 << UInt64(order) {
            page(frame).pointee.set(.slab)
            page(frame).pointee.mapping = cache.bits
            frames.makeWhole(frame)
        }
        let slab = Slab(pfn: pfn, record: page(pfn))
        slab.initialize(objects: geometry.objects(order: order))
        slab.isOfReserves = physical.tookReserves
        countSlab(cache, slab, 1)
        linkObjects(cache, slab)
        return slab
    }

    /// `kmalloc_fix_flags`: zones that no object comes from are left out, with a warning (GFP_SLAB_BUG_MASK).
    func fixed(_ flags: GFPFlags) -> GFPFlags {
        let wrong = flags.intersection([.dma32, .highMemory])
        if wrong.isEmpty { return flags }
        let rest = flags.subtracting(wrong)
        printk(
            "Unexpected gfp: \(kernelHex(UInt64(wrong.rawValue))) (\(wrong.text)). Fixing up to gfp: "
                + "\(kernelHex(UInt64(rest.rawValue))) (\(rest.text)). Fix your code!")
        return rest
    }

    /// The larger order is tried without effort, and without the reserves, where a smaller one would do.
    private static func firstTry(_ flags: GFPFlags, _ geometry: SlabGeometry) -> GFPFlags {
        let flags = flags.union(.noWarn).union(.noRetry).subtracting(.noFail)
        guard flags.contains(.directReclaim), geometry.order > geometry.minimumOrder else { return flags }
        return flags.union(.noMemalloc).subtracting(.reclaim)
    }

    /// `s->allocflags`.
    private static func placement(_ flags: SlabFlags) -> GFPFlags {
        var placement: GFPFlags = []
        if flags.contains(.dma) { placement.insert(.dma) }
        if flags.contains(.dma32) { placement.insert(.dma32) }
        if flags.contains(.reclaimAccount) { placement.insert(.reclaimable) }
        return placement
    }

    /// `__free_slab`. Precondition: no object is in use, and it is on no list.
    func discardSlab(_ cache: Handle<SlabCache>, _ slab: Slab) {
        countSlab(cache, slab, -1)
        for frame in Folio(of: slab.pfn, slab.record).frames {
            page(frame).pointee.clear(.slab)
            page(frame).pointee.mapping = 0
        }
        slab.record.pointee.index = 0
        putPage(slab.pfn)
    }

    /// `account_slab`, `inc_slabs_node` and their opposites.
    private func countSlab(_ cache: Handle<SlabCache>, _ slab: Slab, _ sign: Int) {
        cache.pointee.slabCount += sign
        cache.pointee.objectCount += sign * Int(slab.objects)
        let pages = sign * Int(slab.byteCount >> 12)
        if cache.pointee.geometry.flags.contains(.reclaimAccount) {
            kernel.reclaimablePages += pages
        } else {
            kernel.unreclaimablePages += pages
        }
    }

    /// `shuffle_freelist` with `setup_object`: links the free objects in the cache's random order, from a random place on.
    private func linkObjects(_ cache: Handle<SlabCache>, _ slab: Slab) {
        let geometry = cache.pointee.geometry
        let left = UInt64(geometry.leftRedZone)
        if geometry.flags.contains(.poison) {
            frames.setBytes(slab.pfn << 12, count: Int(slab.byteCount), to: SlabDebug.poisonInUse)
        }
        let sequence = kernel.sequences[cache.pointee.number]
        let limit = slab.objects * geometry.size
        let first = slab.objects < 2 ? 0 : kernel.random.below(sequence.count)
        var previous: UInt64?
        for step in sequence.indices {
            let place = sequence[(first + step) % sequence.count]
            guard place < limit else { continue }
            let object = UInt64(place) + left
            setUpObject(cache, start(slab) &+ object)
            if let previous {
                setNext(cache, start(slab) &+ previous, start(slab) &+ object)
            } else {
                slab.firstFree = object
            }
            previous = object
        }
        if let previous { setNext(cache, start(slab) &+ previous, 0) }
    }

    /// `get_freepointer`.
    @inline(__always)
    func next(_ cache: Handle<SlabCache>, _ object: VirtualAddress) -> VirtualAddress {
        let place = object &+ cache.pointee.offset
        return cache.pointee.mixed(frames.word(physicalAddress(place)), at: place)
    }

    /// `set_freepointer`.
    @inline(__always)
    func setNext(_ cache: Handle<SlabCache>, _ object: VirtualAddress, _ next: VirtualAddress) {
        let place = object &+ cache.pointee.offset
        frames.setWord(physicalAddress(place), cache.pointee.mixed(next, at: place))
    }

    /// `check_valid_pointer`: nil, or the start of one of the slab's objects.
    func isValid(_ cache: Handle<SlabCache>, _ slab: Slab, _ object: VirtualAddress) -> Bool {
        if object == 0 { return true }
        let geometry = cache.pointee.geometry
        let place = object &- start(slab) &- UInt64(geometry.leftRedZone)
        return place < UInt64(slab.objects * geometry.size) && place % UInt64(geometry.size) == 0
    }
}
