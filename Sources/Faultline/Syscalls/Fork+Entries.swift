extension Machine {
    /// `copy_page_range`: false when no frame was free for a table.
    func copyEntries(from source: Handle<VMArea>, to target: Handle<VMArea>) -> Bool {
        let parent = source.pointee.mm
        let child = target.pointee.mm
        let end = source.pointee.end
        var address = source.pointee.start
        noteChange(parent, address, end, .writeProtect, .fork)
        let pgd = physical.table(parent.pointee.pgd)
        while address < end {
            guard let puds = subtable(pgd[PageTableLevel.index(address, PageTableLevel.pgd)]) else {
                address = PageTableLevel.spanEnd(address, end, PageTableLevel.pgd)
                continue
            }
            guard let pmds = subtable(puds[PageTableLevel.index(address, PageTableLevel.pud)]) else {
                // The kernel makes the child's table for a level before it looks at the parent's entries in it.
                guard allocatePUDTable(child, address) else { return false }
                address = PageTableLevel.spanEnd(address, end, PageTableLevel.pud)
                continue
            }
            guard let childPMD = allocatePMD(child, address) else { return false }
            let next = PageTableLevel.spanEnd(address, end, PageTableLevel.pmd)
            if let table = subtable(pmds[PageTableLevel.index(address, PageTableLevel.pmd)]) {
                guard
                    let childTable = subtable(childPMD.pointee)
                        ?? makeTable(child, childPMD, address, .pteTableAllocated)
                else {
                    return false
                }
                copyTable(source, table, target, childTable, address, next)
            }
            address = next
        }
        return true
    }

    private func allocatePUDTable(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> Bool {
        let entry = physical.table(mm.pointee.pgd) + PageTableLevel.index(address, PageTableLevel.pgd)
        return subtable(entry.pointee) != nil || makeTable(mm, entry, address, .pudTableAllocated) != nil
    }

    /// `copy_pte_range`.
    @inline(__always)
    private func copyTable(
        _ source: Handle<VMArea>, _ table: EntryPointer, _ target: Handle<VMArea>, _ childTable: EntryPointer,
        _ start: VirtualAddress, _ end: VirtualAddress
    ) {
        let first = PageTableLevel.index(start, PageTableLevel.pte)
        let last = first &+ Int(truncatingIfNeeded: (end &- start) >> 12)
        let flags = source.pointee.flags
        // is_cow_mapping: private memory that may be written to.
        let isCopyOnWrite = !flags.has(.shared) && flags.has(.mayWrite)
        let child = target.pointee.mm
        var anonymous: Int64 = 0
        var files: Int64 = 0
        var shmem: Int64 = 0
        for index in first..<last where table[index] != 0 {
            var pte = PTE(rawValue: table[index])
            if pte.isMarker {
                childTable[index] = pte.rawValue
                continue
            }
            if isCopyOnWrite, pte.isWritable {
                pte = pte.clearing(PTE.writeBit)
                table[index] = pte.rawValue
            }
            if !pte.isSpecial {
                let record = page(pte.pfn)
                record.pointee.refcount &+= 1
                record.pointee.mapcount &+= 1
                if record.pointee.isAnonymous {
                    record.pointee.flags &= ~PageFlag.anonExclusive
                    anonymous &+= 1
                } else if record.pointee.has(PageFlag.swapBacked) {
                    shmem &+= 1
                } else {
                    files &+= 1
                }
            }
            if flags.has(.shared) { pte = pte.clearing(PTE.dirtyBit) }
            childTable[index] = pte.clearing(PTE.accessedBit).rawValue
        }
        child.pointee.anonPages &+= anonymous
        child.pointee.filePages &+= files
        child.pointee.shmemPages &+= shmem
    }
}
