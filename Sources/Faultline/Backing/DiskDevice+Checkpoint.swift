import DequeModule

extension DiskDevice {
    /// What a checkpoint keeps beside the image.
    struct Saved {
        fileprivate let blocks: NodePool.Position
        fileprivate let nodes: NodePool.Position
        fileprivate let contents: XArray
        fileprivate let space:
            (nextBlock: UInt64, freed: [UInt64], free: UInt64, nextInode: UInt64, freedInodes: [UInt64])
        fileprivate let fails: (reads: Bool, writes: Bool)
        fileprivate let mapping: Handle<FileMapping>?
        fileprivate let transaction: [UInt64]
        fileprivate let dirtyFiles: [Handle<FileMapping>]
        fileprivate let requests: Deque<WriteRequest>
        fileprivate let times: (flush: UInt64, commit: UInt64)
    }

    /// Copies what the disk holds into an image.
    func save(into image: inout MemoryImage) -> Saved {
        Saved(
            blocks: store.save(into: &image), nodes: nodes.save(into: &image), contents: contents,
            space: (nextBlock, freedBlocks, freeBlockCount, nextInode, freedInodes),
            fails: (failsReads, failsWrites), mapping: mapping, transaction: transaction, dirtyFiles: dirtyFiles,
            requests: requests, times: (nextFlush, nextCommit))
    }

    /// Goes back to where it was; the image brings the blocks.
    mutating func restore(_ saved: Saved) {
        store.restore(saved.blocks)
        nodes.restore(saved.nodes)
        contents = saved.contents
        (nextBlock, freedBlocks, freeBlockCount, nextInode, freedInodes) = saved.space
        (failsReads, failsWrites) = saved.fails
        mapping = saved.mapping
        transaction = saved.transaction
        dirtyFiles = saved.dirtyFiles
        requests = saved.requests
        (nextFlush, nextCommit) = saved.times
    }
}
