extension Machine {
    /// `copy_page_range`: gives a child the entries of a VMA, private ones write-protected on both sides.
    ///
    /// - Returns: false when no frame was free for a table; what was copied so far stays.
    func copyEntries(from source: Handle<VMArea>, to target: Handle<VMArea>) -> Bool {
        let parent = source.pointee.mm
        let child = target.pointee.mm
        noteChange(parent, source.pointee.start, source.pointee.end, .writeProtect, .fork)
        var cursor = TableCursor(frames, root: parent.pointee.pgd, source.pointee.start, source.pointee.end)
        while let step = cursor.step() {
            switch step {
            case .hole(let level):
                // The kernel makes the child's table of a level before it looks at the parent's entries in it.
                guard allocateTables(child, cursor.address, holding: level) else { return false }
            case .entries(let entries):
                guard let copy = allocateEntry(child, cursor.address) else { return false }
                copyTable(source, entries, target, copy, count: cursor.count)
            case .huge(let entry, let level):
                splitHuge(parent, entry, level, cursor.address)
                cursor.again()
            }
        }
        return true
    }

    /// `copy_pte_range`.
    @inline(__always)
    private func copyTable(
        _ source: Handle<VMArea>, _ entries: EntryPointer, _ target: Handle<VMArea>, _ copies: EntryPointer, count: Int
    ) {
        let flags = source.pointee.flags
        // is_cow_mapping: private memory that may be written to.
        let isCopyOnWrite = !flags.has(.shared) && flags.has(.mayWrite)
        let dropped = flags.has(.shared) ? PTE.accessedBit | PTE.dirtyBit : PTE.accessedBit
        let child = target.pointee.mm
        var added = PageCounts()
        for index in 0..<count where entries[index] != 0 {
            var pte = PTE(rawValue: entries[index])
            switch EntryState(lastLevel: pte.rawValue) {
            case .none: continue
            case .marker, .swap, .migration:
                // copy_nonpresent_pte; no area counts its slots yet.
                copies[index] = pte.rawValue
                continue
            case .page(let pfn):
                let record = page(pfn)
                if record.pointee.isOfLargeFolio {
                    copyLargePage(folio(of: pfn), pfn, child, &added)
                    break
                }
                record.pointee.refcount &+= 1
                record.pointee.mapcount &+= 1
                if record.pointee.isAnonymous { record.pointee.clear(.anonExclusive) }
                added.count(record, isAnonymous: record.pointee.isAnonymous)
            case .special: break
            case .table, .huge: preconditionFailure(EntryState.misplaced)
            }
            if isCopyOnWrite, pte.isWritable {
                pte = pte.clearing(PTE.writeBit)
                entries[index] = pte.rawValue
            }
            copies[index] = pte.clearing(dropped).rawValue
        }
        added.add(to: child)
    }

    /// `folio_dup_anon_rmap_pte`, `folio_dup_file_rmap_pte` of a page of a large folio.
    @inline(never)
    private func copyLargePage(_ folio: Folio, _ pfn: PFN, _ child: Handle<MMStruct>, _ added: inout PageCounts) {
        folio.get()
        folio.map(pfn, mm: child.pointee.context)
        if folio.isAnonymous { page(pfn).pointee.clear(.anonExclusive) }
        added.count(folio.head, isAnonymous: folio.isAnonymous)
    }
}
