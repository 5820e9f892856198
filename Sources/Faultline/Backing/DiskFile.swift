/// The disk below all disk files: its blocks, and what the kernel counts for the device (`struct backing_dev_info`).
struct DiskDevice: ~Copyable {
    let store = BlockStore()
    /// Pages of its files that are dirty (`NR_FILE_DIRTY`).
    var dirtyPages: Int64 = 0
    /// Pages of its files that are in memory.
    var cachedPages: Int64 = 0
    /// Pages written back since the start (`BDI_WRITTEN`).
    var writtenPages: UInt64 = 0
    /// Reads, or writes, end in an input/output error: set by tests and by programs about failing disks.
    var failsReads = false
    var failsWrites = false

    /// Files with dirty pages, the longest dirty first (`b_dirty`).
    var dirtyFiles: [Handle<FileMapping>] = []
    /// Centiseconds of simulated time, and when the flusher wakes next; 0 before the first file is dirty.
    var now: UInt64 = 0
    var nextFlush: UInt64 = 0

    init() {}
}

/// Regular files as ext4 keeps them, with blocks of 4 KiB.
extension Machine {
    /// Whether the file has a block with contents at the page, be it only promised (delayed allocation). A hole has none,
    /// and one that fallocate made has no contents until it is written to.
    @inline(__always)
    func hasContents(_ mapping: Handle<FileMapping>, _ index: UInt64) -> Bool {
        guard let block = mapping.pointee.disk?.pointee.blocks.load(index) else { return false }
        return block != 0 && block != BlockStore.unwritten
    }

    /// Promises a block to a page that is about to be written (`ext4_da_get_block_prep`).
    @inline(__always)
    func reserveBlock(_ mapping: Handle<FileMapping>, _ index: UInt64) {
        guard let file = mapping.pointee.disk, !hasContents(mapping, index) else { return }
        file.pointee.blocks.store(index, BlockStore.uniform(0))
    }

    /// Gives the holes among the pages blocks without contents (`ext4_alloc_file_blocks`).
    func allocateBlocks(_ mapping: Handle<FileMapping>, _ pages: Range<UInt64>) {
        guard let file = mapping.pointee.disk else { return }
        for index in pages where file.pointee.blocks.load(index) == 0 {
            file.pointee.blocks.store(index, BlockStore.unwritten)
        }
    }

    /// Turns blocks into holes.
    func freeBlocks(_ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64) {
        guard let file = mapping.pointee.disk else { return }
        var index = first
        while let found = file.pointee.blocks.next(from: index, through: last) {
            disk.store.free(found.value)
            file.pointee.blocks.erase(found.index)
            if found.index == last { return }
            index = found.index + 1
        }
    }

    /// A page for a part of the file that is not in memory, without contents; nil when no frame is free.
    func addDiskPage(_ mapping: Handle<FileMapping>, _ index: UInt64) -> PFN? {
        guard let pfn = allocatePage() else { return nil }
        addToCache(pfn, mapping, index)
        disk.cachedPages += 1
        return pfn
    }

    /// `filemap_read_folio`: fills a page from the disk; holes need no disk.
    ///
    /// - Returns: false for an input/output error; the page is not up to date then.
    @discardableResult
    func readDiskPage(_ mapping: Handle<FileMapping>, _ index: UInt64, _ pfn: PFN) -> Bool {
        // A page that zeroInBlock made dirty holds its block already.
        if !page(pfn).pointee.has(PageFlag.dirty), !readBlock(mapping, index, pfn) { return false }
        page(pfn).pointee.set(PageFlag.uptodate)
        return true
    }

    /// Fills a frame with what the disk holds of a page. - Returns: false for an input/output error.
    private func readBlock(_ mapping: Handle<FileMapping>, _ index: UInt64, _ pfn: PFN) -> Bool {
        guard hasContents(mapping, index), let block = mapping.pointee.disk?.pointee.blocks.load(index) else {
            physical.zeroFrame(pfn)
            return true
        }
        if disk.failsReads { return false }
        disk.store.read(block, into: physical.contents(pfn))
        return true
    }

    /// The page of a disk file, read where it is not in memory; for calls that do not read ahead.
    ///
    /// - Throws: EIO, ENOMEM.
    func diskPage(_ mapping: Handle<FileMapping>, _ index: UInt64) throws(Errno) -> PFN {
        guard let pfn = cachedPage(mapping, index) ?? addDiskPage(mapping, index) else { throw .ENOMEM }
        if !page(pfn).pointee.has(PageFlag.uptodate), !readDiskPage(mapping, index, pfn) { throw .EIO }
        return pfn
    }

    /// `__ext4_block_zero_page_range`: zeros within one block. The page comes into memory for it, and is dirty afterwards
    /// unless the block has no contents. It is the block that is read, so the page as such is not up to date then.
    ///
    /// - Throws: EIO, ENOMEM.
    func zeroInBlock(_ mapping: Handle<FileMapping>, _ start: UInt64, _ length: UInt64) throws(Errno) {
        let index = start >> 12
        guard let pfn = cachedPage(mapping, index) ?? addDiskPage(mapping, index) else { throw .ENOMEM }
        if !hasContents(mapping, index) { return }
        if !page(pfn).pointee.has(PageFlag.uptodate), !page(pfn).pointee.has(PageFlag.dirty),
            !readBlock(mapping, index, pfn)
        {
            throw .EIO
        }
        physical.fill(pfn, offset: Int(start & 4095), length: Int(length), byte: 0)
        markFilePageDirty(pfn)
    }
}
