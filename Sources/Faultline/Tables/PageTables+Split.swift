extension PTE {
    /// The entry of the next lower level that a huge entry stands for, `offset` bytes into what it spans
    /// (`pfn_pte(pmd_pfn(...) + i, ...)` of `__split_huge_pmd_locked`).
    static func part(of huge: UInt64, _ level: UInt64, _ offset: UInt64) -> UInt64 {
        switch EntryState(upperLevel: huge) {
        case .huge(let pfn):
            let bits = huge & ~(addressMask | pageSizeBit) | (pfn + offset >> 12) << 12
            // PAT stands in bit 12 of a huge entry, in the place of PS in a small one.
            let pat = huge & hugePATBit
            if level == PageTableLevel.pmd { return bits | (pat == 0 ? 0 : pageSizeBit) }
            return bits | pageSizeBit | pat
        case .special(let zero):
            // The huge zero page becomes the small one, or what the caller made of it: the same frame throughout.
            return huge & ~(addressMask | pageSizeBit) | zero << 12
        case .migration(let moving):
            return MigrationEntry(pfn: moving.pfn + offset >> 12, access: moving.access).entry
        // Memory of huge pages of the pool, which has marks of 2 MiB.
        case .marker: return huge
        case .none, .table, .page, .swap:
            preconditionFailure("an upper entry is split that maps no memory")
        }
    }

    /// The last-level entry that a huge entry of a level stands for at an address.
    static func small(_ huge: UInt64, _ level: UInt64, _ address: VirtualAddress) -> PTE {
        let offset = address & ((1 << level) - 1)
        guard level > PageTableLevel.pmd else { return PTE(rawValue: part(of: huge, level, offset)) }
        let middle = part(of: huge, level, offset & ~(PageTableLevel.pmdSize - 1))
        return PTE(rawValue: part(of: middle, PageTableLevel.pmd, offset & (PageTableLevel.pmdSize - 1)))
    }
}

extension Machine {
    /// `__split_huge_pmd`, `__split_huge_pud`: puts the deposited table in the place of a huge entry, whose entries map the same
    /// memory with the same rights. What the TLB holds of the huge entry stays right, but hardware must not hold both sizes at
    /// once, so it is flushed.
    ///
    /// Where the frames are one folio, the entries count one by one from now on; a huge entry of single frames counts in the record
    /// of each as its parts would. A folio of a file is unmapped instead: no table is there afterwards, and faults bring it back.
    func splitHuge(_ mm: Handle<MMStruct>, _ entry: EntryPointer, _ level: UInt64, _ address: VirtualAddress) {
        if level == PageTableLevel.pmd, let folio = fileFolio(under: entry.pointee) {
            return dropHuge(mm, entry, folio, address)
        }
        let huge = smallZeros(unhinted(entry.pointee, mm, address))
        splitMapping(mm, huge, level)
        if level == PageTableLevel.pmd { self.huge.counts.splitEntries += 1 }
        let part: UInt64 = 1 << (level - 9)
        let start = address & ~((1 << level) - 1)
        let pfn = withdrawTable(under: entry)
        frames.noteRealFrame()
        page(pfn).pointee.lines = .max
        let table = frames.table(pfn)
        for index in 0..<512 { table[index] = PTE.part(of: huge, level, UInt64(index) * part) }
        if level > PageTableLevel.pmd {
            // Its parts are huge entries too, which need a table each: those were deposited with it.
            for _ in 0..<512 { depositTable(withdrawTable(under: entry), under: table) }
        }
        setUpperEntry(entry, pfn << 12 | PTE.table)
        flushTLB(mm, start, start &+ 1 << level, .split, .none)
    }

    /// `__split_huge_pmd_locked` of memory of a file.
    private func dropHuge(_ mm: Handle<MMStruct>, _ entry: EntryPointer, _ folio: Folio, _ address: VirtualAddress) {
        let start = address & ~(PageTableLevel.pmdSize - 1)
        let old = entry.pointee
        setUpperEntry(entry, 0)
        huge.counts.splitEntries += 1
        if old & PTE.dirtyBit != 0 { folio.head.pointee.set(.dirty) }
        if old & PTE.accessedBit != 0 { folio.head.pointee.set(.referenced) }
        forgetHuge(mm, folio)
        flushTLB(mm, start, start &+ PageTableLevel.pmdSize, .split, .none)
        putPage(folio.pfn, folio.head)
    }

    /// `folio_remove_rmap_pmd` of a folio of a file, with the counter.
    func forgetHuge(_ mm: Handle<MMStruct>, _ folio: Folio) {
        folio.unmapEntire(mm: mm.pointee.context)
        if folio.entireMapCount == 0 { huge.counts.sharedMapped -= 1 }
        MMStruct.add(-512, to: &mm.pointee.shmemPages, &mm.pointee.foldedShmem)
    }

    /// The folio of a file that an entry of a PMD maps whole; nil where it maps something else.
    func fileFolio(under entry: UInt64) -> Folio? {
        guard case .huge(let pfn) = EntryState(upperLevel: entry), page(pfn).pointee.has(.head) else { return nil }
        let folio = folio(of: pfn)
        return folio.isAnonymous ? nil : folio
    }

    /// `__split_huge_zero_page_pmd`: what stands for the huge zero page is the small one for each part.
    private func smallZeros(_ entry: UInt64) -> UInt64 {
        guard case .special(let pfn) = EntryState(upperLevel: entry), huge.zeroFrame != 0, pfn == huge.zeroFrame else {
            return entry
        }
        return entry & ~PTE.addressMask | zeroFrame << 12 | PTE.accessedBit
    }

