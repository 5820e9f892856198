/// Folios of several pages that reading ahead makes of a disk's files (`page_cache_ra_order`).
extension Machine {
    /// The largest order that the machine has of these; the kernel has 9, too (`ext4_set_inode_mapping_order`).
    private static var largestOrder: UInt64 { 8 }

    /// Reads the window that the state describes in folios of its order, smaller ones where a larger one would not be aligned or would reach
    /// beyond the window's or the file's end. It stops at what is in memory already.
    ///
    /// - Returns: how many pages are read.
    func readLargeFolios(_ file: Handle<OpenFile>) -> UInt64 {
        let mapping = file.pointee.mapping
        var state = file.pointee.readahead
        guard settings.hasLargeFileFolios, !(mapping.pointee.disk?.pointee.isDevice ?? true), state.size > 0 else {
            file.pointee.readahead.order = 0
            return 0
        }
        state.order = min(state.order, 9, UInt64(63 - state.size.leadingZeroBitCount))
        file.pointee.readahead.order = state.order
        let end = min(mapping.pointee.endIndex, state.start + state.size)
        let mark = state.start + state.size - state.asyncSize
        var index = state.start
        while index < end {
            var order = state.order
            if index & (1 << order - 1) != 0 { order = UInt64(index.trailingZeroBitCount) }
            while order > 0, index + 1 << order > end { order -= 1 }
            if order > Self.largestOrder {
                meet(.largeFolios)
                order = Self.largestOrder
            }
            guard let head = addReadahead(mapping, index, order) else { return index - state.start }
            if index == mark & ~(1 << order - 1) { page(head).pointee.set(PageFlag.readahead) }
            index += 1 << order
        }
        return state.size
    }

    /// `ra_alloc_folio`, with the read. - Returns: the first frame; nil where a page is in memory already, or no folio is free.
    private func addReadahead(_ mapping: Handle<FileMapping>, _ index: UInt64, _ order: UInt64) -> PFN? {
        if order == 0 {
            if cachedPage(mapping, index) != nil { return nil }
            guard let pfn = addDiskPage(mapping, index) else { return nil }
            readDiskPage(mapping, index, pfn)
            return pfn
        }
        let last = index + 1 << order - 1
        var left: UInt64?
        var next = index
        while next <= last, let found = mapping.pointee.pages.next(from: next, through: last) {
            if found.cached.isPage { return nil }
            left = found.value
            next = found.lastIndex + 1
        }
        var request = AllocationRequest.filePage
        request.order = Int(order)
        guard let folio = allocateLarge(request, isZeroed: false), chargeLarge(folio) else { return nil }
        if let left { refault(folio.head, left, pages: folio.pageCount) }
        addLargeToCache(folio, mapping, index)
        readDiskFolio(mapping, folio)
        return folio.pfn
    }
}
