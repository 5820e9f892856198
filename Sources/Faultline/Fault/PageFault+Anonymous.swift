extension Machine {
    /// `do_anonymous_page`: the zero page for a read, a page of zeros for a write.
    @inline(__always)
    func faultAnonymous(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, write: Bool
    ) -> FaultOutcome {
        let protection = pageProtection(vma)
        if !write {
            entry.pointee = PTE(pfn: zeroFrame, protection: protection | PTE.specialBit).rawValue
            emit(.pageMapped, .zeroPage, address, zeroFrame)
            return .handled(isMajor: false)
        }
        prepareAnonVMA(vma)
        guard let pfn = allocateZeroedPage() else { return .outOfMemory }
        physical.prefetch(pfn, address)
        mapNewAnonymousPage(pfn, vma, address, entry, protection)
        emit(.pageMapped, .anonymous, address, pfn)
        return .handled(isMajor: false)
    }

    /// Makes a fresh page the private page of the address.
    @inline(__always)
    func mapNewAnonymousPage(
        _ pfn: PFN, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ protection: UInt64
    ) {
        page(pfn).pointee.flags |= PageFlag.uptodate
        addNewAnonRmap(pfn, vma, address)
        addToLRU(pfn, in: vma.pointee.flags)
        var bits = protection | PTE.accessedBit | PTE.dirtyBit
        if vma.pointee.flags.has(.write) { bits |= PTE.writeBit }
        entry.pointee = PTE(pfn: pfn, protection: bits).rawValue
    }
}
