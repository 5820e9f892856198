import CShim

/// The migrate type of every page block, 2 MiB of frames (`pageblock_flags`, `pageblock_order`).
///
/// A free page has the type of its block: that is the list it belongs on. All blocks begin movable (`memmap_init_range`).
struct PageBlocks {
    /// `pageblock_order`.
    static var order: UInt64 { 9 }

    /// A byte a block: the type, with ``MigrateType/movable`` as 0, so that untouched memory of the host says so.
    private let types: UnsafeMutablePointer<UInt8>
    private let count: UInt64

    /// - Throws: ``MachineError/host``.
    init(endFrame: PFN) throws(MachineError) {
        count = (endFrame >> Self.order) + 1
        guard let memory = fl_host_reserve(count) else { throw .host }
        // SAFETY: fresh zeroed memory of as many bytes.
        types = memory.assumingMemoryBound(to: UInt8.self)
    }

    /// Copies the types into an image.
    func save(into image: inout MemoryImage) { image.add(types, count: Int(count)) }

    func destroy() { fl_host_release(types, count) }

    /// `get_pageblock_migratetype`, `set_pageblock_migratetype`: of the block of a frame.
    subscript(pfn: PFN) -> MigrateType {
        get { MigrateType(rawValue: types[Int(pfn >> Self.order)] ^ MigrateType.movable.rawValue) ?? .unmovable }
        nonmutating set { types[Int(pfn >> Self.order)] = newValue.rawValue ^ MigrateType.movable.rawValue }
    }
}
