/// Files of huge pages: hugetlbfs, which has the memory of MAP_HUGETLB too (`fs/hugetlbfs/inode.c`).
extension Machine {
    /// `hugetlb_file_setup`: an inode without pages.
    func makePoolFile(name: Int32, size: UInt64, pageBytes: UInt64) -> Handle<FileMapping> {
        let mapping = makeMapping(.hugeTLB, name: name, size: size)
        mapping.pointee.hugePageBytes = pageBytes
        mapping.pointee.chargesByPage = true
        mapping.pointee.reserveMap = hugePool.makeMap()
        return mapping
    }

    /// `task_work_run`: the files go whose last user went in this call.
    func dropDoomedFiles() {
        hugePool.keepsFiles = false
        let files = hugePool.doomedFiles
        hugePool.doomedFiles = []
        for bits in files { dropMapping(Handle<FileMapping>(bits: bits)) }
    }

    /// `hugetlb_reserve_pages`: promises the pages from one place of a file to another, in huge pages.
    ///
    /// - Parameter isShared: the file has the promise; else a private mapping, which must be able to copy all of it.
    /// - Returns: the number of the private mapping's map; 0 for shared memory.
    /// - Throws: ENOMEM.
    func reservePoolPages(
        _ mapping: Handle<FileMapping>, _ range: Range<UInt64>, isShared: Bool
    ) throws(Errno) -> UInt32 {
        let unit = mapping.pointee.hugePageBytes
        let map = mapping.pointee.reserveMap
        let length = range.upperBound - range.lowerBound
        let needed = isShared ? hugePool.maps[map]?.missing(in: range) ?? 0 : length
        if unit != PageSize.large, needed > 0 { meet(.gigabytePages) }
        guard unit == PageSize.large || needed == 0, promisePoolPages(Int64(clamping: min(needed, ReserveMap.end)))
        else { throw refuse(.ENOMEM, .noHugePage(needed &* unit)) }
        if isShared {
            hugePool.maps[map]?.add(range)
            return 0
        }
        return hugePool.makeMap()
    }

    /// `hugetlb_add_to_page_cache`: the page becomes the file's; the caller's reference stays the caller's.
    func addPoolPage(_ folio: Folio, to mapping: Handle<FileMapping>, _ index: UInt64) {
        folio.head.pointee.clear(.restoresReserve)
        folio.head.pointee.mapping = mapping.bits
        folio.head.pointee.index = index
        folio.get(Int32(folio.pageCount))
        mapping.pointee.pages.store(index, CacheEntry(page: folio.pfn, order: folio.order).rawValue, order: folio.order)
        mapping.pointee.pageCount += folio.pageCount
    }

    /// `hugetlb_delete_from_page_cache`. Precondition: no one maps the page.
    private func removePoolPage(_ folio: Folio, from mapping: Handle<FileMapping>) {
        mapping.pointee.pages.erase(folio.head.pointee.index)
        mapping.pointee.pageCount -= folio.pageCount
        folio.get(1 - Int32(folio.pageCount))
        folio.head.pointee.mapping = 0
        putPage(folio.pfn, folio.head)
    }

    /// `hugetlb_unreserve_pages`: what is promised for a part of a file is not any more.
    private func unreserve(_ mapping: Handle<FileMapping>, _ range: Range<UInt64>, freed: UInt64) {
        let removed = hugePool.maps[mapping.pointee.reserveMap]?.remove(range) ?? 0
        _ = promisePoolPages(Int64(freed) - Int64(removed))
    }

