extension Machine {
    /// `filemap_write_and_wait_range` with `ext4_writepages`: dirty pages go to the disk, and are write-protected
    /// wherever they are mapped, so that the next write is noticed.
    ///
    /// - Returns: pages written.
    @discardableResult
    func writeBack(_ mapping: Handle<FileMapping>, from first: UInt64, through last: UInt64) -> Int {
        guard mapping.pointee.kind == .disk else { return 0 }
        var count = 0
        var index = first
        while let found = mapping.pointee.pages.nextMarked(.dirty, from: index, through: last) {
            writePage(mapping, found.index, found.value &- 1)
            count += 1
            if found.index == last { break }
            index = found.index + 1
        }
        if !mapping.pointee.pages.hasAnyMarked(.dirty) { noteClean(mapping) }
        if count > 0 { emit(.writeback, .none, first, UInt64(count)) }
        return count
    }

    private func writePage(_ mapping: Handle<FileMapping>, _ index: UInt64, _ pfn: PFN) {
        cleanMappings(pfn)
        page(pfn).pointee.clear(PageFlag.dirty)
        mapping.pointee.pages.clearMark(index, .dirty)
        disk.dirtyPages -= 1
        let size = mapping.pointee.size
        guard index < mapping.pointee.endIndex, let file = mapping.pointee.disk else { return }
        if disk.failsWrites {
            // The page keeps its contents; whoever syncs the file is told.
            file.pointee.writeErrors &+= 1
            emit(.writeback, .ioError, index, pfn)
            return
        }
        if index == size >> 12 {
            // What a mapping wrote beyond the end is not stored.
            let used = Int(size & 4095)
            physical.fill(pfn, offset: used, length: 4096 - used, byte: 0)
        }
        let old = file.pointee.blocks.load(index)
        file.pointee.blocks.store(index, disk.store.write(physical.contents(pfn), replacing: old))
        disk.writtenPages &+= 1
    }

    /// `folio_mkclean`: no shared mapping may write the page any more, and none calls it dirty.
    private func cleanMappings(_ pfn: PFN) {
        if page(pfn).pointee.mapcount == 0 { return }
        forEachMapping(of: pfn) { vma, address, entry in
            let pte = PTE(rawValue: entry.pointee)
            guard vma.pointee.isShared, pte.isDirty || pte.isWritable else { return }
            entry.pointee = pte.clearing(PTE.writeBit | PTE.dirtyBit).rawValue
            noteChange(vma.pointee.mm, address, address &+ PageSize.base, .clean, .none)
            flushPage(vma.pointee.mm, address)
        }
    }

    /// `vfs_fsync_range`: writes the pages and reports, once for each opener, that an earlier write failed.
    ///
    /// - Throws: EIO.
    func syncFile(_ file: Handle<OpenFile>, from first: UInt64, through last: UInt64) throws(Errno) {
        let mapping = file.pointee.mapping
        guard let contents = mapping.pointee.disk else { return }
        writeBack(mapping, from: first, through: last)
        if contents.pointee.writeErrors != file.pointee.seenErrors {
            file.pointee.seenErrors = contents.pointee.writeErrors
            throw .EIO
        }
    }
}
