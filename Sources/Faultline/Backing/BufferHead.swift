/// Buffer heads and the device's own page cache (`fs/buffer.c`).
///
/// Pages and blocks are of one size, so that a page has one `struct buffer_head` at most. Its state needs no record of its
/// own: PG_private says that there is one, PG_dirty and PG_writeback are its states too, and the block is the file's
/// ``BlockState``. Buffers of holes, which say nothing, are left out.
extension Machine {
    /// `create_empty_buffers` with `map_bh`: the buffer head holds the page.
    @inline(__always)
    func attachBuffer(_ pfn: PFN) {
        if page(pfn).pointee.has(PageFlag.private) { return }
        page(pfn).pointee.set(PageFlag.private)
        if chargesKernelObjects { chargeObject(.bufferHead, pfn) }
        page(pfn).pointee.refcount &+= 1
    }

    /// `try_to_free_buffers`; those of dirty pages, or of pages under way to the disk, stay.
    @inline(__always)
    func releaseBuffer(_ pfn: PFN) {
        let record = page(pfn)
        guard record.pointee.has(.private), !record.pointee.hasAny([.dirty, .writeback]) else { return }
        record.pointee.clear(PageFlag.private)
        if chargesKernelObjects { unchargeObject(.bufferHead, pfn) }
        record.pointee.refcount &-= 1
    }

    // MARK: The device

    /// `bd_mapping`: where the pages of the device itself are.
    func deviceMapping() -> Handle<FileMapping> {
        if let mapping = disk.mapping { return mapping }
        let mapping = makeMapping(.disk, name: names.number(of: Self.deviceName), size: disk.blockCount << 12)
        mapping.pointee.disk = diskFiles.allocate(DiskFile(blocks: XArray(nodes: blockMapNodes.reference)))
        // The device file is root's, whichever process opens it first.
        mapping.pointee.owner = 0
        mapping.pointee.mode = 0o600
        disk.mapping = mapping
        return mapping
    }

    /// The device's name in maps.
    static var deviceName: String { "/dev/vda" }

    /// `sb_bread`: the page of the device that a block of metadata is in; nil for an input/output error or without a frame.
    private func metadataPage(_ block: UInt64) -> PFN? {
        let mapping = deviceMapping()
        if let pfn = cachedPage(mapping, block), page(pfn).pointee.has(PageFlag.private) { return pfn }
        guard let pfn = cachedPage(mapping, block) ?? addMetadataPage(mapping, block),
            page(pfn).pointee.has(PageFlag.uptodate) || readDiskPage(mapping, block, pfn)
        else { return nil }
        attachBuffer(pfn)
        return pfn
    }

    /// Metadata was read long before the program ran, so its pages do not come with the program's to the LRU lists.
    private func addMetadataPage(_ mapping: Handle<FileMapping>, _ block: UInt64) -> PFN? {
        guard let pfn = allocatePage(.diskMetadata) else { return nil }
        page(pfn).pointee.mapping = mapping.bits
        page(pfn).pointee.index = block
        page(pfn).pointee.set(PageFlag.lru)
        addToList(pfn, page(pfn))
        mapping.pointee.pages.store(block, CacheEntry(page: pfn).rawValue)
        mapping.pointee.pageCount += 1
        nodeStatistics.diskPages += 1
        return pfn
    }

    /// `ext4_journal_get_write_access`: a block of metadata that is about to be changed within the running transaction. It
    /// is not dirty before that commits.
    private func metadataForChange(_ block: UInt64) -> PFN? {
        guard let pfn = metadataPage(block) else { return nil }
        if !disk.transaction.contains(block) {
            if disk.transaction.isEmpty { disk.nextCommit = clock.now + Self.commitInterval }
            disk.transaction.append(block)
        }
        return pfn
    }

    private func setBit(_ bit: UInt64, of block: UInt64, _ value: Bool) {
        guard let pfn = metadataForChange(block) else { return }
        let place = pfn << 12 + bit >> 3
        let mask = UInt8(1) << UInt8(bit & 7)
        frames.setByte(place, value ? frames.byte(place) | mask : frames.byte(place) & ~mask)
    }

    /// `commit=` of ext4: 5 seconds.
    private static var commitInterval: UInt64 { 5_000_000 }

    /// When jbd2 commits (`j_commit_timer`), in microseconds; nil without a transaction.
    var journalWake: UInt64? { disk.nextCommit == 0 ? nil : disk.nextCommit }

    /// `jbd2_journal_commit_transaction`: what the transaction changed is dirty from now on. (The journal's own blocks are
    /// not modelled.)
    func commitTransaction() {
        let mapping = deviceMapping()
        for block in disk.transaction {
            if let pfn = cachedPage(mapping, block) { markFilePageDirty(pfn) }
        }
        disk.transaction.removeAll()
        disk.nextCommit = 0
    }

    /// `checkpoint`: everything that is known of the file system is on the disk.
    func checkpoint() {
        commitTransaction()
        writeAndWait(deviceMapping(), from: 0, through: .max)
    }

    /// `ext4_mb_mark_diskspace_used`, `ext4_free_blocks`.
    func noteBlock(_ block: UInt64, isUsed: Bool) {
        let (bitmap, bit) = DiskLayout.bitmap(ofBlock: block)
        setBit(bit, of: bitmap, isUsed)
        // clean_bdev_aliases: what the device's own page has must not be written over the file's data.
        if isUsed, let mapping = disk.mapping, let pfn = cachedPage(mapping, block) { cleanAlias(mapping, block, pfn) }
    }

    private func cleanAlias(_ mapping: Handle<FileMapping>, _ block: UInt64, _ pfn: PFN) {
        finishWriteback(pfn)
        guard page(pfn).pointee.has(PageFlag.dirty) else { return }
        page(pfn).pointee.clear(PageFlag.dirty)
        mapping.pointee.pages.clearMark(block, .dirty)
        nodeStatistics.dirty -= 1
        if !mapping.pointee.pages.hasAnyMarked(.dirty) { noteClean(mapping) }
    }

    /// `ext4_new_inode`, `ext4_free_inode`.
    func noteInode(_ inode: UInt64, isUsed: Bool) {
        let (bitmap, bit) = DiskLayout.bitmap(ofInode: inode)
        setBit(bit, of: bitmap, isUsed)
    }

    /// `ext4_mark_inode_dirty`: the size, in the inode's first eight bytes here.
    func noteInode(_ mapping: Handle<FileMapping>) {
        guard let file = mapping.pointee.disk, !file.pointee.isDevice else { return }
        let (block, offset) = DiskLayout.place(ofInode: file.pointee.inode)
        guard let pfn = metadataForChange(block) else { return }
        for byte in 0..<UInt64(8) {
            frames.setByte(
                pfn << 12 + offset + byte, UInt8(truncatingIfNeeded: mapping.pointee.size >> (byte * 8)))
        }
    }
}
