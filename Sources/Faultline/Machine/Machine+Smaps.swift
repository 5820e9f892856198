extension Machine {
    /// The state of a process.
    ///
    /// - Parameter listsPages: says of a VMA, by start and end, whether its pages are wanted.
    /// - Throws: ESRCH.
    package func snapshot(
        _ process: Int, listsPages: (VirtualAddress, VirtualAddress) -> Bool = { _, _ in true }
    ) throws(Errno) -> ProcessView {
        guard processes.indices.contains(process), processes[process].isAlive else { throw .ESRCH }
        let mm = processes[process].mm
        var result = ProcessView(
            pageTablesKiB: Int(mm.pointee.tableFrames) * 4, lockedKiB: mm.pointee.lockedVM &* 4,
            pinnedKiB: mm.pointee.pinnedVM * 4, sizeKiB: Int(mm.pointee.totalVM) * 4,
            rssKiB: Int(mm.pointee.rssPages) * 4, vmas: [])
        var cursor = mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            guard listsPages(vma.pointee.start, vma.pointee.end) else {
                result.vmas.append(view(vma, showsPages: false, process) { _ in })
                continue
            }
            var pages: [PageView] = []
            var view = view(vma, showsPages: true, process) { pages.append($0) }
            view.pages = pages
            result.vmas.append(view)
        }
        return result
    }

    /// Looks at an address space once, for readers of more pages than an array should hold.
    ///
    /// - Parameters:
    ///   - onPage: is called for each entry that is not empty, in the order of addresses.
    ///   - onVMA: is called behind the pages of each VMA; the view has no pages.
    /// - Throws: ESRCH.
    package func visit(
        _ process: Int, onPage: (PageView) -> Void, onVMA: (VMAView) -> Void
    ) throws(Errno) {
        var cursor = try task(process).mm.pointee.tree.cursor()
        while let vma = cursor.next() { onVMA(view(vma, showsPages: true, process, onPage: onPage)) }
    }

    /// How much there is to look at in an address space: pages in memory, and VMAs. Costs nothing.
    ///
    /// - Throws: ESRCH.
    package func extent(_ process: Int) throws(Errno) -> (pages: Int, vmas: Int) {
        let mm = try task(process).mm.pointee
        return (Int(mm.rssPages), mm.mapCount)
    }

    private func view(
        _ vma: Handle<VMArea>, showsPages: Bool, _ process: Int, onPage: (PageView) -> Void
    ) -> VMAView {
        let flags = vma.pointee.flags
        var result = VMAView(
            start: vma.pointee.start, end: vma.pointee.end, permissions: flags.permissions,
            offset: vma.pointee.file == nil ? 0 : vma.pointee.pgoff << 12, name: name(of: vma),
            flags: flags.mnemonics, policy: policies.isEmpty ? nil : policyShown(vma, process))
        if flags.has(.hugeTLB) {
            viewPool(vma, &result) { if showsPages { onPage($0) } }
            return result
        }
        var sums = SmapsSums()
        forEachEntry(vma, vma.pointee.start, vma.pointee.end) { address, pte, isHuge in
            if showsPages { onPage(pageSnapshot(address, pte, isHuge: isHuge)) }
            if case .swap(let swapped) = EntryState(lastLevel: pte.rawValue) { sums.add(swapShare(swapped.offset)) }
            guard pte.isPresent, !pte.isSpecial else { return }
            let folio = folio(of: pte.pfn)
            sums.add(folio.head.pointee, pte, mapCount: folio.mapCount(of: pte.pfn))
        }
        sums.swap += swappedBehind(vma)
        result.figures = sums.figures(isLocked: flags.has(.locked))
        if huge.isLooked {
            let whole = wholePages(vma)
            result.figures[.anonHugePages] = whole.anonymous << 11
            result.figures[.shmemPmdMapped] = whole.shared << 11
        }
        result.figures[.thpEligible] = hugePageOrders(vma, .smaps) == 0 ? 0 : 1
        result.figures[.protectionKey] = Int(flags.protectionKey)
        return result
    }

    /// How many entries of a PMD map private memory of a VMA, and shared memory.
    private func wholePages(_ vma: Handle<VMArea>) -> (anonymous: Int, shared: Int) {
        var count = (anonymous: 0, shared: 0)
        var cursor = TableCursor(frames, root: vma.pointee.mm.pointee.pgd, vma.pointee.start, vma.pointee.end)
        while let step = cursor.step() {
            guard case .huge(let entry, _) = step, let folio = hugeFolio(entry) else { continue }
            if folio.isAnonymous { count.anonymous += 1 } else { count.shared += 1 }
        }
        return count
    }

    private func pageSnapshot(_ address: VirtualAddress, _ pte: PTE, isHuge: Bool) -> PageView {
        let isProtected = pte.isPresent && pte.rawValue & PTE.userfaultWPBit != 0
        switch EntryState(lastLevel: pte.rawValue) {
        case .special: return PageView(address: address, content: .zeroPage, isWriteProtected: isProtected)
        case .marker(.userfaultWP): return PageView(address: address, content: .userfaultMarker, isWriteProtected: true)
        case .marker(.poisoned): return PageView(address: address, content: .poisonMarker)
        case .marker: return PageView(address: address, content: .guardMarker)
        case .swap(let swapped):
            return PageView(
                address: address, content: .swapped(slot: swapped.offset),
                isWriteProtected: pte.rawValue & SwapEntry.userfaultWPBit != 0)
        case .migration: return PageView(address: address, content: .swapped(slot: nil))
        case .page: break
        case .none, .table, .huge: preconditionFailure(EntryState.misplaced)
        }
        let folio = folio(of: pte.pfn)
        let record = folio.head.pointee
        let mapCount = Int(folio.mapCount(of: pte.pfn))
        var flags: PageFlags = record.isAnonymous ? .anon : []
        if record.isMerged { flags.insert(.ksm) }
        if record.has(PageFlag.dirty) { flags.insert(.dirty) }
        if record.has(PageFlag.swapBacked) { flags.insert(.swapBacked) }
        if record.has(.swapCache) { flags.insert(.swapCache) }
        if record.has(.active) { flags.insert(.active) }
        if record.has(.referenced) { flags.insert(.referenced) }
        if record.has(.unevictable) { flags.insert(.unevictable) }
        // The bit means something else for a page of a file.
        if record.isAnonymous, record.has(.anonExclusive) { flags.insert(.anonExclusive) }
        if folio.isLarge { flags.insert(pte.pfn == folio.pfn ? [.thp, .head] : .thp) }
        // pagemap_pmd_range asks the first page of a huge entry for all of them.
        let decides = isHuge && folio.isLarge ? Int(folio.mapCount(of: folio.pfn)) : mapCount
        return PageView(
            address: address, content: .frame(pte.pfn), isFile: !record.isAnonymous, isExclusive: decides == 1,
            isWriteProtected: isProtected, mapCount: mapCount, flags: flags, isWritable: pte.isWritable)
    }
}

