/// How a slab cache lays out its objects, and how many it keeps where: what `calculate_sizes`, `calculate_order` and
/// `set_cpu_partial` of `mm/slub.c` find.
///
///     with red zones, poison and owners:
///     left red zone | object | red zone to the word | free pointer | 2 tracks | kmalloc's size | padding
///                     ^ what the caller gets          ^ offset
public struct SlabGeometry: Sendable, Equatable {
    /// Bytes from one object to the next (`s->size`).
    public let size: UInt32
    /// Bytes of an object with what rounds it up, without the metadata behind (`s->inuse`).
    let inUse: UInt32
    /// Where in a free object the pointer to the next free one stands (`s->offset`).
    let offset: UInt32
    /// `s->red_left_pad`.
    let leftRedZone: UInt32
    /// log2 of the pages of a slab, and of one where there is no memory for that (`s->oo`, `s->min`).
    public let order: Int
    let minimumOrder: Int
    /// Objects of a slab.
    public let objectsPerSlab: UInt32
    /// Free objects that a CPU keeps on partial slabs, about (`s->cpu_partial`), and the slabs that this makes.
    public let cpuPartial: UInt32
    let cpuPartialSlabs: UInt32
    /// Empty or partial slabs that a node keeps (`s->min_partial`).
    public let minimumPartial: UInt32
    /// The flags, with `__OBJECT_POISON` where free objects are poisoned.
    let flags: SlabFlags

    /// `slub_max_order`.
    private static let largestOrder = 3
    /// MAX_OBJS_PER_PAGE: the counters have 15 bits.
    private static let mostObjects: UInt32 = 32767
    /// `struct track`: address, stack, CPU, process, time.
    static let trackBytes: UInt32 = 32
    private static let word: UInt32 = 8

    /// The layout of a cache; nil where an object is larger than the largest block of pages.
    ///
    /// - Parameters:
    ///   - align: as ``alignment(size:align:flags:)`` gives it.
    ///   - freePointerOffset: `args->freeptr_offset`; nil where the cache leaves it to the allocator.
    ///   - processors: `num_present_cpus()`; a slab has more objects where more CPUs take from it.
    public init?(
        objectSize: UInt32, align: UInt32, flags: SlabFlags, hasConstructor: Bool = false,
        freePointerOffset: UInt32? = nil, processors: Int
    ) {
        guard objectSize > 0, objectSize <= 4 << 20, align > 0, processors > 0 else { return nil }
        var flags = flags
        var size = Self.up(objectSize, Self.word)
        if flags.contains(.poison), !flags.contains(.typesafeByRCU), !hasConstructor { flags.insert(.objectPoison) }
        if flags.contains(.redZone), size == objectSize { size += Self.word }
        inUse = size
        let keepsSize = flags.isSuperset(of: [.storeUser, .kmalloc])
        if flags.contains(.typesafeByRCU) && freePointerOffset == nil || flags.contains(.poison) || hasConstructor
            || flags.contains(.redZone) && (objectSize < Self.word || keepsSize)
        {
            offset = size
            size += Self.word
        } else if flags.contains(.typesafeByRCU), let freePointerOffset {
            offset = freePointerOffset
        } else {
            // Near the middle, away from short overflows and underflows of the neighbours.
            offset = objectSize / 2 & ~(Self.word - 1)
        }
        if flags.contains(.storeUser) { size += 2 * Self.trackBytes + (flags.contains(.kmalloc) ? Self.word : 0) }
        var left: UInt32 = 0
        if flags.contains(.redZone) {
            left = Self.up(Self.word, align)
            size += Self.word + left
        }
        leftRedZone = left
        size = Self.up(size, align)
        guard let order = Self.order(size, processors: processors) else { return nil }
        self.size = size
        self.order = order
        self.flags = flags
        minimumOrder = Self.order(of: size)
        objectsPerSlab = min(4096 << UInt32(order) / size, Self.mostObjects)
        cpuPartial = Self.cpuPartial(size, isDebugged: !flags.isDisjoint(with: .debug))
        cpuPartialSlabs = (cpuPartial * 2 + objectsPerSlab - 1) / objectsPerSlab
        minimumPartial = max(5, min(10, UInt32(31 - size.leadingZeroBitCount) / 2))
    }

    /// Objects of a slab of an order.
    func objects(order: Int) -> UInt32 { min(4096 << UInt32(order) / size, Self.mostObjects) }

    /// `freeptr_outside_object`.
    var keepsPointerOutside: Bool { offset >= inUse }

    /// `get_info_end`: where the tracks begin.
    var infoEnd: UInt32 { keepsPointerOutside ? inUse + Self.word : inUse }

    /// `size_from_object`: from an object to its end, without the left red zone.
    var sizeFromObject: UInt32 { size - leftRedZone }

    /// `slub_debug_orig_size`: the size that kmalloc was asked for is kept.
    var keepsAskedSize: Bool { flags.isSuperset(of: [.storeUser, .kmalloc]) }

    /// `calculate_alignment`: cache lines where asked for, or the part of one that holds a small object.
    public static func alignment(size: UInt32, align: UInt32, flags: SlabFlags) -> UInt32 {
        var result = align
        if flags.contains(.hardwareCacheAligned) {
            var line: UInt32 = 64
            while size <= line / 2 { line /= 2 }
            result = max(result, line)
        }
        return up(max(result, word), word)
    }

    /// `calculate_order`: the smallest order for a number of objects that wastes at most a sixteenth, else an eighth, and so on.
    private static func order(_ size: UInt32, processors: Int) -> Int? {
        let bits = UInt32(Int.bitWidth - processors.leadingZeroBitCount)
        let most = max((4096 << UInt32(largestOrder)) / size, 1)
        let objects = min(4 * (bits + 1), most)
        let least = order(of: objects * size)
        if (4096 << UInt32(least)) / size > mostObjects { return order(of: size * mostObjects) - 1 }
        for fraction: UInt32 in [16, 8, 4, 2] {
            for order in least...max(least, largestOrder) where order <= largestOrder {
                let bytes: UInt32 = 4096 << UInt32(order)
                if bytes % size <= bytes / fraction { return order }
            }
        }
        let alone = order(of: size)
        return alone <= Zone.maxOrder ? alone : nil
    }

    /// `get_order`.
    static func order(of bytes: UInt32) -> Int {
        var order = 0
        while 4096 << UInt64(order) < UInt64(bytes) { order += 1 }
        return order
    }

    /// `set_cpu_partial`.
    private static func cpuPartial(_ size: UInt32, isDebugged: Bool) -> UInt32 {
        if isDebugged { return 0 }
        switch size {
        case 4096...: return 6
        case 1024...: return 24
        case 256...: return 52
        default: return 120
        }
    }

    static func up(_ value: UInt32, _ align: UInt32) -> UInt32 { (value + align - 1) / align * align }
}
