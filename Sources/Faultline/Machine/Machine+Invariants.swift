extension Machine {
    /// Checks the machine's state against itself: VMAs, page tables, reverse mapping, counters, allocators, the TLB.
    ///
    /// - Returns: what is wrong first, or nil. Costs as much as everything that is mapped.
    public func checkInvariants() -> String? {
        var census = FrameCensus()
        if let problem = checkUsers() { return problem }
        for (process, mm) in liveAddressSpaces {
            if let problem = checkAddressSpace(process, mm, &census) {
                return "process \(process.index): \(problem)"
            }
        }
        if let problem = checkRemembered() { return problem }
        if let problem = checkAnonVMAs() ?? checkMerging() { return problem }
        if let problem = checkFrames(census) ?? checkFolios(census) { return problem }
        if let problem = checkCommitment() ?? checkUserfaults() ?? checkHugePool() { return problem }
        if let problem = checkFiles(census) { return problem }
        if let problem = checkRings() ?? checkPolicies() ?? checkBalancing() ?? checkTmpfs() ?? checkSwap(census)
            ?? checkSwapUsers() ?? checkLRU(census)
        {
            return problem
        }
        if let problem = physical.checkInvariants() { return problem }
        if let problem = checkSlabs() ?? checkKernelObjects() ?? checkKernelSpace() { return problem }
        if let problem = checkUsedFrames(census) { return problem }
        if let problem = checkFlushes() { return problem }
        if let problem = checkWindows() { return problem }
        if let problem = checkKernelTLB() { return problem }
        return checkTLBs()
    }

    /// The CPU flushed what `TLBFlush` told it to, and what a PCID that changes hands takes with it.
    func checkFlushes() -> String? {
        let counted = countedByTLBs.flushes
        let (handovers, firstFlushes) = flushesOfTheirOwn
        if counted[0] == flushes.pages, counted[1] == flushes.contexts + handovers,
            counted[2] == flushes.everything + firstFlushes
        {
            return nil
        }
        return
            "the CPU flushed \(counted[0]) pages, \(counted[1]) contexts and everything \(counted[2]) times, the kernel asked for "
            + "\(flushes.pages), \(flushes.contexts) and \(flushes.everything), and \(handovers) PCIDs changed hands"
    }

    /// How often each frame was found in page tables.
    struct FrameCensus {
        var mapped: [PFN: Int32] = [:]
        /// How often each large folio was found mapped by one entry, and by which address spaces at all.
        var entire: [PFN: Int32] = [:]
        var owners: [PFN: Set<UInt32>] = [:]
        var tables: Set<PFN> = []
        /// How often each slot of the swap area was found in page tables.
        var swapped: [UInt64: UInt32] = [:]
    }

    // MARK: Address spaces

    private func checkAddressSpace(
        _ process: Process, _ mm: Handle<MMStruct>, _ census: inout FrameCensus
    ) -> String? {
        if let problem = mm.pointee.tree.checkInvariants() { return "VMA tree: \(problem)" }
        if mm.pointee.mapCount != mm.pointee.tree.count {
            return "map_count is \(mm.pointee.mapCount), VMAs are \(mm.pointee.tree.count)"
        }
        var totals = VMATotals()
        var rss = RSSCount()
        var cursor = mm.pointee.tree.cursor()
        var end: VirtualAddress = 0
        var entries = 0
        while let vma = cursor.next() {
            if vma.pointee.start < end { return "VMAs overlap at \(hex(vma.pointee.start))" }
            end = vma.pointee.end
            if let problem = checkVMA(vma) { return "VMA \(hex(vma.pointee.start)): \(problem)" }
            totals.add(vma.pointee)
            if let problem = countEntries(vma, &rss, &census, &entries) { return problem }
        }
        if let problem = totals.difference(from: mm.pointee) { return problem }
        if let problem = checkProtectionKeys(process) { return problem }
        if rss.anonymous != mm.pointee.anonPages || rss.file != mm.pointee.filePages
            || rss.shmem != mm.pointee.shmemPages
        {
            return "rss counters are \(mm.pointee.anonPages)/\(mm.pointee.filePages)/\(mm.pointee.shmemPages) "
                + "(anon/file/shmem), page tables hold \(rss.anonymous)/\(rss.file)/\(rss.shmem)"
        }
        if rss.pool != mm.pointee.poolPages {
            return "hugetlb_usage is \(mm.pointee.poolPages) pages, page tables hold \(rss.pool)"
        }
        if rss.swapped != mm.pointee.swapEntries {
            return "MM_SWAPENTS is \(mm.pointee.swapEntries), page tables hold \(rss.swapped)"
        }
        return checkTables(mm, entries, &census)
    }

    func checkVMA(_ vma: Handle<VMArea>) -> String? {
        if !vma.pointee.start.isPageAligned || !vma.pointee.end.isPageAligned || vma.pointee.start >= vma.pointee.end {
            return "its bounds are not page-aligned or empty"
        }
        if vma.pointee.protection != PTE.protection(vma.pointee.flags) {
            return "its page protection is not its flags'"
        }
        if (vma.pointee.userfault != nil) != vma.pointee.flags.hasAny(.userfault) {
            return "its flags and its userfaultfd do not fit"
        }
        if vma.pointee.anonVMA != nil && vma.pointee.chainFirst == nil { return "an anon_vma without a chain" }
        var ownsLink = vma.pointee.anonVMA == nil
        var chain = vma.pointee.chainFirst
        while let link = chain {
            let interval = link.pointee.interval
            if link.pointee.vma != vma { return "a chain link belongs to another VMA" }
            if !interval.isLinked || interval.start != vma.pointee.pgoff
                || interval.last != vma.pointee.pgoff &+ vma.pointee.pageCount &- 1
            {
                return "a chain link's interval is stale"
            }
            if link.pointee.anonVMA == vma.pointee.anonVMA { ownsLink = true }
            chain = link.pointee.next
        }
        if !ownsLink { return "its anon_vma is not in its chain" }
        if vma.pointee.file != nil, !vma.pointee.interval.isLinked { return "it is not in the file's i_mmap" }
        return nil
    }

    private func countEntries(
        _ vma: Handle<VMArea>, _ rss: inout RSSCount, _ census: inout FrameCensus, _ entries: inout Int
    ) -> String? {
        var problem: String?
        var local = RSSCount()
        var found: [PFN] = []
        var count = 0
        forEachEntry(vma) { address, pte in
            count += 1
            if pte.isPresent, pte.protectionKey != vma.pointee.flags.protectionKey {
                problem = "the entry of \(hex(address)) has another protection key than its VMA"
            }
            switch EntryState(lastLevel: pte.rawValue) {
            case .page: break
            case .special: return
            case .swap(let swapped):
                local.swapped += 1
                census.swapped[swapped.offset, default: 0] += 1
                return
            case .marker(.guardRegion) where vma.pointee.flags.has(.maybeGuard): return
            // A mark of a userfaultfd outlives its registration.
            case .marker(.userfaultWP), .marker(.poisoned): return
            case .none, .marker, .migration, .table, .huge:
                problem = "the entry of \(hex(address)) is neither a page nor a guard marker of a VMA that has some"
            }
            guard problem == nil else { return }
            let folio = folio(of: pte.pfn)
            if folio.head.pointee.has(.hugeTLB) { local.pool += 1 } else { local.add(folio.head.pointee) }
            found.append(pte.pfn)
            problem = checkEntry(vma, address, pte, folio)
        }
        rss.add(local)
        entries += count
        for pfn in found {
            census.mapped[pfn, default: 0] += 1
            let folio = folio(of: pfn)
            if folio.isLarge { census.owners[folio.pfn, default: []].insert(vma.pointee.mm.pointee.context) }
        }
        return problem
    }

    /// The page's owner must lead back to this very entry.
    func checkEntry(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ pte: PTE, _ folio: Folio
    ) -> String? {
        let record = page(pte.pfn).pointee
        // Made where it is needed: most entries are right.
        var name: String { "frame \(pte.pfn) at \(hex(address))" }
        if folio.index(of: pte.pfn) != vma.pointee.pageIndex(address), !folio.head.pointee.isMerged {
            return "\(name): its index does not fit the address"
        }
        // While an entry maps a folio as a whole, its head alone says whether it is exclusive.
        let isExclusive =
            record.has(.anonExclusive) || (folio.entireMapCount > 0 && folio.head.pointee.has(.anonExclusive))
        if folio.isAnonymous, pte.isWritable, !isExclusive {
            return "\(name): writable but not exclusive"
        }
        if record.has(PageFlag.anonExclusive), folio.mapCount(of: pte.pfn) != 1 {
            return "\(name): exclusive but mapped often"
        }
        if record.has(PageFlag.anonExclusive), !folio.isAnonymous { return "\(name): exclusive but not anonymous" }
        if pte.isWritable, !vma.pointee.flags.has(.write) { return "\(name): writable in a read-only VMA" }
        // ksmd had no frame left to take apart what it could not finish.
        if !folio.isLarge {
            if record.mapping == PageRecord.mergedOwner { return nil }
            if let node = record.stableNode, !isNamed(vma, address, by: node) { return nil }
        }
        var isFound = false
        forEachMappingPlace(of: pte.pfn) { other, at in
            if other == vma, at == address { isFound = true }
        }
        return isFound ? nil : "\(name): the reverse map does not find the entry"
    }

    func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}

