extension Machine {
    /// MADV_DONTNEED and MADV_DONTNEED_LOCKED (`madvise_dontneed_single_vma`): pages go, guard markers stay, and tables
    /// that this empties are freed.
    func adviseDontNeed(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, evenLocked: Bool
    ) throws(Errno) {
        if vma.pointee.flags.has(.pfnMap) || (!evenLocked && vma.pointee.flags.has(.locked)) { throw .EINVAL }
        zapRange(
            vma, start, end,
            ZapDetails(evenCopies: true, keepsMarkers: true, reclaimsTables: true, reason: .discard))
    }

    /// MADV_FREE (`madvise_free_single_vma`): pages become clean and may be dropped, unless they are written to again.
    func adviseFree(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) throws(Errno) {
        if vma.pointee.flags.hasAny([.pfnMap, .locked]) || !vma.pointee.isAnonymous { throw .EINVAL }
        drainBatches()
        forEachPresentEntry(vma, start, end) { _, entry in
            let pte = PTE(rawValue: entry.pointee)
            let record = page(pte.pfn)
            if record.pointee.has(PageFlag.dirty) {
                if record.pointee.mapcount != 1 { return }
                record.pointee.clear(PageFlag.dirty)
            }
            entry.pointee = pte.clearing(PTE.accessedBit | PTE.dirtyBit).rawValue
            markLazyFree(pte.pfn)
        }
        flushTLB(vma.pointee.mm, start, end, .lazyFree, .lazyFree)
    }

    // MARK: Guard regions

    /// MADV_GUARD_INSTALL: markers in every entry; what was mapped there goes.
    func installGuards(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) throws(Errno) {
        let excluded: VMFlags = [.hugeTLB, .locked]
        if vma.pointee.flags.hasAny(VMFlags.special.union(excluded)) || vma.pointee.kind == .special { throw .EINVAL }
        // Anonymous memory with page tables has an anon_vma; fork copies the tables of other VMAs because of the flag.
        if vma.pointee.isAnonymous { prepareAnonVMA(vma) }
        vma.pointee.flags.formUnion(.maybeGuard)
        zapRange(vma, start, end, ZapDetails(evenCopies: true, keepsMarkers: true, reason: .discard))
        for address in stride(from: start, to: end, by: 4096) {
            guard let entry = allocatePTE(vma.pointee.mm, address) else { throw .ENOMEM }
            entry.pointee = EntryMarker.guardRegion.entry
        }
    }

    /// MADV_GUARD_REMOVE.
    func removeGuards(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) throws(Errno) {
        if vma.pointee.flags.hasAny(VMFlags.special.adding(.hugeTLB)) || vma.pointee.kind == .special {
            throw .EINVAL
        }
        removeGuardMarkers(vma.pointee.mm, start, end)
    }
}
