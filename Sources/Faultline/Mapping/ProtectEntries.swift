extension Machine {
    /// What becomes of the protection by a userfaultfd (`MM_CP_UFFD_WP`, `MM_CP_UFFD_WP_RESOLVE`).
    enum UserfaultChange {
        case none
        case protect
        case resolve
    }

    /// `change_protection`: gives every entry of a range the VMA's protection, and tells the TLB.
    ///
    /// - Returns: false where no frame was free for a table.
    @discardableResult
    func protectEntries(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, userfault: UserfaultChange = .none
    ) -> Bool {
        if vma.pointee.flags.has(.hugeTLB) { return protectPoolEntries(vma, start, end, userfault) }
        let change = EntryChange(
            protection: pageProtection(vma), upgrades: userfault != .protect && mayUpgradeWrites(vma),
            userfault: userfault, marks: userfault == .protect && usesMarkers(vma))
        let mm = vma.pointee.mm
        let gathers = beginGather(mm)
        defer {
            flushTLB(mm, start, end, .protect, userfault == .none ? .protect : .userfault)
            endGather(gathers)
        }
        var cursor = TableCursor(frames, root: mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole:
                // change_pmd_prepare: marks need tables.
                guard change.marks else { continue }
                guard allocateEntry(mm, cursor.address) != nil else { return false }
                cursor.again()
            case .entries(let entries):
                if processors.areSeveral {
                    protectGathered(vma, entries, cursor.address, cursor.count, change)
                } else {
                    protectTable(vma, entries, cursor.count, change)
                }
            case .huge(let entry, let level):
                guard cursor.isWholeTable, level == PageTableLevel.pmd, isHugeZero(entry) || hugeFolio(entry) != nil,
                    !needsSplit(vma, userfault)
                else {
                    splitHuge(mm, entry, level, cursor.address)
                    cursor.again()
                    continue
                }
                protectHuge(vma, entry, change)
                numa.counts.hugeChanges &+= 1
                gatherHuge(cursor.address, level)
            }
        }
        return true
    }

    /// `pgtable_split_needed`: pages of files are protected by a userfaultfd one by one.
    private func needsSplit(_ vma: Handle<VMArea>, _ userfault: UserfaultChange) -> Bool {
        userfault == .protect && !vma.pointee.isAnonymous
    }

    /// What `change_pte_range` does to each entry.
    private struct EntryChange {
        let protection: UInt64
        let upgrades: Bool
        let userfault: UserfaultChange
        /// Empty entries get a mark.
        let marks: Bool
    }

    /// `change_huge_pmd`.
    private func protectHuge(_ vma: Handle<VMArea>, _ entry: EntryPointer, _ change: EntryChange) {
        let kept = entry.pointee & (PTE.changeMask | PTE.pageSizeBit)
        var new = kept | (change.protection & ~(PTE.changeMask | PTE.pageSizeBit))
        switch change.userfault {
        case .none: break
        case .protect: new = PTE(rawValue: new).writeProtected.rawValue
        case .resolve: new &= ~PTE.userfaultWPBit
        }
        let isWatched = new & PTE.userfaultWPBit != 0 && vma.pointee.flags.has(.userfaultWP)
        if change.upgrades, !isWatched, new & PTE.writeBit == 0, new & PTE.protNoneBit == 0,
            vma.pointee.flags.has(.write),
            let folio = hugeFolio(entry), folio.isAnonymous, folio.head.pointee.has(.anonExclusive)
        {
            new |= PTE.writeBit
        }
        entry.pointee = new
    }

    /// `change_pte_range` where several CPUs wait for one flush; apart, since the copy of the table costs the others its upkeep.
    @inline(never)
    private func protectGathered(
        _ vma: Handle<VMArea>, _ entries: EntryPointer, _ start: VirtualAddress, _ count: Int, _ change: EntryChange
    ) {
        let before = copyEntries(entries, count)
        protectTable(vma, entries, count, change)
        gatherChanges(before, entries, start)
    }

    /// `change_pte_range`.
    @inline(__always)
    private func protectTable(_ vma: Handle<VMArea>, _ entries: EntryPointer, _ count: Int, _ change: EntryChange) {
        for index in 0..<count where entries[index] != 0 || change.marks {
            let pte = PTE(rawValue: entries[index])
            switch EntryState(lastLevel: pte.rawValue) {
            case .page, .special:
                var new = pte.modified(change.protection)
                switch change.userfault {
                case .none: break
                case .protect: new = new.writeProtected
                case .resolve: new = new.clearing(PTE.userfaultWPBit)
                }
                if change.upgrades, !new.isWritable, mayWriteAgain(vma, new) { new = new.setting(PTE.writeBit) }
                entries[index] = new.rawValue
            case .migration(let moving):
                // A writable mapping comes back read-only; the fault that follows may make it writable again.
                guard moving.access == .write else { continue }
                entries[index] = MigrationEntry(pfn: moving.pfn, access: .readExclusive).entry
            case .swap:
                if change.userfault == .protect { entries[index] |= SwapEntry.userfaultWPBit }
                if change.userfault == .resolve { entries[index] &= ~SwapEntry.userfaultWPBit }
            case .marker(let marker):
                // Guards and poison stay whatever comes.
                if change.userfault == .resolve, marker == .userfaultWP { entries[index] = 0 }
            case .none: entries[index] = EntryMarker.userfaultWP.entry
            case .table, .huge: preconditionFailure(EntryState.misplaced)
            }
        }
    }

    /// `vma_wants_manual_pte_write_upgrade`. Shared memory that only a userfaultfd wants to hear of has lost the write bit of its
    /// protection already, which the kernel takes for its driver's wish: it is not upgraded.
    func mayUpgradeWrites(_ vma: Handle<VMArea>) -> Bool {
        if vma.pointee.flags.has(.shared) {
            return wantsWriteNotify(vma) && vma.pointee.file?.pointee.mapping.pointee.kind == .disk
        }
        return vma.pointee.flags.has(.write)
    }

    /// `can_change_pte_writable`: the page is known to be this process's own, or already dirty.
    @inline(__always)
    func mayWriteAgain(_ vma: Handle<VMArea>, _ pte: PTE) -> Bool {
        guard vma.pointee.flags.has(.write) else { return false }
        if pte.rawValue & PTE.userfaultWPBit != 0, vma.pointee.flags.has(.userfaultWP) { return false }
        if vma.pointee.flags.has(.shared) { return pte.isDirty }
        if pte.isSpecial { return false }
        let record = page(pte.pfn)
        return record.pointee.has(.anonExclusive) && Folio(of: pte.pfn, record).isAnonymous
    }
}
