extension Machine {
    /// What smaps and pagemap say of memory of huge pages of the pool (`smaps_hugetlb_range`, `pagemap_hugetlb_range`): it has no part in
    /// Rss and Pss, and marks are not shown.
    func viewPool(_ vma: Handle<VMArea>, _ result: inout VMAView, onPage: (PageView) -> Void) {
        result.figures[.protectionKey] = Int(vma.pointee.flags.protectionKey)
        forEachPoolEntry(vma.pointee.mm, vma.pointee.start, vma.pointee.end) { address, entry in
            guard let folio = poolFolio(entry.pointee) else { return }
            let mapCount = Int(folio.mapCount)
            result.figures[mapCount > 1 ? .sharedHugetlb : .privateHugetlb] += 2048
            var flags: PageFlags = folio.isAnonymous ? [.anon, .huge] : .huge
            if folio.isAnonymous, folio.head.pointee.has(.anonExclusive) { flags.insert(.anonExclusive) }
            if folio.head.pointee.has(.referenced) { flags.insert(.referenced) }
            var view = PageView(
                address: address, content: .frame(folio.pfn), isFile: !folio.isAnonymous, isExclusive: mapCount == 1,
                isWriteProtected: entry.pointee & PTE.userfaultWPBit != 0, mapCount: mapCount,
                flags: flags.union(.head), isWritable: entry.pointee & PTE.writeBit != 0)
            for offset in 0..<folio.pageCount {
                onPage(view)
                view.flags = flags
                view.address += PageSize.base
                view.content = .frame(folio.pfn + offset + 1)
            }
        }
    }

    /// The figures of the pool of 2 MiB pages.
    public var hugePagePool: HugePagePoolFigures {
        var figures = HugePagePoolFigures()
        figures.total = UInt64(max(0, hugePool.total))
        figures.free = UInt64(hugePool.free.count)
        figures.reserved = UInt64(bitPattern: hugePool.reserved)
        figures.surplus = UInt64(max(0, hugePool.surplus))
        return figures
    }

    /// Writes nr_hugepages: makes the pool so large, as far as memory allows; pages in use stay, as surplus ones.
    ///
    /// - Returns: how many pages it has then, surplus ones among them.
    @discardableResult
    public func setHugePages(_ count: UInt64) -> UInt64 {
        resizePool(to: Int64(clamping: count))
        return hugePagePool.total
    }

    /// Writes nr_overcommit_hugepages: how many pages the pool may get beyond nr_hugepages. - Returns: the value.
    @discardableResult
    public func setHugePagesOvercommit(_ count: UInt64) -> UInt64 {
        hugePool.isUsed = true
        hugePool.overcommit = Int64(clamping: count)
        return count
    }
}
