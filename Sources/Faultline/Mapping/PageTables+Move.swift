extension Machine {
    /// `move_page_tables`: moves the entries of a range to another place, whole tables where both sides allow it.
    ///
    /// - Returns: false when no frame was free for a table; what was moved so far stays at the new place.
    func movePageTables(
        from source: Handle<VMArea>, _ oldStart: VirtualAddress, to target: Handle<VMArea>,
        _ newStart: VirtualAddress, length: UInt64
    ) -> UInt64 {
        guard length > 0 else { return 0 }
        let mm = source.pointee.mm
        var old = oldStart
        var new = newStart
        let oldEnd = old &+ length
        realign(source, &old, target, &new, length: length)
        while old < oldEnd, let extent = moveStep(mm, old, oldEnd, new) {
            old &+= extent
            new &+= extent
        }
        noteChange(mm, oldStart, oldEnd, .move, .move)
        mmu.flush(context: mm.pointee.context, from: oldStart, to: oldEnd)
        mmu.flushAll(context: mm.pointee.context)
        emit(.tlbFlush, .move, oldStart, length)
        return old < oldStart ? 0 : min(old &- oldStart, length)
    }

    /// `get_extent`: how far both sides stay within one entry of the level.
    private static func extent(
        _ old: VirtualAddress, _ oldEnd: VirtualAddress, _ new: VirtualAddress, _ shift: UInt64
    ) -> UInt64 {
        let size = UInt64(1) << shift
        let mask = ~(size - 1)
        var extent = ((old &+ size) & mask) &- old
        if extent > oldEnd &- old { extent = oldEnd &- old }
        let space = ((new &+ size) & mask) &- new
        return min(extent, space)
    }

    /// Moves what one entry spans, at the highest level that both sides allow.
    ///
    /// - Returns: how far it went, or nil when no frame was free.
    private func moveStep(
        _ mm: Handle<MMStruct>, _ old: VirtualAddress, _ oldEnd: VirtualAddress, _ new: VirtualAddress
    ) -> UInt64? {
        let pgd = physical.table(mm.pointee.pgd)
        let pudExtent = Self.extent(old, oldEnd, new, PageTableLevel.pud)
        guard let oldPUDs = subtable(pgd[PageTableLevel.index(old, PageTableLevel.pgd)]) else { return pudExtent }
        let oldPUD = oldPUDs + PageTableLevel.index(old, PageTableLevel.pud)
        guard let oldPMDs = subtable(oldPUD.pointee) else { return pudExtent }
        // The new side's table is made as soon as the old side has one, even if it then has nothing below.
        let newPGD = pgd + PageTableLevel.index(new, PageTableLevel.pgd)
        guard let newPUDs = subtable(newPGD.pointee) ?? makeTable(mm, newPGD, new, .pudTableAllocated) else {
            return nil
        }
        let newPUD = newPUDs + PageTableLevel.index(new, PageTableLevel.pud)
        if pudExtent == PageTableLevel.pudSize, newPUD.pointee == 0 {
            moveUpperEntry(oldPUD, to: newPUD)
            return pudExtent
        }
        let extent = Self.extent(old, oldEnd, new, PageTableLevel.pmd)
        let oldPMD = oldPMDs + PageTableLevel.index(old, PageTableLevel.pmd)
        guard let table = subtable(oldPMD.pointee) else { return extent }
        guard let newPMD = allocatePMD(mm, new) else { return nil }
        if extent == PageTableLevel.pmdSize, newPMD.pointee == 0 {
            moveUpperEntry(oldPMD, to: newPMD)
            return extent
        }
        guard let newTable = subtable(newPMD.pointee) ?? makeTable(mm, newPMD, new, .pteTableAllocated) else {
            return nil
        }
        moveEntries(table, old, newTable, new, pages: Int(extent >> 12))
        return extent
    }

    /// `move_ptes`.
    private func moveEntries(
        _ table: EntryPointer, _ old: VirtualAddress, _ newTable: EntryPointer, _ new: VirtualAddress, pages: Int
    ) {
        let from = PageTableLevel.index(old, PageTableLevel.pte)
        let to = PageTableLevel.index(new, PageTableLevel.pte)
        for offset in 0..<pages where table[from + offset] != 0 {
            newTable[to + offset] = table[from + offset]
            table[from + offset] = 0
        }
    }

    /// `try_realign_addr`: starts at the boundary of a table below when nothing lies between, so that it moves whole.
    private func realign(
        _ source: Handle<VMArea>, _ old: inout VirtualAddress, _ target: Handle<VMArea>,
        _ new: inout VirtualAddress, length: UInt64
    ) {
        let mask = PageTableLevel.pmdSize - 1
        guard old & mask != 0, old & mask == new & mask, length >= PageTableLevel.pmdSize - (old & mask),
            canAlignDown(source, old), canAlignDown(target, new)
        else { return }
        old &= ~mask
        new &= ~mask
    }

    private func canAlignDown(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> Bool {
        guard vma.pointee.start == address else { return false }
        return findVMA(vma.pointee.mm, address & ~(PageTableLevel.pmdSize - 1), address) == nil
    }
}
