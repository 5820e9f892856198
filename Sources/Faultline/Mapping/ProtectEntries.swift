extension Machine {
    /// `change_protection`: gives every entry of a range the VMA's protection, and tells the TLB.
    func protectEntries(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) {
        let protection = pageProtection(vma)
        let upgrades = mayUpgradeWrites(vma)
        let mm = vma.pointee.mm
        var cursor = TableCursor(frames, root: mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole: continue
            case .entries(let entries): protectTable(vma, entries, cursor.count, protection, upgrades: upgrades)
            case .huge(let entry, let level):
                guard cursor.isWholeTable, level == PageTableLevel.pmd, isHugeZero(entry) || hugeFolio(entry) != nil
                else {
                    splitHuge(mm, entry, level, cursor.address)
                    cursor.again()
                    continue
                }
                protectHuge(vma, entry, protection, upgrades: upgrades)
            }
        }
        flushTLB(mm, start, end, .protect, .protect)
    }

    /// `change_huge_pmd`.
    private func protectHuge(_ vma: Handle<VMArea>, _ entry: EntryPointer, _ protection: UInt64, upgrades: Bool) {
        let kept = entry.pointee & (PTE.changeMask | PTE.pageSizeBit)
        var new = kept | (protection & ~(PTE.changeMask | PTE.pageSizeBit))
        if upgrades, new & PTE.writeBit == 0, new & PTE.protNoneBit == 0, vma.pointee.flags.has(.write),
            let folio = hugeFolio(entry), folio.isAnonymous, folio.head.pointee.has(.anonExclusive)
        {
            new |= PTE.writeBit
        }
        entry.pointee = new
    }

    /// `change_pte_range`.
    @inline(__always)
    private func protectTable(
        _ vma: Handle<VMArea>, _ entries: EntryPointer, _ count: Int, _ protection: UInt64, upgrades: Bool
    ) {
        for index in 0..<count where entries[index] != 0 {
            let pte = PTE(rawValue: entries[index])
            switch EntryState(lastLevel: pte.rawValue) {
            case .page, .special:
                var new = pte.modified(protection)
                if upgrades, !new.isWritable, mayWriteAgain(vma, new) { new = new.setting(PTE.writeBit) }
                entries[index] = new.rawValue
            case .migration(let moving):
                // A writable mapping comes back read-only; the fault that follows may make it writable again.
                guard moving.access == .write else { continue }
                entries[index] = MigrationEntry(pfn: moving.pfn, access: .readExclusive).entry
            case .none, .swap, .marker: continue
            case .table, .huge: preconditionFailure(EntryState.misplaced)
            }
        }
    }

    /// `vma_wants_manual_pte_write_upgrade`.
    private func mayUpgradeWrites(_ vma: Handle<VMArea>) -> Bool {
        if vma.pointee.flags.has(.shared) { return wantsWriteNotify(vma) }
        return vma.pointee.flags.has(.write)
    }

    /// `can_change_pte_writable`: the page is known to be this process's own, or already dirty.
    @inline(__always)
    private func mayWriteAgain(_ vma: Handle<VMArea>, _ pte: PTE) -> Bool {
        guard vma.pointee.flags.has(.write) else { return false }
        if vma.pointee.flags.has(.shared) { return pte.isDirty }
        if pte.isSpecial { return false }
        let record = page(pte.pfn)
        return record.pointee.has(.anonExclusive) && Folio(of: pte.pfn, record).isAnonymous
    }
}
