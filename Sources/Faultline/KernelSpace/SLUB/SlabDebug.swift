/// The bytes that `slab_debug` fills memory with (`include/linux/poison.h`).
enum SlabDebug {
    /// POISON_INUSE: metadata and padding.
    static let poisonInUse: UInt8 = 0x5a
    /// POISON_FREE and POISON_END: an object that is free, and its last byte.
    static let poisonFree: UInt8 = 0x6b
    static let poisonEnd: UInt8 = 0xa5
    /// SLUB_RED_INACTIVE and SLUB_RED_ACTIVE: red zones of free objects, and of those in use.
    static let redInactive: UInt8 = 0xbb
    static let redActive: UInt8 = 0xcc

    /// What `struct track` says: who took or freed an object last.
    struct Track {
        /// The line of the program, in the place of a code address; 0 for the kernel itself.
        var line: UInt64
        var process: Int
        /// In jiffies.
        var time: UInt64
    }
}

extension Machine {
    /// `setup_object`: a free object of a new slab.
    func setUpObject(_ cache: Handle<SlabCache>, _ object: VirtualAddress) {
        let flags = cache.pointee.geometry.flags
        guard !flags.isDisjoint(with: [.storeUser, .redZone, .objectPoison]) else { return }
        initializeObject(cache, object, SlabDebug.redInactive)
        guard flags.contains(.storeUser) else { return }
        let tracks = physicalAddress(object) + UInt64(cache.pointee.geometry.infoEnd)
        frames.setBytes(tracks, count: Int(2 * SlabGeometry.trackBytes), to: 0)
    }

    /// `init_object`: red zones and poison.
    private func initializeObject(_ cache: Handle<SlabCache>, _ object: VirtualAddress, _ value: UInt8) {
        let (place, size) = (physicalAddress(object), UInt64(cache.pointee.objectSize))
        let geometry = cache.pointee.geometry
        var poisoned = size
        if geometry.flags.contains(.redZone) {
            let left = UInt64(geometry.leftRedZone)
            frames.setBytes(place - left, count: Int(left), to: value)
            if geometry.keepsAskedSize, value == SlabDebug.redActive { poisoned = askedSize(cache, object) }
        }
        if geometry.flags.contains(.objectPoison), poisoned > 0 {
            frames.setBytes(place, count: Int(poisoned - 1), to: SlabDebug.poisonFree)
            frames.setBytes(place + poisoned - 1, count: 1, to: SlabDebug.poisonEnd)
        }
        if geometry.flags.contains(.redZone) {
            frames.setBytes(place + poisoned, count: Int(UInt64(geometry.inUse) - poisoned), to: value)
        }
    }

    // MARK: What stands behind an object

    private func askedSizePlace(_ cache: Handle<SlabCache>, _ object: VirtualAddress) -> PhysicalAddress {
        physicalAddress(object) + UInt64(cache.pointee.geometry.infoEnd + 2 * SlabGeometry.trackBytes)
    }

    /// `get_orig_size`: what kmalloc was asked for.
    func askedSize(_ cache: Handle<SlabCache>, _ object: VirtualAddress) -> UInt64 {
        guard cache.pointee.geometry.keepsAskedSize else { return UInt64(cache.pointee.objectSize) }
        return min(frames.word(askedSizePlace(cache, object)), UInt64(cache.pointee.objectSize))
    }

    private func trackPlace(_ cache: Handle<SlabCache>, _ object: VirtualAddress, isFree: Bool) -> PhysicalAddress {
        physicalAddress(object) + UInt64(cache.pointee.geometry.infoEnd)
            + (isFree ? UInt64(SlabGeometry.trackBytes) : 0)
    }

    /// `set_track`.
    private func setTrack(_ cache: Handle<SlabCache>, _ object: VirtualAddress, isFree: Bool) {
        guard cache.pointee.geometry.flags.contains(.storeUser) else { return }
        let place = trackPlace(cache, object, isFree: isFree)
        frames.setWord(place, UInt64(kernel.callLine) + 1)
        frames.setWord(place + 8, 0)
        frames.setWord(place + 16, UInt64(bitPattern: Int64(cpu.current)))
        frames.setWord(place + 24, jiffies)
    }

    /// `get_track`; nil where nobody was noted.
    func track(_ cache: Handle<SlabCache>, _ object: VirtualAddress, isFree: Bool) -> SlabDebug.Track? {
        let place = trackPlace(cache, object, isFree: isFree)
        let mark = frames.word(place)
        if mark == 0 { return nil }
        return SlabDebug.Track(
            line: mark &- 1, process: Int(Int32(truncatingIfNeeded: frames.word(place + 16))),
            time: frames.word(place + 24))
    }

