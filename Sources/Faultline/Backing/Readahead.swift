/// Reading more of a file than was asked for (`mm/readahead.c`, `do_sync_mmap_readahead` in `mm/filemap.c`).
///
/// The first window has single pages, each one that follows it folios of four times the size (`Readahead+Large.swift`).
extension Machine {
    /// `MMAP_LOTSAMISS`.
    private static var manyMisses: UInt32 { 100 }

    /// `ra_pages` of an open file.
    @inline(__always)
    private func window(of file: Handle<OpenFile>) -> UInt64 {
        file.pointee.readahead.isDoubled ? settings.readaheadPages * 2 : settings.readaheadPages
    }

    /// `force_page_cache_ra`: reads what was asked for, up to a window, and marks nothing.
    func forceReadahead(_ file: Handle<OpenFile>, from first: UInt64, count: UInt64) {
        readPages(file.pointee.mapping, from: first, count: min(count, window(of: file)))
    }

    /// `page_cache_ra_unbounded`: brings `[first, first + count)` into memory where it is not, up to the end of the file,
    /// and marks the page at `mark`, which says when to go on.
    func readPages(_ mapping: Handle<FileMapping>, from first: UInt64, count: UInt64, mark: UInt64 = .max) {
        let end = min(first &+ count, mapping.pointee.endIndex)
        var index = first
        var lastRead: UInt64?
        while index < end {
            if cachedPage(mapping, index) == nil {
                // What is in memory already parts the read: its pieces arrive one by one.
                if let lastRead, lastRead + 1 < index { meet(.diskTime) }
                lastRead = index
                guard let pfn = addDiskPage(mapping, index) else { return }
                readDiskPage(mapping, index, pfn)
                if index == mark { page(pfn).pointee.set(PageFlag.readahead) }
            }
            index += 1
        }
    }

    /// Reads the window that the state describes.
    private func readWindow(_ file: Handle<OpenFile>) {
        let state = file.pointee.readahead
        var done: UInt64 = 0
        if state.order > 0 { done = readLargeFolios(file) }
        if done >= state.size { return }
        readPages(
            file.pointee.mapping, from: state.start + done, count: state.size - done,
            mark: state.asyncSize == 0 ? .max : state.start + state.size - state.asyncSize)
    }

    /// `do_sync_mmap_readahead`: a fault missed. May read nothing, for memory that is accessed at random.
    func readAheadOfFault(_ vma: Handle<VMArea>, _ file: Handle<OpenFile>, _ index: UInt64) {
        let flags = vma.pointee.flags
        if flags.has(.randomRead), !flags.has(.exec) { return }
        let window = window(of: file)
        if window == 0 { return }
        if flags.has(.hugePage) { meet(.fileHugePages) }
        if flags.has(.sequentialRead) { return readAheadOfRead(file, index, count: window) }
        if file.pointee.readahead.mmapMiss < Self.manyMisses * 10 { file.pointee.readahead.mmapMiss += 1 }
        if file.pointee.readahead.mmapMiss > Self.manyMisses { return }
        file.pointee.readahead.order = 0
        if flags.has(.exec) {
            // Code: from here to the end of the VMA at most.
            let end = min(index + window, vma.pointee.pgoff + vma.pointee.pageCount)
            file.pointee.readahead.start = index
            file.pointee.readahead.size = end - index
            file.pointee.readahead.asyncSize = 0
        } else {
            file.pointee.readahead.start = index > window / 2 ? index - window / 2 : 0
            file.pointee.readahead.size = window
            file.pointee.readahead.asyncSize = window / 4
        }
        readWindow(file)
    }

    /// `do_async_mmap_readahead` of a page that is in memory.
    ///
    /// - Returns: true when the mark was met, which makes the fault a major one.
    func readAheadOfHit(_ vma: Handle<VMArea>, _ file: Handle<OpenFile>, _ pfn: PFN, _ index: UInt64) -> Bool {
        if vma.pointee.flags.has(.randomRead) || settings.readaheadPages == 0 { return false }
        if file.pointee.readahead.mmapMiss > 0 { file.pointee.readahead.mmapMiss -= 1 }
        let folio = folio(of: pfn)
        guard folio.head.pointee.has(PageFlag.readahead) else { return false }
        folio.head.pointee.clear(PageFlag.readahead)
        continueReadahead(file, index, pages: folio.pageCount, count: settings.readaheadPages)
        return true
    }

