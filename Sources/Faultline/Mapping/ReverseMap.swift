extension Machine {
    // MARK: Mapping and unmapping one page

    /// `folio_add_new_anon_rmap`: a fresh page of one process.
    @inline(__always)
    func addNewAnonRmap(
        _ record: UnsafeMutablePointer<PageRecord>, _ vma: Handle<VMArea>, _ flags: VMFlags, _ address: VirtualAddress
    ) {
        guard let anonVMA = vma.pointee.anonVMA else { preconditionFailure("an anonymous page needs an anon_vma") }
        let index = vma.pointee.pageIndex(address)
        let mm = vma.pointee.mm
        // A droppable page was born clean: it may be thrown away.
        record.pointee.set(flags.has(.droppable) ? .anonExclusive : PageFlag.swapBacked.union(.anonExclusive))
        record.pointee.setAnonVMA(anonVMA, index: index)
        record.pointee.mapcount = 1
        mm.pointee.anonPages &+= 1
    }

    /// `folio_get` and `folio_add_file_rmap_pte`, with the counter of the kind of file.
    @inline(__always)
    func addFileRmap(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ vma: Handle<VMArea>) {
        let mm = vma.pointee.mm
        record.pointee.addMapping()
        if record.pointee.has(PageFlag.swapBacked) {
            mm.pointee.shmemPages &+= 1
        } else {
            mm.pointee.filePages &+= 1
        }
        if vma.pointee.flags.locksPages { lockPage(pfn) }
    }

    /// The same for one page of a large folio, which is locked only as a whole.
    @inline(never)
    func addFileRmap(_ folio: Folio, _ pfn: PFN, _ vma: Handle<VMArea>) {
        let mm = vma.pointee.mm
        folio.get()
        folio.map(pfn, mm: mm.pointee.context)
        var added = PageCounts()
        added.count(folio.head, isAnonymous: false)
        added.add(to: mm)
    }

    /// `folio_remove_rmap_pte`, with the counter; the caller gives the reference back.
    @inline(__always)
    func removeRmap(_ pfn: PFN, _ vma: Handle<VMArea>) {
        let folio = folio(of: pfn)
        folio.unmap(pfn, mm: vma.pointee.mm.pointee.context)
        var removed = PageCounts()
        removed.count(folio.head, isAnonymous: folio.isAnonymous)
        removed.subtract(from: vma.pointee.mm)
        if folio.isLarge { noteUnmapped(folio, pfn) }
        // munlock_vma_folio: reclaim has the last word on PG_mlocked.
        if vma.pointee.flags.locksPages { unlockPage(folio.pfn) }
    }

    /// The map count's part of it.
    @inline(__always)
    func removeMapping(_ record: UnsafeMutablePointer<PageRecord>) {
        let count = record.pointee.mapcount
        precondition(count > 0, "a page is unmapped that is not mapped")
        record.pointee.mapcount = count &- 1
    }

    // MARK: Walking all mappings

    /// `rmap_walk` of someone who changes the entries: calls `body` with each entry that maps the page. A huge entry is split
    /// first, as TTU_SPLIT_HUGE_PMD wants it.
    func forEachMapping(
        of pfn: PFN, _ body: (Handle<VMArea>, VirtualAddress, EntryPointer) -> Void
    ) {
        forEachMappingPlace(of: pfn) { vma, address in
            if let entry = findPTE(vma.pointee.mm, address) { body(vma, address, entry) }
        }
    }

    /// `rmap_walk` of someone who only looks: calls `body` with each VMA and address where the page's owner says that it may be
    /// mapped, and is.
    func forEachMappingPlace(of pfn: PFN, _ body: (Handle<VMArea>, VirtualAddress) -> Void) {
        let folio = folio(of: pfn)
        let record = folio.head.pointee
        if record.isMerged { return forEachMergedPlace(of: pfn, body) }
        let index = folio.index(of: pfn)
        if record.isAnonymous {
            var iterator = record.anonVMA.pointee.tree.overlapping(index, index)
            while let chain = iterator.next() { visit(chain.pointee.vma, index, pfn, body) }
        } else if let mapping = record.fileMapping {
            var iterator = mapping.pointee.mappers.overlapping(index, index)
            while let vma = iterator.next() { visit(vma, index, pfn, body) }
        }
    }

    /// `page_vma_mapped_walk`: whether the VMA really maps the page where its owner says.
    @inline(__always)
    private func visit(
        _ vma: Handle<VMArea>, _ index: UInt64, _ pfn: PFN, _ body: (Handle<VMArea>, VirtualAddress) -> Void
    ) {
        let address = vma.pointee.address(ofPage: index)
        if EntryState(lastLevel: readPTE(vma.pointee.mm, address).rawValue) == .page(pfn) { body(vma, address) }
    }
}

extension Machine {
    /// `folio_add_new_anon_rmap`, or `folio_add_anon_rmap_pte` where the page is anonymous already, of a page that comes back from the
    /// swap area.
    func addSwappedInRmap(
        _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ vma: Handle<VMArea>, _ address: VirtualAddress,
        isExclusive: Bool
    ) {
        if record.pointee.isOfLargeFolio {
            // Whether all of it is mapped then, reclaim finds out, which makes up for the lock.
            if isExclusive { record.pointee.set(.anonExclusive) }
            folio(of: pfn).map(pfn, mm: vma.pointee.mm.pointee.context)
            vma.pointee.mm.pointee.anonPages &+= 1
            return
        }
        if !record.pointee.isAnonymous {
            guard let anonVMA = vma.pointee.anonVMA else { preconditionFailure("an anonymous page needs an anon_vma") }
            if !vma.pointee.flags.has(.droppable) { record.pointee.set(.swapBacked) }
            // Others may have the same page: they find it through the oldest anon_vma only.
            record.pointee.setAnonVMA(
                isExclusive ? anonVMA : anonVMA.pointee.root, index: vma.pointee.pageIndex(address))
        } else if vma.pointee.flags.locksPages {
            lockPage(pfn)
        }
        if isExclusive { record.pointee.set(.anonExclusive) }
        record.pointee.mapcount &+= 1
        vma.pointee.mm.pointee.anonPages &+= 1
    }
}
