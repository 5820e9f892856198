/// Pages that somebody pinned (`mm/gup.c`, FOLL_PIN): they stay where they are and what they are until they are unpinned.
extension Machine {
    /// GUP_PIN_COUNTING_BIAS: what a pin adds to the references of a page, so that pins can be told from other references.
    static var pinBias: Int32 { 1024 }

    /// `try_grab_folio` with FOLL_PIN.
    func pinPage(_ pfn: PFN) {
        if pfn == zeroFrame { return }
        folio(of: pfn).get(Self.pinBias)
    }

    /// `unpin_user_page`: the last reference frees the page, which may have no owner any more.
    func unpinPage(_ pfn: PFN) {
        if pfn == zeroFrame { return }
        let folio = folio(of: pfn)
        folio.get(1 - Self.pinBias)
        putPage(folio.pfn, folio.head)
    }

    /// `folio_maybe_dma_pinned`: of a single page its references say it; a large folio may have as many without a pin.
    @inline(__always)
    func isPinned(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) -> Bool {
        if record.pointee.isOfLargeFolio { return isPinnedFolio(pfn) }
        return record.pointee.refcount >= Self.pinBias
    }

    @inline(never)
    private func isPinnedFolio(_ pfn: PFN) -> Bool {
        let folio = folio(of: pfn)
        return rings.contains { $0?.pages.contains(where: folio.frames.contains) ?? false }
    }

    /// `folio_try_dup_anon_rmap_pte`: whether fork must copy the page, because somebody pinned it for the process that has it alone.
    @inline(never)
    func isPinnedForOne(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) -> Bool {
        folio(of: pfn).isAnonymous && record.pointee.has(.anonExclusive) && isPinned(pfn, record)
    }

    /// `copy_present_page`: the child's copy of a page that is pinned for the parent. - Returns: false when no frame was free.
    @inline(never)
    func copyPinned(
        _ source: PFN, to vma: Handle<VMArea>, _ entry: EntryPointer, _ address: VirtualAddress
    ) -> Bool {
        guard let pfn = allocateCopy(of: source, .anonymous) else { return false }
        frames.copyFrame(from: source, to: pfn)
        let record = page(pfn)
        let flags = vma.pointee.flags
        record.pointee.set(.uptodate)
        addNewAnonRmap(record, vma, flags, address)
        addToLRU(pfn, record, in: flags)
        let write = flags.has(.write) ? PTE.writeBit : 0
        entry.pointee =
            PTE(pfn: pfn, protection: vma.pointee.protection | PTE.accessedBit | PTE.dirtyBit | write).rawValue
        emit(.cowCopied, .pinnedFrame, address, pfn)
        return true
    }
}