    /// `filemap_readahead`: a read of `count` pages came to a page that is in memory, and perhaps is the mark.
    func readAheadOfMark(_ file: Handle<OpenFile>, _ pfn: PFN, _ index: UInt64, count: UInt64) {
        let folio = folio(of: pfn)
        guard folio.head.pointee.has(PageFlag.readahead), settings.readaheadPages > 0 else { return }
        folio.head.pointee.clear(PageFlag.readahead)
        let place = pfn - folio.pfn
        continueReadahead(file, index - place, pages: folio.pageCount, count: count + place)
    }

    /// `page_cache_async_ra`: the reader is at the mark, which a folio of so many pages has; the next window is read.
    private func continueReadahead(_ file: Handle<OpenFile>, _ index: UInt64, pages: UInt64, count: UInt64) {
        let window = window(of: file)
        var state = file.pointee.readahead
        if index == (state.start + state.size - state.asyncSize) & ~(pages - 1) {
            state.start += state.size
            state.size = max(state.size, Self.nextWindow(state.size, window))
        } else {
            guard let start = nextMiss(file.pointee.mapping, index + 1, window) else { return }
            state.start = start
            state.size = Self.nextWindow(start - index + count, window)
        }
        state.order += 2
        // The window after this one is to begin where a folio of the order may.
        let end = (state.start + state.size) & ~(1 << min(state.order, UInt64(window.trailingZeroBitCount)) - 1)
        if end > state.start { state.size = end - state.start }
        state.asyncSize = state.size
        file.pointee.readahead = state
        readWindow(file)
    }

    /// `page_cache_sync_ra`: a read of `count` pages missed at `index`.
    func readAheadOfRead(_ file: Handle<OpenFile>, _ index: UInt64, count: UInt64) {
        let mapping = file.pointee.mapping
        let window = window(of: file)
        if window == 0 { return readPages(mapping, from: index, count: count) }
        if file.pointee.isRandom { return forceReadahead(file, from: index, count: count) }
        var state = file.pointee.readahead
        if index == 0 || count > window || index &- state.previousPage <= 1 {
            state.start = index
            state.size = Self.firstWindow(count, window)
            state.asyncSize = state.size > count ? state.size - count : state.size >> 1
        } else {
            let (run, reachesStart) = cachedRun(mapping, before: index, limit: window)
            if run <= count { return readPages(mapping, from: index, count: count) }
            state.start = index
            state.size = min((reachesStart ? run * 2 : run) + count, window)
            state.asyncSize = 1
        }
        state.order = 0
        file.pointee.readahead = state
        readWindow(file)
    }

    /// `get_init_ra_size`.
    private static func firstWindow(_ count: UInt64, _ window: UInt64) -> UInt64 {
        var size: UInt64 = 1
        while size < count { size <<= 1 }
        if size <= window / 32 { return size * 4 }
        return size <= window / 4 ? size * 2 : window
    }

    /// `get_next_ra_size`.
    private static func nextWindow(_ size: UInt64, _ window: UInt64) -> UInt64 {
        if size < window / 16 { return 4 * size }
        return size <= window / 2 ? 2 * size : window
    }

    /// How many pages in a row before `index` are in memory (`page_cache_prev_miss`), and whether they begin the file.
    private func cachedRun(
        _ mapping: Handle<FileMapping>, before index: UInt64, limit: UInt64
    ) -> (run: UInt64, reachesStart: Bool) {
        var run: UInt64 = 0
        while run < limit, run < index, cachedPage(mapping, index - run - 1) != nil { run += 1 }
        return (run, run == index)
    }

    /// `page_cache_next_miss` within the window.
    private func nextMiss(_ mapping: Handle<FileMapping>, _ first: UInt64, _ window: UInt64) -> UInt64? {
        var index = first
        while index - first < window {
            if cachedPage(mapping, index) == nil { return index }
            index += 1
        }
        return nil
    }
}
