/// Folios of several pages of a disk's files. A folio is up to date, dirty and under way to the disk as a whole.
extension Machine {
    /// `ext4_mpage_readpages`: fills a folio. - Returns: false for an input/output error; it is not up to date then.
    @discardableResult
    func readDiskFolio(_ mapping: Handle<FileMapping>, _ folio: Folio) -> Bool {
        for frame in folio.frames where !readBlock(mapping, folio.index(of: frame), frame) { return false }
        folio.head.pointee.set(.uptodate)
        return true
    }

    /// `__block_write_begin` of a part of a folio: blocks are promised where it has none.
    ///
    /// - Returns: false when the disk is full.
    func prepareForWrite(_ mapping: Handle<FileMapping>, _ folio: Folio, _ pages: ClosedRange<UInt64>) -> Bool {
        for index in pages where blockState(mapping, index) == .hole {
            guard disk.promiseBlock() else { return false }
            setBlockState(mapping, index, .delayed)
        }
        attachBuffer(folio.pfn)
        return true
    }

    /// `ext4_page_mkwrite`: all of the folio is to be written, up to the end of the file (`block_page_mkwrite`).
    @inline(__always)
    func prepareWholeForWrite(_ mapping: Handle<FileMapping>, _ pfn: PFN) -> Bool {
        let record = page(pfn).pointee
        return record.isOfLargeFolio
            ? prepareWholeForWrite(mapping, folio(of: pfn)) : prepareForWrite(mapping, record.index, pfn)
    }

    @inline(never)
    private func prepareWholeForWrite(_ mapping: Handle<FileMapping>, _ folio: Folio) -> Bool {
        let first = folio.head.pointee.index
        let end = min(first + folio.pageCount, mapping.pointee.endIndex)
        return end <= first || prepareForWrite(mapping, folio, first...end - 1)
    }

    /// `mpage_process_page_bufs` of a folio that is dirty. - Returns: its pages.
    func startWriting(_ mapping: Handle<FileMapping>, _ folio: Folio) -> Int {
        let (first, pages) = (folio.head.pointee.index, folio.pageCount)
        finishWriteback(folio.pfn)
        for frame in folio.frames { cleanMappings(frame) }
        folio.head.pointee.clear(.dirty)
        mapping.pointee.pages.clearMark(first, .dirty)
        nodeStatistics.dirty -= Int64(pages)
        var hasBlock = false
        for index in first..<first + pages where index < mapping.pointee.endIndex {
            if blockForWriting(mapping, index) != nil { hasBlock = true }
            guard index == mapping.pointee.size >> 12 else { continue }
            // What a mapping wrote beyond the end is not stored.
            let used = Int(mapping.pointee.size & 4095)
            frames.fill(folio.pfn + (index - first), offset: used, length: 4096 - used, byte: 0)
        }
        if hasBlock { requestWrite(mapping, first, folio.pfn, pages) }
        return Int(pages)
    }

    /// The end of a large folio's write: each block has its page.
    func storeBlocks(_ mapping: Handle<FileMapping>, _ folio: Folio) {
        for frame in folio.frames { storeBlock(mapping, folio.index(of: frame), frame) }
    }

    /// `filemap_release_folio`: a folio that is split must have no buffers, and those of a dirty one stay.
    func releasesBuffers(_ folio: Folio) -> Bool {
        releaseBuffer(folio.pfn)
        return !folio.head.pointee.has(.private)
    }

    /// What is left in the page cache of a large folio that reclaim took: the same for each page.
    func leaveShadows(_ mapping: Handle<FileMapping>, _ folio: Folio, _ first: UInt64, _ shadow: UInt64) {
        for index in first..<first + folio.pageCount {
            guard let node = mapping.pointee.pages.storeShadow(index, shadow), folio.head.pointee.vector != 0 else {
                continue
            }
            shadowNodes.append(node, mapping, index)
        }
    }
}
