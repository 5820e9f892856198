/// Advice on memory with folios of several pages: MADV_COLD, MADV_PAGEOUT and MADV_FREE take whole ones, or split them.
extension Machine {
    /// The walk of `madvise_cold_or_pageout_pte_range` and `madvise_free_pte_range`: calls `whole` for each entry of a PMD whose folio lies
    /// in the range and is certainly this process's alone, and `pages` for the entries of each folio that lies in it. A folio of which only a
    /// part does is split first, unless others may map it.
    ///
    /// - Parameter skipsFiles: folios of files are left alone.
    func forEachAdvised(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, skipsFiles: Bool = false,
        _ whole: (EntryPointer, Folio) -> Void, pages: (EntryPointer) -> Void
    ) {
        let mm = vma.pointee.mm
        var cursor = TableCursor(frames, root: mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole: continue
            case .entries(let entries): adviseTable(entries, cursor.count, skipsFiles, pages)
            case .huge(let entry, let level):
                if isHugeZero(entry) { continue }
                guard level == PageTableLevel.pmd, let folio = hugeFolio(entry) else {
                    splitHuge(mm, entry, level, cursor.address)
                    cursor.again()
                    continue
                }
                if folio.isMaybeShared || skipsFiles && !folio.isAnonymous { continue }
                if cursor.isWholeTable {
                    whole(entry, folio)
                } else if splitHeld(folio) {
                    cursor.again()
                }
            }
        }
    }

    /// The entries of one table.
    private func adviseTable(
        _ entries: EntryPointer, _ count: Int, _ skipsFiles: Bool, _ pages: (EntryPointer) -> Void
    ) {
        var index = 0
        while index < count {
            guard case .page(let pfn) = EntryState(lastLevel: entries[index]) else {
                index += 1
                continue
            }
            let folio = folio(of: pfn)
            guard folio.isLarge else {
                pages(entries + index)
                index += 1
                continue
            }
            let run = folioRun(entries + index, count - index, folio)
            if UInt64(run) < folio.pageCount {
                let isLeft = skipsFiles && !folio.isAnonymous
                if !isLeft, !folio.isMaybeShared, splitHeld(folio) { continue }
            } else {
                pages(entries + index)
            }
            index += run
        }
    }

    /// `split_folio` of one that the caller found mapped.
    func splitHeld(_ folio: Folio) -> Bool {
        folio.get()
        defer { putPage(folio.pfn) }
        return folio.isAnonymous ? splitFolio(folio) : splitFileFolio(folio)
    }
}