    /// `remove_inode_hugepages`: drops the pages from one huge page of the file on; of a file that ends there, the promises too.
    private func removePoolPages(_ mapping: Handle<FileMapping>, _ range: Range<UInt64>, truncates: Bool) {
        let unit = mapping.pointee.hugePageBytes >> 12
        var freed: UInt64 = 0
        var next = range.lowerBound * unit
        while let found = mapping.pointee.pages.next(from: next, through: range.upperBound * unit - 1) {
            next = found.lastIndex + 1
            let folio = folio(of: found.cached.head)
            if folio.mapCount > 0 { unmapPool(mapping, folio, found.index) }
            removePoolPage(folio, from: mapping)
            freed += 1
            let place = found.index / unit
            if !truncates { unreserve(mapping, place..<place + 1, freed: 1) }
        }
        if truncates { unreserve(mapping, range, freed: freed) }
    }

    /// `hugetlb_unmap_file_folio`.
    private func unmapPool(_ mapping: Handle<FileMapping>, _ folio: Folio, _ index: UInt64) {
        var iterator = mapping.pointee.mappers.overlapping(index, index)
        while let vma = iterator.next() {
            let address = vma.pointee.address(ofPage: index)
            guard let entry = poolEntry(vma.pointee.mm, address), poolFolio(entry.pointee)?.pfn == folio.pfn else {
                continue
            }
            zapPoolEntries(vma, address, address &+ PageSize.large, ZapDetails(reason: .truncate))
        }
    }

    /// `hugetlb_vmdelete_list`: unmaps a part of a file, in huge pages.
    private func unmapPool(_ mapping: Handle<FileMapping>, _ range: Range<UInt64>, keepsMarkers: Bool) {
        let unit = mapping.pointee.hugePageBytes >> 12
        let (first, last) = (range.lowerBound * unit, range.upperBound * unit - 1)
        var iterator = mapping.pointee.mappers.overlapping(first, last)
        while let vma = iterator.next() {
            let interval = vma.pointee.interval
            let from = max(first, interval.start) - interval.start
            let end = min(last, interval.last) - interval.start + 1
            let base = vma.pointee.start
            zapPoolEntries(
                vma, base &+ from << 12, base &+ end << 12, ZapDetails(keepsMarkers: keepsMarkers, reason: .truncate))
        }
    }

    /// `hugetlb_vmtruncate`: gives a file another size, a multiple of its pages'.
    func truncatePoolFile(_ mapping: Handle<FileMapping>, to size: UInt64) {
        mapping.pointee.size = size
        let first = size / mapping.pointee.hugePageBytes
        unmapPool(mapping, first..<ReserveMap.end, keepsMarkers: false)
        removePoolPages(mapping, first..<ReserveMap.end, truncates: true)
    }

    /// `hugetlbfs_evict_inode`.
    func evictPoolFile(_ mapping: Handle<FileMapping>) {
        removePoolPages(mapping, 0..<ReserveMap.end, truncates: true)
        hugePool.putMap(mapping.pointee.reserveMap)
    }

    /// `hugetlbfs_punch_hole`: whole pages go, of others the bytes become 0.
    func punchPoolHole(_ mapping: Handle<FileMapping>, _ offset: UInt64, _ length: UInt64) {
        let unit = mapping.pointee.hugePageBytes
        let end = offset + length
        let (first, last) = ((offset + unit - 1) / unit, end / unit)
        if offset < first * unit { zeroPart(mapping, offset, min(end, first * unit)) }
        if last > first { unmapPool(mapping, first..<last, keepsMarkers: true) }
        if end > last * unit, end > first * unit { zeroPart(mapping, last * unit, end) }
        if last > first { removePoolPages(mapping, first..<last, truncates: false) }
    }

    /// `hugetlbfs_zero_partial_page`.
    private func zeroPart(_ mapping: Handle<FileMapping>, _ from: UInt64, _ to: UInt64) {
        var place = from
        while place < to {
            let end = min(to, (place | (PageSize.base - 1)) + 1)
            if let pfn = cachedPage(mapping, place >> 12) {
                frames.fill(pfn, offset: Int(place & (PageSize.base - 1)), length: Int(end - place), byte: 0)
            }
            place = end
        }
    }
}
