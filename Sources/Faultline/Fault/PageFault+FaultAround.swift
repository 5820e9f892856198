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
        guard window > 1 else { return false }
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
        guard let faulting = allocatePTE(vma.pointee.mm, address) else { return false }
        let protection = pageProtection(vma)
        var cursor = XArrayCursor(mapping.pointee.pages)
        for index in start..<end {
            let cached = CacheEntry(rawValue: cursor.load(index))
            if cached.isPage { frames.prefetchRecord(cached.frame(at: index)) }
        }
        var entry = faulting - Int(slot) + Int(from &+ start &- first)
        var index = start
        while index < end {
            let cached = CacheEntry(rawValue: cursor.load(index))
            if cached.isPage, entry.pointee == 0, isMappable(cached.frame(at: index)) {
                let pfn = cached.frame(at: index)
                mapFilePage(vma, pfn, entry, protection)
                if isTracing { emit(.pageMapped, .faultAround, vma.pointee.address(ofPage: index), pfn) }
            }
            entry += 1
            index &+= 1
        }
        return PTE(rawValue: faulting.pointee).isPresent
    }

    /// `next_uptodate_folio`: the first index.
    @inline(__always)
    private func firstMappable(
        _ mapping: Handle<FileMapping>, _ first: UInt64, _ last: UInt64
    ) -> UInt64? {
        var found = mapping.pointee.pages.next(from: first, through: last)
        while let entry = found {
            let index = max(entry.index, first)
            if entry.cached.isPage, isMappable(entry.cached.frame(at: index)) { return index }
            found = mapping.pointee.pages.next(from: entry.lastIndex &+ 1, through: last)
        }
        return nil
    }

    @inline(__always)
    private func isMappable(_ pfn: PFN) -> Bool {
        page(pfn).pointee.flags.intersection(PageFlag.uptodate.union(.readahead)) == .uptodate
    }
}
