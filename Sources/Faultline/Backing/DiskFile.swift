/// What the disk holds of a file: which blocks are allocated, and the inode.
struct DiskFile {
    /// ``BlockState`` by file page; absent pages are holes and read as zero.
    var blocks: XArray
    /// The inode's number; 0 for the device itself, whose page n is block n.
    var inode: UInt64 = 0
    /// `wb_err`: write errors so far, and whether a call reported the last (`ERRSEQ_SEEN`).
    var writeErrors: UInt32 = 0
    var lastErrorWasSeen = true
    /// `dirtied_when`, in microseconds; nil while the file is on no list of dirty ones.
    var dirtySince: UInt64?

    @inline(__always) var isDevice: Bool { inode == 0 }
}

/// What a file has on the disk for a page (`enum extent_status_type`), as a word of `DiskFile.blocks`: 0, or odd as
/// numbers in an ``XArray`` are.
struct BlockState: Equatable {
    let rawValue: UInt64

    @inline(__always) init(rawValue: UInt64) { self.rawValue = rawValue }

    static var hole: BlockState { BlockState(rawValue: 0) }
    /// Promised: the page is in memory, its block will be chosen when it is written back.
    static var delayed: BlockState { BlockState(rawValue: 1) }
    /// Allocated but never written; reads as zero.
    static func unwritten(_ block: UInt64) -> BlockState { BlockState(rawValue: block << 3 | 3) }
    static func mapped(_ block: UInt64) -> BlockState { BlockState(rawValue: block << 3 | 7) }

    @inline(__always) var isUnwritten: Bool { rawValue & 7 == 3 }
    @inline(__always) var isMapped: Bool { rawValue & 7 == 7 }
    /// The number on the disk; nil for holes and promises.
    @inline(__always) var block: UInt64? { rawValue & 2 == 0 ? nil : rawValue >> 3 }
}

/// Regular files as ext4 keeps them, with blocks of 4 KiB.
extension Machine {
    /// `ext4_map_blocks`.
    @inline(__always)
    func blockState(_ mapping: Handle<FileMapping>, _ index: UInt64) -> BlockState {
        guard let file = mapping.pointee.disk else { return .hole }
        return file.pointee.isDevice ? .mapped(index) : BlockState(rawValue: file.pointee.blocks.load(index))
    }

    func setBlockState(_ mapping: Handle<FileMapping>, _ index: UInt64, _ state: BlockState) {
        guard let file = mapping.pointee.disk, !file.pointee.isDevice else { return }
        file.pointee.blocks.store(index, state.rawValue)
    }

    /// Gives a page that is about to be written to its buffer head, and promises it a block where it has none
    /// (`ext4_da_get_block_prep`).
    ///
    /// - Returns: false when the disk is full.
    @inline(__always)
    func prepareForWrite(_ mapping: Handle<FileMapping>, _ index: UInt64, _ pfn: PFN) -> Bool {
        if page(pfn).pointee.isOfLargeFolio {
            return prepareForWrite(mapping, folio(of: pfn), index...index)
        }
        if page(pfn).pointee.has(PageFlag.private) { return true }
        if blockState(mapping, index) == .hole {
            guard disk.promiseBlock() else { return false }
            setBlockState(mapping, index, .delayed)
        }
        attachBuffer(pfn)
        return true
    }

    /// Gives the holes among the pages blocks without contents (`ext4_alloc_file_blocks`).
    ///
    /// - Throws: ENOSPC.
    func allocateBlocks(_ mapping: Handle<FileMapping>, _ pages: Range<UInt64>) throws(Errno) {
        for index in pages where blockState(mapping, index) == .hole {
            guard disk.promiseBlock() else { throw refuse(.ENOSPC, .diskFull) }
            setBlockState(mapping, index, .unwritten(takeBlock()))
        }
        noteInode(mapping)
    }

    /// The block that a page is written to; chosen now where it was only promised (`mpage_map_one_extent`).
    func blockForWriting(_ mapping: Handle<FileMapping>, _ index: UInt64) -> UInt64? {
        let state = blockState(mapping, index)
        if state != .delayed { return state.block }
        let block = takeBlock()
        // Until the write is done, the block has no contents: after an error it reads as zero.
        setBlockState(mapping, index, .unwritten(block))
        noteInode(mapping)
        return block
    }

    /// `ext4_convert_unwritten_extents`: the page's contents have reached its block.
    func storeBlock(_ mapping: Handle<FileMapping>, _ index: UInt64, _ pfn: PFN) {
        guard let block = blockState(mapping, index).block else { return }
        let old = disk.contents.load(block)
        let word =
            if let byte = frames.uniformByte(pfn) { disk.store.write(uniform: byte, replacing: old) } else {
                disk.store.write(frames.contents(pfn), replacing: old)
            }
        disk.contents.store(block, word)
        setBlockState(mapping, index, .mapped(block))
    }

