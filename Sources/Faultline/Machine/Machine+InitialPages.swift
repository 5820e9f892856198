extension Machine {
    /// Makes pages of a new process present, without faults: no fault is counted, nothing is read ahead or mapped around.
    ///
    /// - Throws: ENOMEM without a free frame, EINVAL for pages outside of the VMA.
    func install(_ pages: InitialPages, in vma: Handle<VMArea>) throws(Errno) {
        guard pages.start.isPageAligned, pages.start >= vma.pointee.start, pages.count <= vma.pointee.pageCount,
            pages.end <= vma.pointee.end
        else { throw .EINVAL }
        // A page that is swapped out was written to once.
        if pages.kind == .anonymous || pages.kind == .swapped, !vma.pointee.isShared { prepareAnonVMA(vma) }
        if pages.kind == .guardMarker { vma.pointee.flags.insert(.maybeGuard) }
        let protection = pageProtection(vma)
        for address in stride(from: pages.start, to: pages.end, by: 4096) {
            guard let entry = allocatePTE(vma.pointee.mm, address) else { throw .ENOMEM }
            if entry.pointee != 0 { throw .EINVAL }
            switch pages.kind {
            case .swapped: break
            case .guardMarker: entry.pointee = EntryMarker.guardRegion.entry
            case .zero: entry.pointee = PTE(pfn: zeroFrame, protection: protection | PTE.specialBit).rawValue
            case .anonymous: try installAnonymous(pages, vma, address, entry, protection)
            case .file: try installFile(pages, vma, address, entry, protection)
            }
        }
    }

    private func installAnonymous(
        _ pages: InitialPages, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer,
        _ protection: UInt64
    ) throws(Errno) {
        guard vma.pointee.anonVMA != nil else { throw .EINVAL }
        guard let pfn = allocatePage(.anonymousZeroed) else { throw .ENOMEM }
        mapNewAnonymousPage(pfn, vma, address, entry, protection)
        var pte = PTE(rawValue: entry.pointee)
        if !pages.isDirty { pte = pte.clearing(PTE.dirtyBit) }
        if !pages.isAccessed, pte.isHardwarePresent { pte = pte.clearing(PTE.accessedBit) }
        if !pages.isExclusive {
            page(pfn).pointee.clear(PageFlag.anonExclusive)
            pte = pte.clearing(PTE.writeBit)
        }
        entry.pointee = pte.rawValue
    }

    private func installFile(
        _ pages: InitialPages, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer,
        _ protection: UInt64
    ) throws(Errno) {
        guard let file = vma.pointee.file else {
            // The kernel's own pages, as the vdso's.
            guard vma.pointee.kind == .special else { throw .EINVAL }
            entry.pointee = PTE(pfn: zeroFrame, protection: protection | PTE.specialBit).rawValue
            return
        }
        let mapping = file.pointee.mapping
        let index = vma.pointee.pageIndex(address)
        let isDisk = mapping.pointee.kind == .disk
        let pfn = isDisk ? try diskPage(mapping, index) : try shmemPage(mapping, index, .cache)
        var bits = protection
        if pages.isDirty, vma.pointee.isShared {
            if isDisk, !prepareForWrite(mapping, index, pfn) { throw .ENOMEM }
            markFilePageDirty(pfn)
            bits |= PTE.dirtyBit
            if vma.pointee.flags.has(.write) { bits |= PTE.writeBit }
        }
        if !pages.isAccessed, bits & PTE.presentBit != 0 { bits &= ~PTE.accessedBit }
        mapFilePage(vma, pfn, entry, bits)
    }
}

extension PTE {
    /// Present for the hardware, so not a PROT_NONE page.
    fileprivate var isHardwarePresent: Bool { rawValue & Self.presentBit != 0 }
}
