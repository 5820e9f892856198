/// Pages that come back from the swap area for someone whom the reverse map of the page in memory does not lead to: merged pages went out
/// by one slot for all, and the first who takes such a page back owns it.
extension Machine {
    /// `ksm_might_need_to_copy`: whether the page in the swap cache belongs to another place of another family of processes.
    @inline(__always)
    func mustCopySwapped(_ pfn: PFN, _ vma: Handle<VMArea>, _ address: VirtualAddress) -> Bool {
        let record = page(pfn)
        if !record.pointee.isAnonymous || record.pointee.isOfLargeFolio { return false }
        // One that is merged still has its items.
        if record.pointee.isMerged { return record.pointee.stableNode == nil }
        return record.pointee.index != vma.pointee.pageIndex(address)
            || record.pointee.anonVMA.pointee.root != vma.pointee.anonVMA?.pointee.root
    }

    /// The rest of `do_swap_page` then: the entry maps a copy. The caller's reference of the page is given back.
    @inline(never)
    func faultSwappedCopy(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ slot: UInt64, _ pfn: PFN,
        isMajor: Bool, _ flags: FaultFlags
    ) -> FaultOutcome {
        guard copySwapped(vma, address, entry, pfn, isOld: false) else {
            putPage(pfn)
            return .outOfMemory
        }
        freeSwapEntry(slot)
        putPage(pfn)
        let write = flags.contains(.write)
        let mapped = PTE(rawValue: entry.pointee)
        if write, mapped.isWritable { entry.pointee = mapped.setting(PTE.dirtyBit).rawValue }
        emit(.pageMapped, isMajor ? .swapIn : .swapCache, address, mapped.pfn)
        if write, !mapped.isWritable {
            let outcome = faultWriteProtected(vma, address, entry, flags)
            guard case .handled = outcome else { return outcome }
        }
        return .handled(isMajor: isMajor)
    }

    /// Makes a copy the private page of the address.
    ///
    /// - Parameter isOld: for swapoff, which maps what comes back not accessed and read-only.
    /// - Returns: false where no frame was free.
    func copySwapped(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pfn: PFN, isOld: Bool
    ) -> Bool {
        guard let copy = allocateCopy(of: pfn, .anonymous) else { return false }
        frames.copyFrame(from: pfn, to: copy)
        let isMarked = entry.pointee & SwapEntry.userfaultWPBit != 0
        let isProtected = isMarked && vma.pointee.flags.has(.userfaultWP)
        mapNewAnonymousPage(copy, vma, address, entry, pageProtection(vma))
        page(copy).pointee.set(.dirty)
        var mapped = PTE(rawValue: entry.pointee).clearing(PTE.dirtyBit)
        if isProtected || isOld { mapped = mapped.clearing(PTE.writeBit) }
        if isOld { mapped = mapped.clearing(PTE.accessedBit) }
        if isMarked { mapped = mapped.setting(PTE.userfaultWPBit) }
        entry.pointee = mapped.rawValue
        vma.pointee.mm.pointee.swapEntries &-= 1
        ksm.counts.swapCopies += 1
        return true
    }
}
