/// Entries that are made to fault, so that the kernel learns who uses the pages (`change_protection` with MM_CP_PROT_NUMA).
extension Machine {
    /// `change_prot_numa`: the entries of pages that may be of use elsewhere lose every right.
    ///
    /// - Returns: how many pages they map.
    func hintEntries(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) -> UInt64 {
        let mm = vma.pointee.mm
        // The memory of a process that is alone is well placed on its node.
        let isAlone = !vma.pointee.flags.has(.shared) && mm.pointee.users == 1
        let wellPlaced = isAlone ? physical.cpuNode : -1
        let gathers = beginGather(mm)
        var hinted: UInt64 = 0
        var cursor = TableCursor(frames, root: mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole: break
            case .entries(let entries):
                let before = processors.areSeveral ? copyEntries(entries, cursor.count) : []
                for index in 0..<cursor.count where hintsEntry(vma, entries[index], wellPlaced) {
                    entries[index] = Self.hinted(entries[index])
                    hinted += 1
                }
                gatherChanges(before, entries, cursor.address)
            case .huge(let entry, let level):
                guard cursor.isWholeTable, level == PageTableLevel.pmd else {
                    splitHuge(mm, entry, level, cursor.address)
                    cursor.again()
                    continue
                }
                guard hintsHuge(entry) else { continue }
                setUpperEntry(entry, Self.hinted(entry.pointee) | PTE.pageSizeBit)
                numa.counts.hugeChanges += 1
                hinted += 512
                gatherHuge(cursor.address, level)
            }
        }
        if hinted > 0 { flushTLB(mm, start, end, .protect, .hinting) }
        endGather(gathers)
        numa.counts.hinted += hinted
        emit(.entriesHinted, .none, start, hinted)
        return hinted
    }

    /// `pte_modify` with PAGE_NONE.
    private static func hinted(_ raw: UInt64) -> UInt64 {
        raw & PTE.changeMask | PTE.protNoneBit
    }

    /// `prot_numa_skip`, the other way round.
    private func hintsEntry(_ vma: Handle<VMArea>, _ raw: UInt64, _ wellPlaced: Int) -> Bool {
        guard raw & PTE.presentBit != 0, raw & PTE.specialBit == 0, vma.pointee.kind != .special else { return false }
        let pfn = PTE(rawValue: raw).pfn
        let folio = folio(of: pfn)
        if folio.head.pointee.stableNode != nil { return false }
        let isPrivate = vma.pointee.flags.has(.mayWrite) && !vma.pointee.flags.has(.shared)
        if isPrivate, isPinned(folio.pfn, folio.head) || folio.isMaybeShared { return false }
        // Not every file system could move a dirty page without waiting.
        if !folio.head.pointee.has(.swapBacked), folio.head.pointee.has(.dirty) { return false }
        let node = physical.nodes.node(of: pfn)
        return node != wellPlaced && numa.settings.isNormal
    }

    /// The same of an entry of a PMD (`change_huge_pmd`), which asks for less.
    private func hintsHuge(_ entry: EntryPointer) -> Bool {
        guard entry.pointee & PTE.presentBit != 0, hugeFolio(entry) != nil else { return false }
        return numa.settings.isNormal
    }

    /// Whether an entry was made to fault by ``hintEntries(_:_:_:)``: memory without rights of its own has such entries too.
    func isHinted(_ raw: UInt64, in vma: Handle<VMArea>) -> Bool {
        raw & (PTE.presentBit | PTE.protNoneBit) == PTE.protNoneBit && vma.pointee.flags.hasAny(.access)
    }

    /// `mk_pte` with the VMA's protection: what an entry becomes when its page is in another frame.
    func withoutHint(_ raw: UInt64, in vma: Handle<VMArea>, isHuge: Bool) -> UInt64 {
        guard isHinted(raw, in: vma) else { return raw }
        let kept = isHuge ? PTE.changeMask | PTE.pageSizeBit : PTE.changeMask
        return raw & kept | (pageProtection(vma) & ~kept)
    }

    /// The same of an entry of a PMD that is split.
    func unhinted(_ raw: UInt64, _ mm: Handle<MMStruct>, _ address: VirtualAddress) -> UInt64 {
        guard raw & (PTE.presentBit | PTE.protNoneBit) == PTE.protNoneBit, let vma = lookupVMA(mm, address) else {
            return raw
        }
        return withoutHint(raw, in: vma, isHuge: true)
    }
}
