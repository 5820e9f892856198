extension Machine {
    /// Moves the entries of a range of an address space to another place, whole tables where both sides allow it.
    ///
    /// - Returns: where it stopped on the old side: the end, or the place for whose table no frame was free. What was moved so
    ///   far stays at the new place.
    func moveTables(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress, to target: VirtualAddress,
        losesUserfault: Bool = false
    ) -> VirtualAddress {
        var old = start
        var new = target
        while old < end, let extent = moveStep(mm, old, end, new, losesUserfault) {
            old &+= extent
            new &+= extent
        }
        return old
    }

    /// Moves what one entry spans, at the highest level that both sides allow.
    ///
    /// - Returns: how far it went, or nil when no frame was free.
    private func moveStep(
        _ mm: Handle<MMStruct>, _ old: VirtualAddress, _ oldEnd: VirtualAddress, _ new: VirtualAddress,
        _ losesUserfault: Bool
    ) -> UInt64? {
        let pudExtent = Self.extent(old, oldEnd, new, PageTableLevel.pud)
        guard let oldPUDs = table(under: topEntry(mm, old)) else { return pudExtent }
        let oldPUD = oldPUDs + PageTableLevel.index(old, PageTableLevel.pud)
        if oldPUD.pointee == 0 { return pudExtent }
        // The new side's table is made as soon as the old side has one, even if it then has nothing below.
        guard let newPUD = allocatePUD(mm, new) else { return nil }
        if moveWhole(mm, oldPUD, newPUD, PageTableLevel.pud, old, pudExtent, losesUserfault) { return pudExtent }
        guard let oldPMDs = table(under: oldPUD) else { preconditionFailure("a huge page was not split") }
        let extent = Self.extent(old, oldEnd, new, PageTableLevel.pmd)
        let oldPMD = oldPMDs + PageTableLevel.index(old, PageTableLevel.pmd)
        if oldPMD.pointee == 0 { return extent }
        guard let newPMD = allocatePMD(mm, new) else { return nil }
        if moveWhole(mm, oldPMD, newPMD, PageTableLevel.pmd, old, extent, losesUserfault) { return extent }
        // A folio of a file is unmapped by its split.
        guard let entries = table(under: oldPMD) else { return extent }
        guard let target = allocateEntry(mm, new) else { return nil }
        moveEntries(
            entries + PageTableLevel.index(old, PageTableLevel.pte), target, count: Int(extent >> 12), losesUserfault)
        return extent
    }

    /// `move_normal_pud`, `move_normal_pmd`, `move_huge_pmd`: moves an entry whose whole span goes to a place where nothing is.
    /// A huge page that does not go as a whole is split.
    private func moveWhole(
        _ mm: Handle<MMStruct>, _ old: EntryPointer, _ new: EntryPointer, _ level: UInt64, _ address: VirtualAddress,
        _ extent: UInt64, _ losesUserfault: Bool
    ) -> Bool {
        let isWhole = extent == 1 << level && new.pointee == 0
        if case .table = EntryState(upperLevel: old.pointee) {
            // Entries that change on the way are looked at one by one.
            if losesUserfault { return false }
            if isWhole { moveUpperEntry(old, to: new) }
        } else if isWhole {
            moveHuge(old, to: new, level)
            if losesUserfault { new.pointee &= ~PTE.userfaultWPBit }
        } else {
            splitHuge(mm, old, level, address)
        }
        return isWhole
    }

    /// `move_ptes`. Whatever an entry says, it says it at its new place, but for the protection by a userfaultfd that does not follow.
    private func moveEntries(_ old: EntryPointer, _ new: EntryPointer, count: Int, _ losesUserfault: Bool) {
        for index in 0..<count where old[index] != 0 {
            new[index] = losesUserfault ? Self.withoutUserfault(old[index]) : old[index]
            old[index] = 0
        }
    }

    /// An entry without the protection by a userfaultfd.
    private static func withoutUserfault(_ raw: UInt64) -> UInt64 {
        switch EntryState(lastLevel: raw) {
        case .page, .special: raw & ~PTE.userfaultWPBit
        case .marker(.userfaultWP): 0
        // A scan of the pagemap leaves the bit in guards and poison too.
        case .swap, .migration, .marker: raw & ~SwapEntry.userfaultWPBit
        case .none, .table, .huge: raw
        }
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
}
