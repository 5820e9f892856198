extension Machine {
    /// `do_anonymous_page`: the zero page for a read, a page of zeros for a write.
    @inline(__always)
    func faultAnonymous(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ flags: FaultFlags
    ) -> FaultOutcome {
        let protection = pageProtection(vma)
        if !flags.contains(.write) {
            if vma.pointee.flags.has(.userfaultMissing) { return handleUserfault(vma, address, flags, .missing) }
            entry.pointee = PTE(pfn: zeroFrame, protection: protection | PTE.specialBit).rawValue
            emit(.pageMapped, .zeroPage, address, zeroFrame)
            return .handled(isMajor: false)
        }
        prepareAnonVMA(vma)
        if huge.isLooked, vma.pointee.userfault == nil, let outcome = faultLargeFolio(vma, address, entry) {
            return outcome
        }
        guard let pfn = allocateChargedPage(.anonymousZeroed) else { return .outOfMemory }
        if vma.pointee.flags.has(.userfaultMissing) {
            putPage(pfn)
            return handleUserfault(vma, address, flags, .missing)
        }
        mapNewAnonymousPage(pfn, vma, address, entry, protection)
        emit(.pageMapped, .anonymous, address, pfn)
        return .handled(isMajor: false)
    }

    /// Makes a fresh page the private page of the address.
    @inline(__always)
    func mapNewAnonymousPage(
        _ pfn: PFN, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ protection: UInt64
    ) {
        // The record by one pointer, and all that the VMA says read before the first store: what lies between could change
        // any of it for all that the compiler knows.
        let record = page(pfn)
        let flags = vma.pointee.flags
        record.pointee.set(.uptodate)
        addNewAnonRmap(record, vma, flags, address)
        addToLRU(pfn, record, in: flags)
        var bits = protection | PTE.accessedBit | PTE.dirtyBit
        if flags.has(.write) { bits |= PTE.writeBit }
        entry.pointee = PTE(pfn: pfn, protection: bits).rawValue
    }
}
