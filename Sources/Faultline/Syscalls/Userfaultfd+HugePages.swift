/// UFFDIO_COPY, CONTINUE and POISON of huge pages of the pool (`mfill_atomic_hugetlb`, `hugetlb_mfill_atomic_pte`).
extension Machine {
    /// One huge page of `mfill_atomic_hugetlb`.
    func fillPoolPage(_ task: Process, _ vma: Handle<VMArea>, _ fill: inout UserfaultFill) throws(Errno) {
        let unit = vma.pointee.hugePageBytes
        if case .zeroPage = fill.kind {
            throw refuse(.EINVAL, .wrongKind(vma.pointee.range, "of huge pages", "UFFDIO_ZEROPAGE"))
        }
        if fill.start % unit != 0 { throw refuse(.EINVAL, .unaligned("start", fill.start, to: unit)) }
        if fill.length % unit != 0 { throw refuse(.EINVAL, .unaligned("len", fill.length, to: unit)) }
        let address = fill.start + fill.done
        guard unit == PageSize.large, let entry = allocatePMD(vma.pointee.mm, address) else {
            throw refuse(.ENOMEM, .noFrame("a page table"))
        }
        switch fill.kind {
        case .continue: try continuePool(vma, address, entry, fill)
        case .poison:
            // Not even a mark is overwritten.
            if entry.pointee != 0 { throw refuse(.EEXIST, .userfaultOccupied(address)) }
            setUpperEntry(entry, EntryMarker.poisoned.entry)
        case .copy(let source):
            try checkPoolEntry(entry, address)
            try copyPool(task, vma, address, entry, source + fill.done, fill)
        case .zeroPage: break
        }
        fill.done += unit
    }

    /// `huge_pte_none_mostly`: nothing but a mark is there.
    private func checkPoolEntry(_ entry: EntryPointer, _ address: VirtualAddress) throws(Errno) {
        if poolFolio(entry.pointee) != nil { throw refuse(.EEXIST, .userfaultOccupied(address)) }
    }

    private func continuePool(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ fill: UserfaultFill
    ) throws(Errno) {
        guard let mapping = vma.pointee.file?.pointee.mapping,
            let cached = cachedPage(mapping, vma.pointee.pageIndex(address))
        else { throw refuse(.EFAULT, .userfaultNoPage(address, "the file has none there")) }
        try checkPoolEntry(entry, address)
        let folio = folio(of: cached)
        mapPoolFile(folio, vma)
        // A page of the file that is mapped privately is copied by the first write.
        installPool(vma, address, entry, folio, fill, mayWrite: vma.pointee.isShared)
    }

    private func installPool(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ folio: Folio, _ fill: UserfaultFill,
        mayWrite: Bool
    ) {
        let isWritable = mayWrite && !fill.writeProtects && vma.pointee.flags.has(.write)
        var pte = PTE(rawValue: makePoolEntry(folio.pfn, pageProtection(vma), writable: isWritable))
            .setting(PTE.dirtyBit)
        if fill.writeProtects { pte = pte.writeProtected }
        setUpperEntry(entry, pte.rawValue)
        emit(.hugePageMapped, .userfault, address, folio.pfn)
    }

    private func copyPool(
        _ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer,
        _ source: VirtualAddress, _ fill: UserfaultFill
    ) throws(Errno) {
        guard let mapping = vma.pointee.file?.pointee.mapping else { return }
        let isShared = vma.pointee.isShared
        let index = vma.pointee.pageIndex(address)
        if isShared, cachedPage(mapping, index) != nil { throw refuse(.EEXIST, .userfaultOccupied(address)) }
        let place = reservedPlace(vma, address)
        guard var folio = allocatePoolPage(place) else {
            // The kernel takes the table that it has made for the entry for a page.
            throw refuse(.EEXIST, noPoolRule(address))
        }
        if isReadable(task, source, PageSize.large) {
            try copySource(task, source, to: folio)
        } else {
            restoreReservation(place, folio)
            putPage(folio.pfn, folio.head)
            folio = try copyBySlowWay(task, vma, address, source, place)
        }
        if isShared {
            if vma.pointee.hugeIndex(address) >= mapping.pointee.size / PageSize.large {
                restoreReservation(place, folio)
                putPage(folio.pfn, folio.head)
                throw refuse(.EFAULT, .userfaultNoPage(address, "it lies beyond the end of the file"))
            }
            addPoolPage(folio, to: mapping, index)
            mapPoolFile(folio, vma, isHeld: true)
        } else {
            adoptPoolPage(folio, vma, address)
        }
        installPool(vma, address, entry, folio, fill, mayWrite: true)
    }

    private func noPoolRule(_ address: VirtualAddress) -> Refusal.Rule {
        .noHugePageForFault(address, free: hugePool.free.count, reserved: hugePool.reserved)
    }

    /// Whether `copy_folio_from_user` gets along without a fault.
    private func isReadable(_ task: Process, _ source: VirtualAddress, _ length: UInt64) -> Bool {
        for page in stride(from: source.pageAlignedDown, to: source + length, by: 4096) {
            if readPTE(task.mm, page).rawValue & PTE.presentBit == 0 { return false }
        }
        return true
    }

    /// The source has to be faulted in: it is copied to a page of its own without locks, and from there to its place.
    private func copyBySlowWay(
        _ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ source: VirtualAddress,
        _ place: ReservedPlace
    ) throws(Errno) -> Folio {
        // alloc_hugetlb_folio_nodemask: one that nobody is promised, or one beside the pool.
        let free = hugePool.hasAvailable ? hugePool.free.popLast() : nil
        guard let pfn = free ?? makePoolPage() else { throw refuse(.ENOMEM, .noFrame("the copy")) }
        let copy = folio(of: pfn)
        copy.head.pointee.refcount = 1
        defer {
            copy.head.pointee.refcount = 0
            if free == nil { dissolvePoolPage(pfn) } else { freePoolPage(pfn, copy.head) }
        }
        try copySource(task, source, to: copy)
        guard let folio = allocatePoolPage(place) else { throw refuse(.ENOMEM, noPoolRule(address)) }
        copyPool(from: copy, to: folio)
        return folio
    }

    private func copySource(_ task: Process, _ source: VirtualAddress, to folio: Folio) throws(Errno) {
        for (number, frame) in folio.frames.enumerated() {
            try copySource(task, source + UInt64(number) << 12, to: frame)
        }
        folio.head.pointee.set(.uptodate)
    }
}
