extension Machine {
    /// `do_wp_page` of a fault that unshares: a private page that others may write to is copied, as for a write, so that who pins
    /// it for reading goes on seeing what the process sees. The entry stays read-only, and clean.
    @inline(never)
    func faultUnshare(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer) -> FaultOutcome {
        let pte = PTE(rawValue: entry.pointee)
        if pte.isSpecial || vma.pointee.flags.hasAny([.shared, .mayShare]) { return .handled(isMajor: false) }
        let record = page(pte.pfn)
        let folio = Folio(of: pte.pfn, record)
        if folio.isAnonymous {
            if record.pointee.has(PageFlag.anonExclusive) { return .handled(isMajor: false) }
            if mayReuse(folio) {
                if !folio.isLarge, let anonVMA = vma.pointee.anonVMA { record.pointee.mapping = anonVMA.bits | 1 }
                record.pointee.set(PageFlag.anonExclusive)
                emit(.cowReused, .soleOwner, address, pte.pfn)
                return .handled(isMajor: false)
            }
        }
        let outcome = copyOnWrite(vma, address, entry, pte)
        if case .handled = outcome {
            // The protection by a userfaultfd stays: a write through the copy is as much its business.
            let copied = PTE(rawValue: entry.pointee).clearing(PTE.writeBit | PTE.dirtyBit)
            entry.pointee = copied.setting(pte.rawValue & PTE.userfaultWPBit).rawValue
        }
        return outcome
    }
}