/// Pages that an address space's counters should have.
private struct RSSCount {
    var anonymous: Int64 = 0, file: Int64 = 0, shmem: Int64 = 0, swapped: Int64 = 0, pool: Int64 = 0

    mutating func add(_ record: PageRecord) {
        if record.isAnonymous {
            anonymous += 1
        } else if record.has(PageFlag.swapBacked) {
            shmem += 1
        } else {
            file += 1
        }
    }

    mutating func add(_ other: RSSCount) {
        anonymous += other.anonymous
        file += other.file
        shmem += other.shmem
        swapped += other.swapped
        pool += other.pool
    }
}

/// What the VMAs add up to.
private struct VMATotals {
    var total: UInt64 = 0, locked: UInt64 = 0, data: UInt64 = 0, exec: UInt64 = 0, stack: UInt64 = 0

    mutating func add(_ vma: VMArea) {
        total += vma.pageCount
        if vma.flags.has(.locked) { locked += vma.pageCount }
        if vma.flags.isExecMapping {
            exec += vma.pageCount
        } else if vma.flags.isStackMapping {
            stack += vma.pageCount
        } else if vma.flags.isDataMapping {
            data += vma.pageCount
        }
    }

    func difference(from mm: MMStruct) -> String? {
        for (name, counted, kept) in [
            ("total_vm", total, mm.totalVM), ("data_vm", data, mm.dataVM), ("exec_vm", exec, mm.execVM),
            ("stack_vm", stack, mm.stackVM), ("locked_vm", locked &+ mm.unreturnedLockedVM, mm.lockedVM),
        ] where counted != kept {
            return "\(name) is \(kept), VMAs have \(counted)"
        }
        return nil
    }
}