/// Running sums of `smaps_account` (`fs/proc/task_mmu.c`), in bytes; Pss with 12 fractional bits.
private struct SmapsSums {
    var rss = 0, sharedClean = 0, sharedDirty = 0, privateClean = 0, privateDirty = 0
    var referenced = 0, anonymous = 0, merged = 0, lazyFree = 0
    var pss: UInt64 = 0
    var pssDirty: UInt64 = 0
    var swap = 0
    var swapPss: UInt64 = 0

    mutating func add(_ swapped: (bytes: Int, share: UInt64)) {
        swap += swapped.bytes
        swapPss += swapped.share
    }

    mutating func add(_ record: PageRecord, _ pte: PTE, mapCount: Int32) {
        let isDirty = pte.isDirty || record.has(PageFlag.dirty)
        rss += 4096
        if record.isAnonymous {
            anonymous += 4096
            if record.isMerged { merged += 4096 }
            if !record.has(PageFlag.swapBacked), !isDirty { lazyFree += 4096 }
        }
        if pte.isAccessed || record.has(PageFlag.referenced) { referenced += 4096 }
        let share = (UInt64(4096) << 12) / UInt64(max(mapCount, 1))
        pss += share
        if isDirty { pssDirty += share }
        switch (mapCount >= 2, isDirty) {
        case (true, true): sharedDirty += 4096
        case (true, false): sharedClean += 4096
        case (false, true): privateDirty += 4096
        case (false, false): privateClean += 4096
        }
    }

    func figures(isLocked: Bool) -> SmapsFigures {
        var figures = SmapsFigures()
        figures[.rss] = rss >> 10
        figures[.pss] = Int(pss >> 22)
        figures[.pssDirty] = Int(pssDirty >> 22)
        figures[.sharedClean] = sharedClean >> 10
        figures[.sharedDirty] = sharedDirty >> 10
        figures[.privateClean] = privateClean >> 10
        figures[.privateDirty] = privateDirty >> 10
        figures[.referenced] = referenced >> 10
        figures[.anonymous] = anonymous >> 10
        figures[.ksm] = merged >> 10
        figures[.lazyFree] = lazyFree >> 10
        figures[.swap] = swap >> 10
        figures[.swapPss] = Int(swapPss >> 22)
        figures[.locked] = isLocked ? Int(pss >> 22) : 0
        return figures
    }
}
