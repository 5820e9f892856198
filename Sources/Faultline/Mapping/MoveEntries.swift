extension Machine {
    /// `move_page_tables`: moves the entries of a range of one VMA to another one, and tells the TLB.
    ///
    /// - Returns: bytes moved; less than the length when no frame was free for a table. What was moved stays at the new place.
    func movePageTables(
        from source: Handle<VMArea>, _ oldStart: VirtualAddress, to target: Handle<VMArea>,
        _ newStart: VirtualAddress, length: UInt64
    ) -> UInt64 {
        guard length > 0 else { return 0 }
        if source.pointee.flags.has(.hugeTLB) {
            return movePoolEntries(from: source, oldStart, to: newStart, length: length)
        }
        let mm = source.pointee.mm
        var old = oldStart
        var new = newStart
        realign(source, &old, target, &new, length: length)
        let end = moveTables(mm, old, oldStart &+ length, to: new, losesUserfault: losesUserfault(source))
        flushTLB(mm, oldStart, oldStart &+ length, .move, .move)
        flushTLB(mm, .tablesMoved)
        return end < oldStart ? 0 : min(end &- oldStart, length)
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
