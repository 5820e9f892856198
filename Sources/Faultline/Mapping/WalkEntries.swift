extension Machine {
    /// Calls `body` for each entry of a VMA that is not empty (`walk_page_vma`). A huge entry is shown as the entries that it
    /// stands for.
    func forEachEntry(_ vma: Handle<VMArea>, _ body: (VirtualAddress, PTE) -> Void) {
        forEachEntry(vma, vma.pointee.start, vma.pointee.end, body)
    }

    /// The same of a part of the VMA.
    func forEachEntry(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ body: (VirtualAddress, PTE) -> Void
    ) {
        forEachEntry(vma, start, end) { address, pte, _ in body(address, pte) }
    }

    /// The same, which also says whether it is a huge entry that stands for it.
    @inline(__always)
    func forEachEntry(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress,
        _ body: (VirtualAddress, PTE, Bool) -> Void
    ) {
        var cursor = TableCursor(frames, root: vma.pointee.mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole: continue
            case .entries(let entries):
                for index in 0..<cursor.count where entries[index] != 0 {
                    body(cursor.address &+ UInt64(index) << 12, PTE(rawValue: entries[index]), false)
                }
            case .huge(let entry, let level):
                for address in stride(from: cursor.address, to: cursor.next, by: 4096) {
                    body(address, PTE.small(entry.pointee, level, address), true)
                }
            }
        }
    }

    /// Takes marks of one kind out of a range (`guard_remove_pte_entry`).
    func removeMarkers(
        _ marker: EntryMarker, _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress
    ) {
        var cursor = TableCursor(frames, root: mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            // A huge entry is a page: there is no mark in its range.
            guard case .entries(let entries) = step else { continue }
            for index in 0..<cursor.count {
                if case .marker(marker) = EntryState(lastLevel: entries[index]) { entries[index] = 0 }
            }
        }
    }

    /// Calls `body` for each entry of a range that names a slot. It may change the entry.
    func forEachSwapped(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress,
        _ body: (VirtualAddress, EntryPointer, UInt64) -> Void
    ) {
        if swap.area == nil { return }
        var cursor = TableCursor(frames, root: vma.pointee.mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            guard case .entries(let entries) = step else { continue }
            for index in 0..<cursor.count {
                if case .swap(let swapped) = EntryState(lastLevel: entries[index]) {
                    body(cursor.address &+ UInt64(index) << 12, entries + index, swapped.offset)
                }
            }
        }
    }
}
