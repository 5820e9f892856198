extension Machine {
    /// MADV_DONTNEED and MADV_DONTNEED_LOCKED (`madvise_dontneed_single_vma`): pages go, guard markers stay, and tables
    /// that this empties are freed.
    func adviseDontNeed(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, evenLocked: Bool,
        in range: AdvisedRange
    ) throws(Errno) {
        if vma.pointee.flags.has(.hugeTLB) { return try discardPoolPages(vma, start, end, in: range) }
        let forbidden: VMFlags = evenLocked ? .pfnMap : [.pfnMap, .locked]
        if vma.pointee.flags.hasAny(forbidden) {
            throw refuse(
                .EINVAL, .flagsForbid(vma.pointee.range, vma.pointee.flags.intersection(forbidden), "MADV_DONTNEED"))
        }
        try tellRemoval(vma, start, end, in: range)
        zapRange(
            vma, start, end,
            ZapDetails(evenCopies: true, keepsMarkers: true, reclaimsTables: true, reason: .discard))
    }

    /// The same of huge pages of the pool (`madvise_dontneed_free_valid_vma`): a huge page that is not wholly advised stays.
    private func discardPoolPages(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, in range: AdvisedRange
    ) throws(Errno) {
        let unit = vma.pointee.hugePageBytes
        if start % unit != 0 { throw refuse(.EINVAL, .unaligned("addr", start, to: unit)) }
        let last = end & ~(unit - 1)
        if start == last { return }
        try tellRemoval(vma, start, last, in: range)
        zapRange(vma, start, last, ZapDetails(keepsMarkers: true, reason: .discard))
    }

    /// MADV_FREE (`madvise_free_single_vma`): pages become clean and may be dropped, unless they are written to again.
    func adviseFree(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, in range: AdvisedRange
    ) throws(Errno) {
        if vma.pointee.flags.hasAny([.pfnMap, .locked]) {
            let forbidden = vma.pointee.flags.intersection([.pfnMap, .locked])
            throw refuse(.EINVAL, .flagsForbid(vma.pointee.range, forbidden, "MADV_FREE"))
        }
        // A reader hears of the removal first (`madvise_dontneed_free`), even where nothing is removed then.
        try tellRemoval(vma, start, end, in: range)
        if !vma.pointee.isAnonymous {
            throw refuse(.EINVAL, .wrongKind(vma.pointee.range, "not anonymous", "MADV_FREE"))
        }
        drainBatches()
        discardSwapped(vma, start, end)
        removeMarkers(.poisoned, vma.pointee.mm, start, end)
        forEachAdvised(vma, start, end, freeHuge) { entries in
            let folio = folio(of: PTE(rawValue: entries[0]).pfn)
            let record = folio.head
            if record.pointee.hasAny(PageFlag.dirty.union(.swapCache)) {
                if UInt64(folio.mapCount) != folio.pageCount { return }
                if record.pointee.has(.swapCache), !freeSwapSlot(of: folio.pfn) { return }
                record.pointee.clear(PageFlag.dirty)
            }
            for place in 0..<Int(folio.pageCount) {
                entries[place] &= ~(PTE.accessedBit | PTE.dirtyBit)
            }
            markLazyFree(folio.pfn)
        }
        flushTLB(vma.pointee.mm, start, end, .lazyFree, .lazyFree)
    }

    /// `madvise_free_huge_pmd` of a whole entry.
    private func freeHuge(_ entry: EntryPointer, _ folio: Folio) {
        folio.head.pointee.clear(.dirty)
        entry.pointee &= ~(PTE.accessedBit | PTE.dirtyBit)
        markLazyFree(folio.pfn)
    }

    /// `userfaultfd_remove`: a reader hears which pages go before they go, and the call waits until it has read.
    func tellRemoval(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, in range: AdvisedRange
    ) throws(Errno) {
        guard let context = vma.pointee.userfault, !range.isTold,
            context.pointee.features.contains(.eventRemove)
        else { return }
        tellLater(context, .remove(start, end))
        var rest = range
        rest.start = start
        rest.isTold = true
        userfaults.steps.append(.advise(rest))
        throw .waiting
    }

    // MARK: Guard regions

    /// MADV_GUARD_INSTALL: markers in every entry; what was mapped there goes.
    func installGuards(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) throws(Errno) {
        let excluded: VMFlags = [.hugeTLB, .locked]
        if vma.pointee.flags.hasAny(VMFlags.special.union(excluded)) || vma.pointee.kind == .special {
            throw refuse(.EINVAL, guardRule(vma, VMFlags.special.union(excluded), "MADV_GUARD_INSTALL"))
        }
        // Anonymous memory with page tables has an anon_vma; fork copies the tables of other VMAs because of the flag.
        if vma.pointee.isAnonymous { prepareAnonVMA(vma) }
        vma.pointee.flags.formUnion(.maybeGuard)
        zapRange(vma, start, end, ZapDetails(evenCopies: true, keepsMarkers: true, reason: .discard))
        physical.isShort = false
        for address in stride(from: start, to: end, by: 4096) {
            guard let entry = allocatePTE(vma.pointee.mm, address) else {
                throw gaveUp(refuse(.ENOMEM, .noFrame("a page table")))
            }
            entry.pointee = EntryMarker.guardRegion.entry
        }
    }

    private func guardRule(_ vma: Handle<VMArea>, _ excluded: VMFlags, _ name: String) -> Refusal.Rule {
        let forbidden = vma.pointee.flags.intersection(excluded)
        if forbidden.isEmpty { return .specialMapping(vma.pointee.range, name) }
        return .flagsForbid(vma.pointee.range, forbidden, name)
    }

    /// MADV_GUARD_REMOVE.
    func removeGuards(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) throws(Errno) {
        if vma.pointee.flags.hasAny(VMFlags.special.adding(.hugeTLB)) || vma.pointee.kind == .special {
            throw refuse(.EINVAL, guardRule(vma, VMFlags.special.adding(.hugeTLB), "MADV_GUARD_REMOVE"))
        }
        removeMarkers(.guardRegion, vma.pointee.mm, start, end)
    }
}
