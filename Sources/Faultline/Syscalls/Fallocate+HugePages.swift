extension Machine {
    /// `hugetlbfs_fallocate`: pages come from the pool, those first that the file was promised.
    ///
    /// - Throws: EOPNOTSUPP, EPERM for seals, EFBIG, ENOSPC where the pool has no more; the pages before stay.
    func allocatePoolFile(
        _ task: Process, _ mapping: Handle<FileMapping>, _ mode: AllocationMode, _ offset: UInt64, _ length: UInt64
    ) throws(Errno) {
        let end = offset + length
        try checkAllocation(task, mapping, mode, end: end)
        if mode.contains(.punchHole) { return punchPoolHole(mapping, offset, length) }
        let unit = mapping.pointee.hugePageBytes
        for place in offset / unit..<(end + unit - 1) / unit {
            let index = place * (unit >> 12)
            if cachedPage(mapping, index) != nil { continue }
            let reserved = ReservedPlace(map: mapping.pointee.reserveMap, index: place, isShared: true)
            guard unit == PageSize.large, let folio = allocatePoolPage(reserved) else {
                throw refuse(.ENOSPC, .noHugePage(unit))
            }
            zeroPool(folio)
            addPoolPage(folio, to: mapping, index)
            putPage(folio.pfn, folio.head)
        }
        if !mode.contains(.keepSize), end > mapping.pointee.size { mapping.pointee.size = end }
    }
}
