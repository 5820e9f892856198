/// Pages of files that lie in large folios: a fault maps the folio as a whole where it fits.
extension Machine {
    /// What `__handle_mm_fault` does where an entry of a PMD maps a folio of a file.
    ///
    /// - Returns: nil where the fault goes on with a table, or where none is.
    @inline(never)
    func faultHugeFile(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ flags: FaultFlags) -> FaultOutcome? {
        let mm = vma.pointee.mm
        guard case .huge(let entry, PageTableLevel.pmd) = lookup(mm, address), hugeFolio(entry) != nil else {
            return nil
        }
        if isHinted(entry.pointee, in: vma) { return faultHintedHuge(vma, address, entry) }
        if !flags.isDisjoint(with: [.write, .unshare]), entry.pointee & PTE.writeBit == 0 {
            // wp_huge_pmd: copies, and what a userfaultfd hears of, are a matter of single pages.
            splitHuge(mm, entry, PageTableLevel.pmd, address)
            return nil
        }
        touchHuge(mm, entry, address, write: flags.contains(.write))
        return .handled(isMajor: false)
    }

    /// `finish_fault` of a read. - Returns: false when no frame was free for a table.
    @inline(__always)
    func mapFoundPage(_ vma: Handle<VMArea>, _ pfn: PFN, _ address: VirtualAddress) -> Bool {
        let record = page(pfn)
        if record.pointee.isOfLargeFolio { return mapLargeFilePage(vma, pfn, address, write: false) }
        guard let entry = allocatePTE(vma.pointee.mm, address) else { return false }
        mapSmallFilePage(vma, pfn, record, entry, pageProtection(vma))
        return true
    }

    /// `finish_fault` of a page of a large folio: all of it by one entry of a PMD, or by as many of a table as it has pages; what a
    /// userfaultfd watches, and what reaches beyond the VMA or the table, page by page. Where a page is mapped already, it is the one page.
    ///
    /// - Returns: false when no frame was free for a table.
    @inline(never)
    func mapLargeFilePage(_ vma: Handle<VMArea>, _ pfn: PFN, _ address: VirtualAddress, write: Bool) -> Bool {
        let folio = folio(of: pfn)
        let mm = vma.pointee.mm
        if mapHugeFile(folio, vma, address, write: write) { return true }
        guard let entry = allocatePTE(mm, address) else { return false }
        var protection = pageProtection(vma)
        if write { protection |= PTE.dirtyBit | PTE.writeBit }
        let pages = Int(folio.pageCount)
        let place = Int(pfn - folio.pfn)
        guard vma.pointee.userfault == nil, fits(folio, place, vma, address), !crossesEnd(folio),
            (0..<pages).allSatisfy({ (entry - place)[$0] == 0 })
        else {
            mapFilePage(vma, pfn, entry, protection)
            return true
        }
        folio.get(Int32(pages))
        folio.map(folio.pfn, count: pages, mm: mm.pointee.context)
        if folio.head.pointee.has(.swapBacked) {
            MMStruct.add(Int64(pages), to: &mm.pointee.shmemPages, &mm.pointee.foldedShmem)
        } else {
            mm.pointee.filePages &+= Int64(pages)
        }
        // __folio_add_file_rmap: only what is mapped as a whole is locked.
        if vma.pointee.flags.locksPages { lockPage(folio.pfn) }
        for page in 0..<pages {
            (entry - place)[page] = Self.fileEntry(folio.head, folio.pfn + UInt64(page), protection)
        }
        return true
    }

    /// Whether a folio of a disk's file reaches beyond its end, where nothing is to be mapped.
    private func crossesEnd(_ folio: Folio) -> Bool {
        guard let mapping = folio.head.pointee.fileMapping, mapping.pointee.kind == .disk else { return false }
        return mapping.pointee.endIndex < folio.head.pointee.index + folio.pageCount
    }

    /// Whether all of a folio lies in the VMA and in one table, where `place` is that of the page at the address.
    func fits(_ folio: Folio, _ place: Int, _ vma: Handle<VMArea>, _ address: VirtualAddress) -> Bool {
        let behind = Int(folio.pageCount) - place
        let offset = Int((address &- vma.pointee.start) >> 12)
        let slot = Int(address >> 12 & 511)
        return offset >= place && offset + behind <= Int(vma.pointee.pageCount) && slot >= place && slot + behind <= 512
    }
}
