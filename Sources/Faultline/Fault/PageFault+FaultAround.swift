extension Machine {
    /// `do_fault_around` with `filemap_map_pages`: maps what is in memory around a read.
    ///
    /// The window is aligned by address, clipped to the VMA, the table and the end of the file.
    ///
    /// - Returns: whether the page of the address itself is mapped now.
    func mapAround(
        _ vma: Handle<VMArea>, _ mapping: Handle<FileMapping>, _ address: VirtualAddress
    ) -> Bool {
        let window = settings.faultAroundBytes >> 12
        let slot = (address >> 12) & 511
        let page = (address &- vma.pointee.start) >> 12
        let from = max(slot & ~(window - 1), slot - min(slot, page))
        let to = min(from + window, 512, slot + vma.pointee.pageCount - page)
        let first = vma.pointee.pgoff &+ page &+ from &- slot
        let end = min(first &+ to &- from, mapping.pointee.endIndex)
        guard first < end, let start = firstMappable(mapping, first, end &- 1) else { return false }
        if mapping.pointee.kind == .disk, start + 1 >= mapping.pointee.endIndex,
            findPTE(vma.pointee.mm, address) == nil
        {
            // Where the last page of a disk file is the first to be mapped, no table is made for it.
            return false
        }
        if huge.isLooked, mapping.pointee.kind == .shmem, mapWholeAround(vma, mapping, start, address) { return true }
        guard let faulting = allocatePTE(vma.pointee.mm, address) else { return false }
        let entry = faulting - Int(slot) + Int(from &+ start &- first)
        mapCached(vma, mapping, start, end, entry)
        return PTE(rawValue: faulting.pointee).isPresent
    }

    /// The loop of `filemap_map_pages`: maps the pages of [start, end) that are in memory, where nothing is mapped.
    @inline(__always)
    private func mapCached(
        _ vma: Handle<VMArea>, _ mapping: Handle<FileMapping>, _ start: UInt64, _ end: UInt64, _ entry: EntryPointer
    ) {
        let pages = mapping.pointee.pages
        var mapped = MappedAround(vma, protection: pageProtection(vma), start: start)
        var index = start
        var entry = entry
        // One leaf of the file's pages a round.
        while index < end {
            let run = pages.run(from: index, before: end)
            if let words = run.words {
                for offset in 0..<run.count { frames.prefetchRecord(CacheEntry(rawValue: words[offset]).head) }
                for offset in 0..<run.count {
                    mapOne(CacheEntry(rawValue: words[offset]), index &+ UInt64(offset), entry + offset, &mapped)
                }
            } else {
                // A folio that is larger than a leaf, or nothing.
                let cached = CacheEntry(rawValue: pages.load(index))
                for offset in 0..<run.count { mapOne(cached, index &+ UInt64(offset), entry + offset, &mapped) }
            }
            index &+= UInt64(run.count)
            entry += run.count
        }
        mapped.count.add(to: vma.pointee.mm)
    }

    /// What stays the same while pages are mapped around a fault.
    private struct MappedAround {
        let vma: Handle<VMArea>
        let protection: UInt64
        let isLocked: Bool
        /// The first page that is mapped.
        let start: UInt64
        var count = PageCounts()

        @inline(__always)
        init(_ vma: Handle<VMArea>, protection: UInt64, start: UInt64) {
            self.vma = vma
            self.start = start
            self.protection = protection
            isLocked = vma.pointee.flags.locksPages
        }
    }

    @inline(__always)
    private func mapOne(_ cached: CacheEntry, _ index: UInt64, _ entry: EntryPointer, _ mapped: inout MappedAround) {
        guard cached.isPage, entry.pointee == 0 else { return }
        let pfn = cached.frame(at: index)
        let record = page(cached.head)
        guard Self.isMappable(record) else { return }
        if record.pointee.isOfLargeFolio { return mapFolioAround(folio(of: pfn), pfn, index, entry, mapped) }
        record.pointee.addMapping()
        mapped.count.countFile(record)
        if mapped.isLocked { lockPage(pfn) }
        entry.pointee = Self.fileEntry(record, pfn, mapped.protection)
        if isTracing { emit(.pageMapped, .faultAround, mapped.vma.pointee.address(ofPage: index), pfn) }
    }

    /// `filemap_map_folio_range`: a large folio that lies in the VMA and in one table is mapped as a whole, whatever the window; else the
    /// one page is.
    @inline(never)
    private func mapFolioAround(
        _ folio: Folio, _ pfn: PFN, _ index: UInt64, _ entry: EntryPointer, _ mapped: MappedAround
    ) {
        let address = mapped.vma.pointee.address(ofPage: index)
        let place = Int(pfn - folio.pfn)
        if !mapsWholeFolios(mapped) || !fits(folio, place, mapped.vma, address) {
            addFileRmap(folio, pfn, mapped.vma)
            entry.pointee = Self.fileEntry(folio.head, pfn, mapped.protection)
            return
        }
        var count = 0
        for frame in folio.frames {
            let other = entry - place + Int(frame - folio.pfn)
            if other.pointee != 0 { continue }
            addFileRmap(folio, frame, mapped.vma)
            other.pointee = Self.fileEntry(folio.head, frame, mapped.protection)
            count += 1
        }
        if mapped.isLocked, count == Int(folio.pageCount) { lockPage(folio.pfn) }
        if isTracing { emit(.pageMapped, .faultAround, address, pfn) }
    }

    /// `can_map_large` of `filemap_map_pages`: whether folios are mapped beyond the window. Of a disk's file they are not where the first
    /// one is the file's last: nothing behind the end is to be mapped, and the kernel leaves out one that ends there, too.
    private func mapsWholeFolios(_ mapped: MappedAround) -> Bool {
        guard let mapping = mapped.vma.pointee.file?.pointee.mapping, mapping.pointee.kind == .disk else { return true }
        let cached = CacheEntry(rawValue: mapping.pointee.pages.load(mapped.start))
        if !cached.isLarge { return mapped.start + 1 < mapping.pointee.endIndex }
        let folio = folio(of: cached.head)
        return folio.head.pointee.index + folio.pageCount < mapping.pointee.endIndex
    }

    /// `filemap_map_pmd`: the first folio is one that an entry of a PMD can map.
    @inline(never)
    private func mapWholeAround(
        _ vma: Handle<VMArea>, _ mapping: Handle<FileMapping>, _ index: UInt64, _ address: VirtualAddress
    ) -> Bool {
        let cached = CacheEntry(rawValue: mapping.pointee.pages.load(index))
        guard cached.isPage, cached.isLarge else { return false }
        return mapHugeFile(folio(of: cached.head), vma, address, write: false)
    }

    /// `next_uptodate_folio`: the first index.
    @inline(__always)
    private func firstMappable(
        _ mapping: Handle<FileMapping>, _ first: UInt64, _ last: UInt64
    ) -> UInt64? {
        var found = mapping.pointee.pages.next(from: first, through: last)
        while let entry = found {
            let index = max(entry.index, first)
            if entry.cached.isPage, Self.isMappable(page(entry.cached.head)) { return index }
            found = mapping.pointee.pages.next(from: entry.lastIndex &+ 1, through: last)
        }
        return nil
    }

    @inline(__always)
    private static func isMappable(_ record: UnsafeMutablePointer<PageRecord>) -> Bool {
        record.pointee.flags.rawValue & PageFlag.uptodate.union(.readahead).rawValue == PageFlag.uptodate.rawValue
    }
}
