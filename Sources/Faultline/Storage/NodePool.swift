/// Equal blocks of memory for the nodes of trees: the place of a kmem_cache whose objects have no record type.
///
/// A pool is owned by the machine; trees hold a ``Reference``, which is plain data. Freed blocks are reused last-in
/// first-out. Blocks are aligned to a cache line and are not cleared.
struct NodePool: ~Copyable {
    /// What trees keep. Valid as long as the pool that it came from.
    let reference: Reference

    /// - Parameter blockBytes: Size of a block, a multiple of 64.
    init(blockBytes: Int) {
        precondition(blockBytes > 0 && blockBytes % 64 == 0, "a node is a whole number of cache lines")
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
        state.initialize(to: State(blockBytes: blockBytes))
        reference = Reference(state: state)
    }

    deinit {
        // SAFETY: `state` was allocated in `init` and trees do not outlive their pool.
        for slab in reference.state.pointee.slabs { slab.baseAddress?.deallocate() }
        reference.state.deinitialize(count: 1)
        reference.state.deallocate()
    }

    /// Blocks allocated and not yet freed.
    var liveCount: Int { reference.state.pointee.liveCount }

    fileprivate struct State {
        let blockBytes: Int
        var slabs: [UnsafeMutableRawBufferPointer] = []
        /// How many slabs were handed out of; see ``Arena``.
        var used = 0
        var free: UnsafeMutableRawPointer?
        var bump: UnsafeMutableRawPointer?
        var remaining = 0
        var nextSlabBlocks = 8
        var liveCount = 0

        init(blockBytes: Int) { self.blockBytes = blockBytes }

        private static var largestSlabBytes: Int { 1 << 18 }

        mutating func takeFromSlab() -> UnsafeMutableRawPointer {
            if remaining == 0 {
                remaining = nextSlabBlocks
                nextSlabBlocks = max(nextSlabBlocks, min(nextSlabBlocks * 2, Self.largestSlabBytes / blockBytes))
                if used == slabs.count {
                    slabs.append(.allocate(byteCount: remaining * blockBytes, alignment: 64))
                }
                bump = slabs[used].baseAddress
                used += 1
            }
            // SAFETY: `remaining` blocks are left behind `bump` in the newest slab.
            let block = bump.unsafelyUnwrapped
            bump = block + blockBytes
            remaining -= 1
            return block
        }
    }

    /// Where the next block comes from.
    struct Position {
        fileprivate let free: UnsafeMutableRawPointer?
        fileprivate let bump: UnsafeMutableRawPointer?
        fileprivate let used: Int
        fileprivate let remaining: Int
        fileprivate let nextSlabBlocks: Int
        fileprivate let liveCount: Int
    }

    /// Copies all blocks into an image.
    func save(into image: inout MemoryImage) -> Position {
        let state = reference.state.pointee
        for (index, slab) in state.slabs.prefix(state.used).enumerated() {
            guard let base = slab.baseAddress else { continue }
            let rest = index == state.used - 1 ? state.remaining * state.blockBytes : 0
            image.add(base, byteCount: slab.count - rest)
        }
        return Position(
            free: state.free, bump: state.bump, used: state.used, remaining: state.remaining,
            nextSlabBlocks: state.nextSlabBlocks, liveCount: state.liveCount)
    }

    /// Goes back to where it was; the image brings the blocks.
    func restore(_ position: Position) {
        reference.state.pointee.free = position.free
        reference.state.pointee.bump = position.bump
        reference.state.pointee.used = position.used
        reference.state.pointee.remaining = position.remaining
        reference.state.pointee.nextSlabBlocks = position.nextSlabBlocks
        reference.state.pointee.liveCount = position.liveCount
    }

    /// A plain pointer to a pool's state.
    struct Reference: Equatable {
        fileprivate let state: UnsafeMutablePointer<State>

        /// A block with unspecified contents.
        @inline(__always)
        func allocate() -> UnsafeMutableRawPointer {
            state.pointee.liveCount += 1
            if let block = state.pointee.free {
                // SAFETY: a free block's first word is the link that `deallocate` stored there.
                state.pointee.free = block.load(as: UnsafeMutableRawPointer?.self)
                return block
            }
            return state.pointee.takeFromSlab()
        }

        /// Precondition: `block` came from ``allocate()`` of this pool and was not yet freed.
        @inline(__always)
        func deallocate(_ block: UnsafeMutableRawPointer) {
            state.pointee.liveCount -= 1
            // SAFETY: the block is dead from here on; its first word becomes the free link.
            block.storeBytes(of: state.pointee.free, as: UnsafeMutableRawPointer?.self)
            state.pointee.free = block
        }
    }
}