    /// Has a folio that a huge entry maps counted by its frames, with a reference for each. What the entry alone knew of them, each of them
    /// knows then: that it was written to, and that it is exclusive.
    func splitMapping(_ mm: Handle<MMStruct>, _ huge: UInt64, _ level: UInt64) {
        guard case .huge(let pfn) = EntryState(upperLevel: huge), page(pfn).pointee.has(.head) else { return }
        let folio = folio(of: pfn)
        precondition(folio.order == level - 12, "a huge entry maps a whole folio")
        if huge & PTE.dirtyBit != 0 { folio.head.pointee.set(.dirty) }
        if folio.head.pointee.has(.anonExclusive) {
            for frame in folio.frames { folio.record(frame).pointee.set(.anonExclusive) }
        }
        folio.splitMapping(mm: mm.pointee.context)
        if folio.entireMapCount == 0 { self.huge.counts.mapped -= 1 }
        folio.get(Int32(folio.pageCount) - 1)
    }

    /// Maps 2 MiB or 1 GiB with one entry (`set_pmd_at` of `map_anon_folio_pmd_nopf`), and deposits the tables that a split will
    /// need, so that a split cannot fail. The caller counts the pages.
    ///
    /// - Returns: false when no frame was free for a table. Precondition: nothing is mapped in the range.
    func mapHuge(
        _ mm: Handle<MMStruct>, _ address: VirtualAddress, _ level: UInt64, _ pfn: PFN, _ protection: UInt64
    ) -> Bool {
        guard let entry = level == PageTableLevel.pmd ? allocatePMD(mm, address) : allocatePUD(mm, address) else {
            return false
        }
        precondition(entry.pointee == 0, "a huge page is mapped where something is mapped")
        for made in 0..<Self.deposits(level) {
            guard let table = makeTable(mm, isDeposit: true) else {
                for _ in 0..<made { dropTable(mm, withdrawTable(under: entry)) }
                return false
            }
            depositTable(table, under: entry)
        }
        setUpperEntry(entry, pfn << 12 | protection | PTE.pageSizeBit)
        return true
    }

    /// Takes a huge entry away, with what was deposited for its split (`zap_deposited_table`).
    func clearHuge(_ mm: Handle<MMStruct>, _ entry: EntryPointer, _ level: UInt64) {
        let deposits = deposits(of: entry.pointee, level)
        setUpperEntry(entry, 0)
        for _ in 0..<deposits { dropTable(mm, withdrawTable(under: entry)) }
    }

    /// Puts a huge entry of another page in the place of one, which keeps what was deposited.
    func replaceHuge(_ entry: EntryPointer, _ pfn: PFN, _ protection: UInt64) {
        setUpperEntry(entry, pfn << 12 | protection | PTE.pageSizeBit)
    }

    /// Puts a huge entry in the place of a table that maps nothing any more; the table is what its split will need (`collapse_huge_page`).
    func replaceTable(_ entry: EntryPointer, _ pfn: PFN, _ protection: UInt64) {
        guard case .table(let table) = EntryState(upperLevel: entry.pointee) else {
            preconditionFailure("a table is replaced where none is")
        }
        setUpperEntry(entry, 0)
        depositTable(table, under: entry)
        setUpperEntry(entry, pfn << 12 | protection | PTE.pageSizeBit)
    }

    /// Moves a huge entry and its deposit (`move_huge_pmd`, `pmd_move_must_withdraw`).
    func moveHuge(_ from: EntryPointer, to target: EntryPointer, _ level: UInt64) {
        for _ in 0..<deposits(of: from.pointee, level) { depositTable(withdrawTable(under: from), under: target) }
        moveUpperEntry(from, to: target)
    }

    /// Tables that all splits of an entry need.
    static func deposits(_ level: UInt64) -> Int { level == PageTableLevel.pmd ? 1 : 513 }

    /// Tables that were deposited with an entry: none with a folio of a file, whose split needs none
    /// (`arch_needs_pgtable_deposit`).
    func deposits(of entry: UInt64, _ level: UInt64) -> Int {
        level == PageTableLevel.pmd && fileFolio(under: entry) != nil ? 0 : Self.deposits(level)
    }

    /// Maps a folio of a file with one entry (`do_set_pmd`). The caller counts. Precondition: the entry is empty.
    func setHuge(_ entry: EntryPointer, _ folio: Folio, _ protection: UInt64) {
        setUpperEntry(entry, folio.pfn << 12 | protection | PTE.pageSizeBit)
    }

    // MARK: Deposited tables

    /// `pgtable_trans_huge_deposit`: keeps a table in the list of the table that `entry` stands in.
    private func depositTable(_ pfn: PFN, under entry: EntryPointer) {
        let holder = page(frames.frame(holding: entry))
        page(pfn).pointee.deposited = holder.pointee.deposited
        holder.pointee.deposited = pfn
    }

    /// `pgtable_trans_huge_withdraw`.
    private func withdrawTable(under entry: EntryPointer) -> PFN {
        let holder = page(frames.frame(holding: entry))
        let pfn = holder.pointee.deposited
        precondition(pfn != 0, "a huge page has no deposited table")
        holder.pointee.deposited = page(pfn).pointee.deposited
        page(pfn).pointee.deposited = 0
        return pfn
    }
}
