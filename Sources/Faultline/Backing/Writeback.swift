/// Writing dirty pages to the disk (`mm/page-writeback.c`, `ext4_writepages`). A write is started and is under way from then
/// on; simulated time, or someone who waits for it, finishes it.
extension Machine {
    // MARK: Starting

    /// `filemap_fdatawrite_range`: write-protects dirty pages wherever they are mapped, so that the next write is
    /// noticed, and starts writing them.
    ///
    /// - Returns: pages started.
    @discardableResult
    func startWriteback(_ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64) -> Int {
        guard mapping.pointee.kind == .disk else { return 0 }
        // tag_pages_for_writeback: pages that become dirty meanwhile wait for the next time.
        if mapping.pointee.pages.copyMark(.dirty, to: .toWrite, from: first, through: last) == 0 {
            // The last dirty page may have left the file by truncation.
            if !mapping.pointee.pages.hasAnyMarked(.dirty) { noteClean(mapping) }
            return 0
        }
        var count = 0
        while let found = mapping.pointee.pages.nextMarked(.toWrite, from: first, through: last) {
            mapping.pointee.pages.clearMark(found.index, .toWrite)
            if found.cached.isLarge {
                count += startWriting(mapping, folio(of: found.cached.head))
                continue
            }
            startWriting(mapping, found.index, found.cached.frame(at: found.index))
            count += 1
        }
        if !mapping.pointee.pages.hasAnyMarked(.dirty) { noteClean(mapping) }
        emit(.writeback, .none, first, UInt64(count))
        return count
    }

    private func startWriting(_ mapping: Handle<FileMapping>, _ index: UInt64, _ pfn: PFN) {
        // The page may still be under way with what it was before.
        finishWriteback(pfn)
        cleanMappings(pfn)
        page(pfn).pointee.clear(PageFlag.dirty)
        mapping.pointee.pages.clearMark(index, .dirty)
        nodeStatistics.dirty -= 1
        guard index < mapping.pointee.endIndex, blockForWriting(mapping, index) != nil else { return }
        if index == mapping.pointee.size >> 12 {
            // What a mapping wrote beyond the end is not stored.
            let used = Int(mapping.pointee.size & 4095)
            frames.fill(pfn, offset: used, length: 4096 - used, byte: 0)
        }
        requestWrite(mapping, index, pfn, 1)
    }

    /// `folio_start_writeback`, and the request. The frame is the folio's first.
    func requestWrite(_ mapping: Handle<FileMapping>, _ index: UInt64, _ pfn: PFN, _ pages: UInt64) {
        page(pfn).pointee.set(PageFlag.writeback)
        mapping.pointee.pages.setMark(index, .writeback)
        nodeStatistics.writeback += Int64(pages)
        let start = max(clock.now, disk.requests.last?.due ?? 0)
        disk.requests.append(
            WriteRequest(
                mapping: mapping, index: index, pfn: pfn, due: start + settings.diskPageMicroseconds * pages))
    }

    /// `folio_mkclean`: no shared mapping may write the page any more, and none calls it dirty.
    func cleanMappings(_ pfn: PFN) {
        if page(pfn).pointee.mapcount == 0 { return }
        forEachMapping(of: pfn) { vma, address, entry in
            let pte = PTE(rawValue: entry.pointee)
            guard vma.pointee.isShared, pte.isDirty || pte.isWritable else { return }
            entry.pointee = pte.clearing(PTE.writeBit | PTE.dirtyBit).rawValue
            flushTLBPage(vma.pointee.mm, address, .clean, .clean)
        }
    }

    // MARK: Finishing

    /// `folio_end_writeback` of the write that is done next: the disk has the page, or there was an error, which the
    /// next fsync of the file reports. The page keeps its contents.
    private func finishFirst() {
        guard let request = disk.requests.popFirst() else { return }
        let isWanted = page(request.pfn).pointee.has(.readahead)
        // PG_reclaim goes with it.
        page(request.pfn).pointee.clear(PageFlag.writeback.union(.readahead))
        if isWanted { rotateReclaimable(request.pfn) }
        request.mapping.pointee.pages.clearMark(request.index, .writeback)
        let folio = folio(of: request.pfn)
        let pages = folio.pageCount
        nodeStatistics.writeback -= Int64(pages)
        if disk.failsWrites {
            request.mapping.pointee.disk?.pointee.writeErrors &+= 1
            request.mapping.pointee.disk?.pointee.lastErrorWasSeen = false
            emit(.writeback, .ioError, request.index, 1)
            return
        }
        storeBlocks(request.mapping, folio)
        nodeStatistics.written &+= pages
    }

    /// `folio_rotate_reclaimable`: reclaim has waited for the page, and looks at it next.
    private func rotateReclaimable(_ pfn: PFN) {
        let record = page(pfn)
        if !record.pointee.has(.lru) || record.pointee.hasAny(PageFlag.dirty.union(.unevictable)) { return }
        removeFromList(record)
        record.pointee.clear(.active)
        addToListEnd(pfn, record)
    }

    /// What is done by a time.
    func finishWrites(until time: UInt64) {
        while let request = disk.requests.first, request.due <= time { finishFirst() }
    }

    /// Waits for the write that is done next, which leaves the queue. A loop of waits ends, since no wait starts a write. - Returns: false where none is under way.
    func waitForWrite() -> Bool {
        guard let request = disk.requests.first else { return false }
        clock.advance(to: request.due)
        finishFirst()
        return true
    }

    /// Finishes the writes that earlier calls started: the disk is done before a program makes its next call.
    func finishEarlierWrites() { while waitForWrite() {} }

    /// `folio_wait_writeback`: simulated time passes until the page has arrived.
    @inline(__always)
    func finishWriteback(_ pfn: PFN) {
        while page(pfn).pointee.has(PageFlag.writeback), waitForWrite() {}
    }

    /// `filemap_fdatawait_range`.
    private func waitForWriteback(_ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64) {
        while mapping.pointee.pages.nextMarked(.writeback, from: first, through: last) != nil, waitForWrite() {}
    }

    /// `filemap_write_and_wait_range`.
    func writeAndWait(_ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64) {
        startWriteback(mapping, from: first, through: last)
        waitForWriteback(mapping, from: first, through: last)
    }

    /// `vfs_fsync_range`: writes the pages, waits for them, commits the journal, and reports, once for each opener, that an
    /// earlier write failed.
    ///
    /// - Throws: EIO.
    func syncFile(_ file: Handle<OpenFile>, from first: UInt64, through last: UInt64) throws(Errno) {
        let mapping = file.pointee.mapping
        guard let contents = mapping.pointee.disk else { return }
        // The pages are found by batches, whose release drains those of this CPU.
        if startWriteback(mapping, from: first, through: last) > 0 { drainBatches() }
        waitForWriteback(mapping, from: first, through: last)
        if !disk.transaction.isEmpty { commitTransaction() }
        // file_check_and_advance_wb_err.
        if contents.pointee.writeErrors != file.pointee.seenErrors {
            file.pointee.seenErrors = contents.pointee.writeErrors
            contents.pointee.lastErrorWasSeen = true
            throw refuse(.EIO, .diskError("writeback of the file since the last fsync"))
        }
    }
}
