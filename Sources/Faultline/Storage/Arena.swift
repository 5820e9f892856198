/// Slots for records of one type, handed out as ``Handle``s: the place of a kmem_cache.
///
/// Slots keep their address for the arena's life. Freed slots are reused last-in first-out, so that the same program
/// uses the same slots on every run.
struct Arena<Record>: ~Copyable {
    private var slabs: [UnsafeMutablePointer<Record>] = []
    private var free: UnsafeMutablePointer<Record>?
    /// How many slabs were handed out of. The others wait: a checkpoint that was put back leaves them behind, so that the same
    /// calls find their records in the same slots again.
    private var used = 0
    private var bump = 0
    private var capacity = 0
    /// Records that are allocated and not yet freed.
    private(set) var liveCount = 0

    private static var firstSlab: Int { 32 }
    private static var largestSlab: Int { 4096 }

    init() {
        // A freed slot holds the link to the next one.
        precondition(MemoryLayout<Record>.size >= MemoryLayout<UInt>.size, "a record must have room for a free link")
        precondition(_isPOD(Record.self), "records are plain data: they hold handles, not references")
    }

    deinit {
        for slab in slabs { slab.deallocate() }
    }

    @inline(__always)
    mutating func allocate(_ value: Record) -> Handle<Record> {
        liveCount += 1
        if let slot = free {
            // SAFETY: a free slot's first word is the link that `deallocate` stored there.
            free = UnsafeMutableRawPointer(slot).load(as: UnsafeMutablePointer<Record>?.self)
            slot.initialize(to: value)
            return Handle(slot)
        }
        return allocateFromSlab(value)
    }

    @inline(never)
    private mutating func allocateFromSlab(_ value: Record) -> Handle<Record> {
        if bump == capacity {
            capacity = Self.capacity(after: capacity)
            if used == slabs.count { slabs.append(.allocate(capacity: capacity)) }
            used += 1
            bump = 0
        }
        // SAFETY: bump < capacity of the newest slab in use.
        let slot = slabs[used - 1] + bump
        bump += 1
        slot.initialize(to: value)
        return Handle(slot)
    }

    private static func capacity(after capacity: Int) -> Int {
        capacity == 0 ? firstSlab : min(capacity * 2, largestSlab)
    }

    /// Where the next record comes from.
    struct Position {
        fileprivate let free: UnsafeMutablePointer<Record>?
        fileprivate let used: Int
        fileprivate let bump: Int
        fileprivate let capacity: Int
        fileprivate let liveCount: Int
    }

    /// Copies all records into an image.
    func save(into image: inout MemoryImage) -> Position {
        var size = 0
        for index in 0..<used {
            size = Self.capacity(after: size)
            image.add(slabs[index], count: index == used - 1 ? bump : size)
        }
        return Position(free: free, used: used, bump: bump, capacity: capacity, liveCount: liveCount)
    }

    /// Goes back to where it was; the image brings the records.
    mutating func restore(_ position: Position) {
        (free, used, bump) = (position.free, position.used, position.bump)
        (capacity, liveCount) = (position.capacity, position.liveCount)
    }

    /// Precondition: `handle` was allocated here and not yet freed.
    @inline(__always)
    mutating func deallocate(_ handle: Handle<Record>) {
        liveCount -= 1
        // SAFETY: the slot is dead from here on; its first word becomes the free link.
        UnsafeMutableRawPointer(handle.raw).storeBytes(of: free, as: UnsafeMutablePointer<Record>?.self)
        free = handle.raw
    }
}