    /// Turns blocks into holes.
    func freeBlocks(_ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64) {
        guard let file = mapping.pointee.disk else { return }
        var index = first
        while let found = file.pointee.blocks.next(from: index, through: last) {
            if let block = BlockState(rawValue: found.value).block {
                noteBlock(block, isUsed: false)
                disk.freeBlock(block)
            } else {
                disk.releasePromise()
            }
            file.pointee.blocks.erase(found.index)
            if found.index == last { break }
            index = found.index + 1
        }
        noteInode(mapping)
    }

    private func takeBlock() -> UInt64 {
        let block = disk.allocateBlock()
        noteBlock(block, isUsed: true)
        return block
    }

    // MARK: Pages

    /// A page for a part of the file that is not in memory, without contents; nil when no frame is free.
    func addDiskPage(_ mapping: Handle<FileMapping>, _ index: UInt64) -> PFN? {
        guard let pfn = allocateChargedPage(.filePage) else { return nil }
        let left = mapping.pointee.pages.load(index)
        if XArrayValue.isValue(left) { refault(page(pfn), left) }
        addToCache(pfn, mapping, index)
        nodeStatistics.diskPages += 1
        return pfn
    }

    /// `filemap_read_folio`: fills a page from the disk; holes need no disk.
    ///
    /// - Returns: false for an input/output error; the page is not up to date then.
    @discardableResult
    func readDiskPage(_ mapping: Handle<FileMapping>, _ index: UInt64, _ pfn: PFN) -> Bool {
        if page(pfn).pointee.isOfLargeFolio { return readDiskFolio(mapping, folio(of: pfn)) }
        // A page with a buffer head holds its block already (`block_read_full_folio`).
        if !page(pfn).pointee.has(PageFlag.private), !readBlock(mapping, index, pfn) { return false }
        page(pfn).pointee.set(PageFlag.uptodate)
        return true
    }

    /// Fills a frame with what the disk holds of a page. - Returns: false for an input/output error.
    func readBlock(_ mapping: Handle<FileMapping>, _ index: UInt64, _ pfn: PFN) -> Bool {
        let state = blockState(mapping, index)
        guard state.isMapped, let block = state.block else {
            frames.zeroFrame(pfn)
            return true
        }
        if disk.failsReads { return false }
        let word = disk.contents.load(block)
        if word == 0 {
            frames.zeroFrame(pfn)
        } else if let byte = BlockStore.uniformByte(ofBlock: word) {
            frames.setUniform(pfn, byte)
        } else {
            disk.store.read(word, into: frames.contents(pfn))
        }
        return true
    }

    /// The page of a disk file, read where it is not in memory; for calls that do not read ahead.
    ///
    /// - Throws: EIO, ENOMEM.
    func diskPage(_ mapping: Handle<FileMapping>, _ index: UInt64) throws(Errno) -> PFN {
        guard let pfn = cachedPage(mapping, index) ?? addDiskPage(mapping, index) else {
            throw refuse(.ENOMEM, .noFrame("a page of the file"))
        }
        if !folio(of: pfn).head.pointee.has(PageFlag.uptodate), !readDiskPage(mapping, index, pfn) {
            throw refuse(.EIO, .diskError("the read of file page \(index)"))
        }
        return pfn
    }

    /// `__ext4_block_zero_page_range`: zeros within one block. The page comes into memory for it, and is dirty afterwards
    /// unless the block has no contents. It is the block that is read, so the page as such is not up to date then.
    ///
    /// - Throws: EIO, ENOMEM.
    func zeroInBlock(_ mapping: Handle<FileMapping>, _ start: UInt64, _ length: UInt64) throws(Errno) {
        let index = start >> 12
        // FGP_ACCESSED: it counts as a reference to the page.
        let pfn: PFN
        if let cached = cachedPage(mapping, index) {
            pfn = cached
            markAccessed(folio(of: pfn).pfn)
        } else {
            guard let new = addDiskPage(mapping, index) else {
                throw refuse(.ENOMEM, .noFrame("a page of the file"))
            }
            pfn = new
            page(pfn).pointee.set(PageFlag.referenced)
        }
        let folio = folio(of: pfn)
        if !folio.head.pointee.has(PageFlag.private) || folio.isLarge {
            let block = blockState(mapping, index)
            if !block.isMapped, !folio.head.pointee.has(PageFlag.private) { return }
            // A large folio has a buffer for each of its pages; that of a hole leads nowhere.
            if block == .hole { return }
            if !folio.head.pointee.has(PageFlag.uptodate), !readBlock(mapping, index, pfn) {
                throw refuse(.EIO, .diskError("the read of file page \(index)"))
            }
            attachBuffer(folio.pfn)
        }
        frames.fill(pfn, offset: Int(start & 4095), length: Int(length), byte: 0)
        setDirty(folio.head)
    }
}