    /// `jiffies`: hundredths of a second and a half of them (CONFIG_HZ is 250).
    var jiffies: UInt64 { clock.now / 4000 }

    // MARK: Allocation and free

    /// `alloc_single_from_partial` and `alloc_single_from_new_slab`: one object at a time, each looked at.
    func allocateDebugged(_ cache: Handle<SlabCache>, _ flags: GFPFlags, askedSize: UInt32) -> VirtualAddress? {
        var tries = cache.pointee.slabCount + 1
        while tries > 0, let slab = firstPartial(cache, from: cache.pointee.partialFirst, flags) {
            tries -= 1
            if let object = takeDebugged(cache, slab, askedSize) { return object }
            // The slab is left alone from here on, as if it were full.
            removePartial(cache, slab)
        }
        guard let slab = newSlab(cache, flags) else { return nil }
        addPartial(cache, slab, toTail: false)
        return takeDebugged(cache, slab, askedSize)
    }

    private func takeDebugged(_ cache: Handle<SlabCache>, _ slab: Slab, _ askedSize: UInt32) -> VirtualAddress? {
        guard let first = slab.firstFree else { return nil }
        let object = start(slab) &+ first
        guard checkBeforeAllocation(cache, slab, object) else { return nil }
        let following = next(cache, object)
        slab.firstFree = following == 0 ? nil : following &- start(slab)
        slab.inUse &+= 1
        if cache.pointee.geometry.keepsAskedSize { frames.setWord(askedSizePlace(cache, object), UInt64(askedSize)) }
        initializeObject(cache, object, SlabDebug.redActive)
        if slab.firstFree == nil {
            removePartial(cache, slab)
            setFull(cache, slab, true)
        }
        setTrack(cache, object, isFree: false)
        return object
    }

    /// `alloc_consistency_checks`; a slab that fails them counts as full.
    private func checkBeforeAllocation(_ cache: Handle<SlabCache>, _ slab: Slab, _ object: VirtualAddress) -> Bool {
        guard cache.pointee.geometry.flags.contains(.consistencyChecks) else { return true }
        if checkObject(cache, slab, object, SlabDebug.redInactive) { return true }
        slabFix(cache, "Marking all objects used")
        slab.inUse = slab.objects
        slab.firstFree = nil
        return false
    }

    /// `free_to_partial_list`, with `free_debug_processing`.
    func freeDebugged(_ cache: Handle<SlabCache>, _ object: VirtualAddress) {
        guard let slab = slab(of: physicalAddress(object) >> 12) else { return }
        if cache.pointee.geometry.flags.contains(.consistencyChecks), !checkBeforeFree(cache, slab, object) {
            slabFix(cache, "Object at \(pointerText(object)) not freed")
            return
        }
        // set_freepointer looks at the first free object, whatever else is to be checked.
        if slab.firstFree == object &- start(slab) { return reportBug(.freeDebugged) }
        setTrack(cache, object, isFree: true)
        initializeObject(cache, object, SlabDebug.redInactive)
        let wasFull = slab.firstFree == nil
        setNext(cache, object, slab.firstFree.map { start(slab) &+ $0 } ?? 0)
        slab.firstFree = object &- start(slab)
        slab.inUse &-= 1
        let isSurplus = slab.inUse == 0 && cache.pointee.partialCount >= cache.pointee.geometry.minimumPartial
        if wasFull {
            setFull(cache, slab, false)
            if !isSurplus { addPartial(cache, slab, toTail: true) }
        } else if isSurplus, slab.isOnPartialList {
            removePartial(cache, slab)
        }
        if isSurplus { discardSlab(cache, slab) }
    }

    /// `free_consistency_checks`.
    private func checkBeforeFree(_ cache: Handle<SlabCache>, _ slab: Slab, _ object: VirtualAddress) -> Bool {
        guard isValid(cache, slab, object) else {
            slabError(cache, slab, "Invalid object pointer \(pointerText(object))")
            return false
        }
        if isOnFreelist(cache, slab, object) {
            objectError(cache, slab, object, "Object already free")
            return false
        }
        return checkObject(cache, slab, object, SlabDebug.redActive)
    }

    /// `on_freelist`.
    func isOnFreelist(_ cache: Handle<SlabCache>, _ slab: Slab, _ wanted: VirtualAddress) -> Bool {
        var object = slab.firstFree.map { start(slab) &+ $0 } ?? 0
        var count: UInt32 = 0
        while object != 0, isValid(cache, slab, object), count <= slab.objects {
            if object == wanted { return true }
            object = next(cache, object)
            count += 1
        }
        return false
    }
}
