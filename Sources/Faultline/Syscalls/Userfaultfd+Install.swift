/// The pages that UFFDIO_COPY and its like install (`mm/userfaultfd.c`, `mm/shmem.c`).
extension Machine {
    /// copy_from_user of a page: at once, or by the caller's faults (`mfill_copy_folio_locked`, `mfill_atomic`).
    func copySource(_ task: Process, _ source: VirtualAddress, to target: PFN) throws(Errno) {
        var offset: UInt64 = 0
        while offset < PageSize.base {
            let address = source + offset
            let count = min(PageSize.base - offset, PageSize.base - (address & (PageSize.base - 1)))
            let from = try sourceFrame(task, address)
            frames.copyBytes(
                from: from, offset: Int(address & (PageSize.base - 1)), to: target, offset: Int(offset),
                count: Int(count))
            offset += count
        }
    }

    /// The frame of a page that the kernel reads for its caller. - Throws: EFAULT, ERESTARTNOINTR.
    private func sourceFrame(_ task: Process, _ address: VirtualAddress) throws(Errno) -> PFN {
        let mm = task.mm
        // A fault leaves an entry that can be read. One that waited is made again whatever is there now.
        for _ in 0...Self.faultLimit {
            let translation = cpu.mmu.translate(
                root: mm.pointee.pgd, context: mm.pointee.context, address, AccessKind.read)
            if task.faultTries == 0, case .physical(let physical) = translation { return physical >> 12 }
            let attempt = FaultAttempt(address: address, isWrite: false, isFetch: false, isUser: false)
            switch repeatFault(task, attempt, tries: task.faultTries) {
            case .handled: task.faultTries = 0
            case .signal(.waits): throw .waiting
            case .signal(let signal): throw refuse(.EFAULT, .cannotPopulate(address, signal.meaning))
            case .outOfMemory:
                guard relieveMemory(task) else { throw refuse(.ENOMEM, .noFrame("the source")) }
            }
        }
        throw refuse(.EFAULT, .cannotPopulate(address, "its fault does not help"))
    }

    /// `mfill_atomic_install_pte`.
    ///
    /// - Parameter isCached: the page is one of the file.
    /// - Throws: EFAULT beyond the end of the file, EEXIST where something but a mark is.
    func installFilled(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pfn: PFN, _ fill: UserfaultFill,
        isCached: Bool
    ) throws(Errno) {
        try checkFileEnd(vma, address)
        switch EntryState(lastLevel: entry.pointee) {
        // pte_none_mostly: guards and poison give way as well.
        case .none, .marker: break
        default: throw refuse(.EEXIST, .userfaultOccupied(address))
        }
        // A page of the file that is mapped privately is copied by the first write.
        let isWritable = vma.pointee.flags.has(.write) && (vma.pointee.isShared || !isCached)
        var pte = PTE(pfn: pfn, protection: pageProtection(vma) | PTE.dirtyBit)
        if isWritable { pte = pte.setting(PTE.writeBit) }
        if fill.writeProtects { pte = pte.writeProtected }
        if isCached {
            mapFilePage(vma, pfn, entry, pte.rawValue & ~PTE.addressMask)
        } else {
            mapNewAnonymousPage(pfn, vma, address, entry, pageProtection(vma))
        }
        entry.pointee = pte.rawValue
        emit(.pageMapped, .userfault, address, pfn)
    }

    /// `mfill_atomic_pte_continue`: maps the page that the file has.
    func continuePage(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ fill: UserfaultFill
    ) throws(Errno) {
        guard let mapping = vma.pointee.file?.pointee.mapping else { return }
        let index = vma.pointee.pageIndex(address)
        if index < mapping.pointee.endIndex {
            let cached = mapping.pointee.pages.load(index)
            if !CacheEntry(rawValue: cached).isPage, Self.shmemSlot(cached, of: mapping) == nil {
                throw refuse(.EFAULT, .userfaultNoPage(address, "the file has none there"))
            }
        }
        let pfn = try shmemPage(mapping, index, .cache)
        try installFilled(vma, address, entry, pfn, fill, isCached: true)
    }

    /// `shmem_mfill_atomic_pte`: a new page of the file, zeros or a copy.
    func fillShared(
        _ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer,
        _ source: VirtualAddress?, _ fill: UserfaultFill
    ) throws(Errno) {
        guard let mapping = vma.pointee.file?.pointee.mapping else { return }
        let index = vma.pointee.pageIndex(address)
        if mapping.pointee.chargesByPage {
            do { try chargeShmemPage(mapping) } catch { throw renamed(.ENOMEM) }
        }
        guard let pfn = allocateChargedPage(.sharedMemory) else {
            if mapping.pointee.chargesByPage { unchargeShmemPages(mapping, 1) }
            throw refuse(.ENOMEM, .noFrame("a page of the file"))
        }
        do throws(Errno) {
            if let source { try copySource(task, source, to: pfn) } else { frames.zeroFrame(pfn) }
            try checkFileEnd(vma, address)
            if mapping.pointee.pages.load(index) != 0, !isShadow(mapping.pointee.pages.load(index), of: mapping) {
                throw refuse(.EEXIST, .userfaultOccupied(address))
            }
        } catch {
            if mapping.pointee.chargesByPage { unchargeShmemPages(mapping, 1) }
            putPage(pfn)
            throw error
        }
        page(pfn).pointee.set(PageFlag.uptodate)
        addToCache(pfn, mapping, index)
        do { try installFilled(vma, address, entry, pfn, fill, isCached: true) } catch {
            drainBatches()
            removeFromCache(pfn)
            throw error
        }
    }

    private func isShadow(_ value: UInt64, of mapping: Handle<FileMapping>) -> Bool {
        !CacheEntry(rawValue: value).isPage && Self.shmemSlot(value, of: mapping) == nil
    }
}
