import CShim

/// The migrate type of every page block, 2 MiB of frames (`pageblock_flags`, `pageblock_order`).
///
/// A free page has the type of its block: that is the list it belongs on. All blocks begin movable (`memmap_init_range`).
struct PageBlocks {
    /// `pageblock_order`, and the frames of a block (`pageblock_nr_pages`).
    static var order: Int { 9 }
    static var size: UInt64 { 1 << 9 }

    /// A byte a block: the type, with ``MigrateType/movable`` as 0, so that untouched memory of the host says so; and whether it is
    /// isolated.
    private let types: UnsafeMutablePointer<UInt8>
    private let count: UInt64

    /// - Throws: ``MachineError/host``.
    init(endFrame: PFN) throws(MachineError) {
        count = (endFrame >> UInt64(Self.order)) + 1
        guard let memory = fl_host_reserve(count) else { throw .host }
        // SAFETY: fresh zeroed memory of as many bytes.
        types = memory.assumingMemoryBound(to: UInt8.self)
    }

    /// Copies the types into an image.
    func save(into image: inout MemoryImage) { image.add(types, count: Int(count)) }

    func destroy() { fl_host_release(types, count) }

    /// `get_pfnblock_migratetype`, of the block of a frame, for the per-CPU lists: 0 unmovable, 1 movable, more another
    /// one.
    @inline(__always)
    func list(_ pfn: PFN) -> UInt8 { types[Int(truncatingIfNeeded: pfn >> 9)] ^ 1 }

    /// `PB_migrate_isolate`: a bit of its own, so that the block has its type again afterwards.
    private static var isolated: UInt8 { 0x80 }

    /// `get_pageblock_migratetype`, `set_pageblock_migratetype`: of the block of a frame.
    subscript(pfn: PFN) -> MigrateType {
        get {
            let kept = types[Int(pfn >> 9)]
            return kept & Self.isolated != 0 ? .isolate : Self.type(kept)
        }
        nonmutating set {
            if newValue == .isolate {
                types[Int(pfn >> 9)] |= Self.isolated
            } else {
                types[Int(pfn >> 9)] = newValue.rawValue ^ MigrateType.movable.rawValue
            }
        }
    }

    private static func type(_ kept: UInt8) -> MigrateType {
        MigrateType(rawValue: kept & ~isolated ^ MigrateType.movable.rawValue) ?? .unmovable
    }

    /// The type that an isolated block has again when it is isolated no longer.
    func typeBehindIsolation(_ pfn: PFN) -> MigrateType { Self.type(types[Int(pfn >> 9)]) }

    /// `change_pageblock_range`: of all page blocks that a free block of a large order covers.
    func set(_ pfn: PFN, order: Int, _ type: MigrateType) {
        for block in stride(from: pfn, to: pfn + 1 << UInt64(order), by: Int(Self.size)) { self[block] = type }
    }

    /// The same of a range of whole page blocks.
    func set(_ range: Range<PFN>, _ type: MigrateType) {
        for block in stride(from: range.lowerBound, to: range.upperBound, by: Int(Self.size)) { self[block] = type }
    }
}
