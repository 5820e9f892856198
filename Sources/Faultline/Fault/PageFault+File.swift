extension Machine {
    /// `do_fault`: the first access to a page of a file mapping.
    func faultFile(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ flags: FaultFlags) -> FaultOutcome {
        guard let file = vma.pointee.file else { return .outOfMemory }
        let mm = vma.pointee.mm
        var flags = flags
        if lastTableEntry(mm, address) == nil {
            // The upper tables are there whatever comes; the last one only with an entry.
            guard let pmd = allocatePMD(mm, address) else { return .outOfMemory }
            if pmd.pointee == 0 { flags.formUnion(.withoutTable) }
        }
        // vmf_can_call_fault: without map_pages its driver wants mmap_lock.
        if vma.pointee.kind == .sysvShm { noteDroppedLock(flags, address, .lockDriver) }
        let outcome: FaultOutcome
        if !flags.contains(.write) {
            outcome = faultFileRead(vma, file, address, flags)
        } else if !vma.pointee.isShared {
            outcome = faultPrivateWrite(vma, file, address, flags)
        } else {
            outcome = faultSharedWrite(vma, file, address, flags)
        }
        if flags.contains(.withoutTable) { dropSpareTable() }
        return outcome
    }

    // MARK: The page

    /// What a file has at a page (`vm_ops->fault`).
    private enum FilePage {
        case page(PFN)
        /// The same, but it came from the swap area, for which the fault waited itself.
        case swapped(PFN)
        /// It had to be read; the fault starts again.
        case read
        /// It was there, but had to be filled or more was read ahead of it; the fault starts again.
        case restart
        case failed(FaultOutcome)

        @inline(__always) var isSwapped: Bool {
            if case .swapped = self { return true }
            return false
        }
    }

    /// `__do_fault`: the table first, where none is, then `shmem_fault` or `filemap_fault`. `isRetry` says that the fault started
    /// again already.
    @inline(__always)
    private func filePage(
        _ vma: Handle<VMArea>, _ file: Handle<OpenFile>, _ address: VirtualAddress, _ flags: FaultFlags, isRetry: Bool
    ) -> FilePage {
        if flags.contains(.withoutTable), !takeSpareTable(vma.pointee.mm, address) { return .failed(.outOfMemory) }
        let mapping = file.pointee.mapping
        let index = vma.pointee.pageIndex(address)
        if vma.pointee.userfault != nil, let outcome = userfaultOfFile(vma, mapping, index, address, flags) {
            return .failed(outcome)
        }
        swap.lastRead = .none
        if mapping.pointee.kind == .disk { return diskPage(vma, file, address, index, isRetry: isRetry) }
        do {
            let pfn = try shmemPage(mapping, index, .cache, ShmemDemand(vma: vma, address: address))
            return swap.lastRead == .none ? .page(pfn) : .swapped(pfn)
        } catch {
            if error == .ENOMEM { return .failed(.outOfMemory) }
            let isFull = tmpfs(of: mapping)?.isFull ?? false
            emit(.signal, error == .EINVAL ? .beyondEnd : isFull ? .tmpfsFull : .noMemory, address)
            rename(.signal("SIGBUS"))
            return .failed(.signal(.busError))
        }
    }

    @inline(never)
    private func diskPage(
        _ vma: Handle<VMArea>, _ file: Handle<OpenFile>, _ address: VirtualAddress, _ index: UInt64, isRetry: Bool
    ) -> FilePage {
        let mapping = file.pointee.mapping
        if index >= mapping.pointee.endIndex {
            emit(.signal, .beyondEnd, address)
            refuse(.signal("SIGBUS"), .beyondEnd(address, page: index, size: mapping.pointee.size))
            return .failed(.signal(.busError))
        }
        let cached = cachedPage(mapping, index)
        if let pfn = cached {
            let metMark = !isRetry && readAheadOfHit(vma, file, pfn, index)
            let head = folio(of: pfn).head
            if head.pointee.has(PageFlag.uptodate) { return metMark ? .restart : .page(pfn) }
        } else {
            readAheadOfFault(vma, file, index)
        }
        guard let pfn = cachedPage(mapping, index) ?? addDiskPage(mapping, index) else {
            return .failed(.outOfMemory)
        }
        if !folio(of: pfn).head.pointee.has(PageFlag.uptodate), !readDiskPage(mapping, index, pfn) {
            emit(.signal, .ioError, address)
            refuse(.signal("SIGBUS"), .diskError("the read of file page \(index)"))
            return .failed(.signal(.busError))
        }
        if isRetry { return .page(pfn) }
        return cached == nil ? .read : .restart
    }

    /// Whether a fault that starts again although the page was there counts as a major one (`FAULT_FLAG_TRIED`). A program's own
    /// fault dropped only the per-VMA lock, which does not set FAULT_FLAG_TRIED.
    @inline(__always)
    private static func isTriedAfterRestart(_ flags: FaultFlags) -> Bool {
        flags.isDisjoint(with: [.user, .withoutRestart])
    }

    /// The fault waits for the disk, or lets go of its lock for what it reads ahead, and starts again. - Returns: whether it is a major
    /// fault then.
    private func startsAgain(
        _ found: FilePage, _ address: VirtualAddress, _ flags: FaultFlags, try attempt: Int
    ) -> Bool {
        if attempt == 0, !flags.contains(.withoutRestart) { noteDroppedLock(flags, address, .lockDisk) }
        if case .read = found { return true }
        return Self.isTriedAfterRestart(flags)
    }

    /// How often a fault on a file may start. A start that does not end the fault has either taken the mark of readahead from
    /// the page or made its contents good; no start makes a mark on the page itself or spoils it. So the third one ends.
    private static var restartLimit: Int { 4 }

    @inline(never)
    private static func restartsWithoutEnd() -> Never {
        preconditionFailure("a fault on a file starts again and again")
    }

    // MARK: The three kinds of fault

    /// `do_read_fault`.
    private func faultFileRead(
        _ vma: Handle<VMArea>, _ file: Handle<OpenFile>, _ address: VirtualAddress, _ flags: FaultFlags
    ) -> FaultOutcome {
        // System V attachments have no `map_pages`.
        // uffd_disable_fault_around: each page is asked about.
        let asks = vma.pointee.flags.hasAny([.userfaultWP, .userfaultMinor])
        var mapsAround = vma.pointee.kind != .sysvShm && !asks && settings.faultAroundBytes >> 12 > 1
        var isRetry = false
        for attempt in 0..<Self.restartLimit {
            if mapsAround {
                if flags.contains(.withoutTable), !takeSpareTable(vma.pointee.mm, address) { return .outOfMemory }
                if mapAround(vma, file.pointee.mapping, address) { return .handled(isMajor: isRetry) }
            }
            let found = filePage(vma, file, address, flags, isRetry: isRetry)
            switch found {
            case .page(let pfn), .swapped(let pfn):
                guard mapFoundPage(vma, pfn, address) else { return .outOfMemory }
                emit(.pageMapped, .fileRead, address, pfn)
                return .handled(isMajor: isRetry || found.isSwapped)
            case .read, .restart: isRetry = startsAgain(found, address, flags, try: attempt)
            case .failed(let outcome): return outcome
            }
            // A caller that keeps its lock waits in the fault itself, which then maps the one page.
            if flags.contains(.withoutRestart) { mapsAround = false } else { dropSpareTable() }
        }
        Self.restartsWithoutEnd()
    }

    /// `do_cow_fault`: a private write copies the page at once.
    private func faultPrivateWrite(
        _ vma: Handle<VMArea>, _ file: Handle<OpenFile>, _ address: VirtualAddress, _ flags: FaultFlags
    ) -> FaultOutcome {
        // The VMA gets its anon_vma even where the file has no page.
        prepareAnonVMA(vma)
        var isRetry = false
        guard var copy = allocateChargedPage(.anonymous) else { return .outOfMemory }
        for attempt in 0..<Self.restartLimit {
            let found = filePage(vma, file, address, flags, isRetry: isRetry)
            switch found {
            case .page(let source), .swapped(let source):
                guard let entry = allocatePTE(vma.pointee.mm, address) else {
                    putPage(copy)
                    return .outOfMemory
                }
                frames.copyFrame(from: source, to: copy)
                mapNewAnonymousPage(copy, vma, address, entry, pageProtection(vma))
                emit(.cowCopied, .privateWrite, address, copy)
                return .handled(isMajor: isRetry || found.isSwapped)
            case .read, .restart: isRetry = startsAgain(found, address, flags, try: attempt)
            case .failed(let outcome):
                putPage(copy)
                return outcome
            }
            if flags.contains(.withoutRestart) { continue }
            putPage(copy)
            dropSpareTable()
            guard let next = allocateChargedPage(.anonymous) else { return .outOfMemory }
            copy = next
        }
        Self.restartsWithoutEnd()
    }

    /// `do_shared_fault`.
    private func faultSharedWrite(
        _ vma: Handle<VMArea>, _ file: Handle<OpenFile>, _ address: VirtualAddress, _ flags: FaultFlags
    ) -> FaultOutcome {
        var isRetry = false
        for attempt in 0..<Self.restartLimit {
            let found = filePage(vma, file, address, flags, isRetry: isRetry)
            switch found {
            case .page(let pfn), .swapped(let pfn):
                let record = page(pfn)
                let isLarge = record.pointee.isOfLargeFolio
                let head = isLarge ? folio(of: pfn).head : record
                guard makePageWritable(file.pointee.mapping, pfn, head) else { return noSpace(address) }
                if isLarge {
                    guard mapLargeFilePage(vma, pfn, address, write: true) else { return .outOfMemory }
                } else {
                    guard let entry = allocatePTE(vma.pointee.mm, address) else { return .outOfMemory }
                    mapSmallFilePage(
                        vma, pfn, record, entry, pageProtection(vma) | PTE.dirtyBit | PTE.writeBit)
                }
                emit(.pageMapped, .sharedWrite, address, pfn)
                return .handled(isMajor: isRetry || found.isSwapped)
            case .read, .restart: isRetry = startsAgain(found, address, flags, try: attempt)
            case .failed(let outcome): return outcome
            }
            if !flags.contains(.withoutRestart) { dropSpareTable() }
        }
        Self.restartsWithoutEnd()
    }

    // MARK: Entries

    /// `set_pte_range` for one page of the file. A writable entry for a page that is dirty already is dirty too.
    @inline(__always)
    func mapFilePage(_ vma: Handle<VMArea>, _ pfn: PFN, _ entry: EntryPointer, _ protection: UInt64) {
        let record = page(pfn)
        if record.pointee.isOfLargeFolio {
            let folio = folio(of: pfn)
            addFileRmap(folio, pfn, vma)
            entry.pointee = Self.fileEntry(folio.head, pfn, protection)
            return
        }
        mapSmallFilePage(vma, pfn, record, entry, protection)
    }

    /// The same of a page that is a folio by itself.
    @inline(__always)
    func mapSmallFilePage(
        _ vma: Handle<VMArea>, _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, _ entry: EntryPointer,
        _ protection: UInt64
    ) {
        addFileRmap(pfn, record, vma)
        entry.pointee = Self.fileEntry(record, pfn, protection)
    }

    /// The entry of a file page. `record` is that of its folio.
    @inline(__always)
    static func fileEntry(_ record: UnsafeMutablePointer<PageRecord>, _ pfn: PFN, _ protection: UInt64) -> UInt64 {
        var pte = PTE(pfn: pfn, protection: protection)
        if pte.isWritable, record.pointee.has(.dirty) { pte = pte.setting(PTE.dirtyBit) }
        return pte.rawValue
    }
}
