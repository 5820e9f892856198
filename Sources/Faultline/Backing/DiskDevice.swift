import DequeModule

/// The disk below all disk files: its blocks, its own page cache, and what the kernel counts for it
/// (`struct block_device` with its `struct backing_dev_info`).
struct DiskDevice: ~Copyable {
    /// What the blocks hold; see ``BlockStore``.
    let store = BlockStore()
    let nodes = NodePool(blockBytes: XArrayNode.blockBytes)
    /// Words of `store` by block number; a block without one reads as zero.
    var contents: XArray
    /// The next block that was never used, and those that were given back.
    var nextBlock = DiskLayout.firstDataBlock
    var freedBlocks: [UInt64] = []
    var nextInode: UInt64 = 11
    var freedInodes: [UInt64] = []
    /// Blocks that are neither used nor promised.
    var freeBlockCount: UInt64

    /// `bd_mapping`: the pages of the device itself, which /proc/meminfo calls `Buffers`; nil until one is wanted.
    var mapping: Handle<FileMapping>?
    /// Blocks that the running transaction of the journal changed (jbd2); they are dirty when it commits.
    var transaction: [UInt64] = []

    /// Which reads, or writes, end in an input/output error.
    var failsReads = false
    var failsWrites = false

    /// Files with dirty pages, the longest dirty first (`b_dirty`).
    var dirtyFiles: [Handle<FileMapping>] = []
    /// Writes under way, in the order in which they will be done.
    var requests: Deque<WriteRequest> = []
    /// When the flusher wakes next and when the journal commits next, in microseconds of the clock; 0 for never.
    var nextFlush: UInt64 = 0
    var nextCommit: UInt64 = 0

    init(blocks: UInt64) {
        contents = XArray(nodes: nodes.reference)
        blockCount = blocks
        freeBlockCount = blocks - min(blocks, DiskLayout.firstDataBlock)
    }

    /// The device's size.
    let blockCount: UInt64

    /// Promises a block (`ext4_da_reserve_space`). - Returns: false when the disk is full.
    mutating func promiseBlock() -> Bool {
        if freeBlockCount == 0 { return false }
        freeBlockCount -= 1
        return true
    }

    /// Takes a promise back.
    mutating func releasePromise() { freeBlockCount += 1 }

    /// A block for a promise.
    mutating func allocateBlock() -> UInt64 {
        if let block = freedBlocks.popLast() { return block }
        nextBlock += 1
        return nextBlock - 1
    }

    /// Gives a block and what it holds back.
    mutating func freeBlock(_ block: UInt64) {
        store.free(contents.load(block))
        contents.erase(block)
        freedBlocks.append(block)
        freeBlockCount += 1
    }

    /// `ext4_new_inode`: the number of a new file.
    mutating func allocateInode() -> UInt64 {
        if let inode = freedInodes.popLast() { return inode }
        nextInode += 1
        return nextInode - 1
    }

    mutating func freeInode(_ inode: UInt64) { freedInodes.append(inode) }
}

/// Where the disk's file system keeps what it knows of itself: ext4's structures, but each kind in one place (`flex_bg`
/// with all groups in one).
enum DiskLayout {
    /// Inodes in a block of the inode table.
    static var inodesPerBlock: UInt64 { 16 }
    private static var bitsPerBlock: UInt64 { 32768 }
    private static var blockBitmaps: UInt64 { 2 }
    private static var inodeBitmaps: UInt64 { 1024 }
    private static var inodeTable: UInt64 { 2048 }
    static var firstDataBlock: UInt64 { 32768 + 2048 }

    /// The block of the bitmap that says whether a block is in use, and the bit in it.
    static func bitmap(ofBlock block: UInt64) -> (block: UInt64, bit: UInt64) {
        (blockBitmaps + block / bitsPerBlock, block % bitsPerBlock)
    }

    /// The block of the bitmap that says whether an inode is in use, and the bit in it.
    static func bitmap(ofInode inode: UInt64) -> (block: UInt64, bit: UInt64) {
        (inodeBitmaps + inode / bitsPerBlock, inode % bitsPerBlock)
    }

    /// The block that an inode lies in, and the byte at which it begins.
    static func place(ofInode inode: UInt64) -> (block: UInt64, offset: UInt64) {
        (inodeTable + inode / inodesPerBlock, inode % inodesPerBlock * (4096 / inodesPerBlock))
    }
}

/// A page on its way to the disk: `struct bio` of one page.
struct WriteRequest {
    let mapping: Handle<FileMapping>
    let index: UInt64
    let pfn: PFN
    /// When it is done, in microseconds.
    let due: UInt64
}
