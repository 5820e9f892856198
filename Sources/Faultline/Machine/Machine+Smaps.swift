/// A process's memory at one moment: what `/proc/PID/smaps`, `pagemap`, `kpagecount` and `kpageflags` say.
public struct ProcessSnapshot: Sendable {
    /// `VmPTE`, in KiB.
    public var pageTablesKiB: Int
    /// `VmLck`, in KiB.
    public var lockedKiB: UInt64
    /// `VmSize` and `VmRSS`, in KiB.
    public var sizeKiB: Int
    /// `VmRSS`, in KiB.
    public var rssKiB: Int
    /// In the order of addresses.
    public var vmas: [VMASnapshot]
}

/// One VMA of a snapshot.
public struct VMASnapshot: Sendable {
    /// The first address.
    public var start: VirtualAddress
    /// The address after the last.
    public var end: VirtualAddress
    /// Such as `rw-p`.
    public var permissions: String
    /// In bytes.
    public var offset: UInt64
    /// As smaps shows it, without ` (deleted)`; empty for none.
    public var name: String
    /// The name with each newline as `\012`, as maps and smaps write it (`seq_path`); no other character is changed.
    public var escapedName: String {
        name.utf8.contains(10)
            ? name.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\012") : name
    }
    /// The names of the flags, such as `rd wr mr mw me ac`.
    public var flags: String
    /// In KiB, in the order of smaps.
    public var figures = SmapsFigures()
    /// Pages that are there, in the order of addresses; empty when they were not asked for.
    public var pages: [PageSnapshot] = []
}

/// The figures of one VMA in `/proc/PID/smaps`, in KiB.
public struct SmapsFigures: Sendable, Equatable {
    public var rss = 0, pss = 0, pssDirty = 0
    public var sharedClean = 0, sharedDirty = 0, privateClean = 0, privateDirty = 0
    public var referenced = 0, anonymous = 0, lazyFree = 0, locked = 0
    /// 1 when the VMA may have huge pages.
    public var thpEligible = 0
    /// The VMA's protection key, 0 to 15; smaps has the line only where the processor has keys.
    public var protectionKey = 0
}

/// One page-table entry of a VMA.
public struct PageSnapshot: Sendable, Equatable {
    /// What the entry holds.
    public enum Content: Sendable, Equatable {
        case zeroPage
        case guardMarker
        /// In a swap area, or on its way to another frame.
        case swapped
        case frame(PFN)
    }

    /// The byte address that it concerns, or 0.
    public var address: VirtualAddress
    /// What stands behind it.
    public var content: Content
    /// A page of a file or of shared memory (bit 61 of pagemap).
    public var isFile = false
    /// How many entries map the frame.
    public var mapCount = 0
    /// `KPF_DIRTY`.
    public var isDirty = false
    /// `KPF_SWAPBACKED`.
    public var isSwapBacked = false
    /// `PG_anon_exclusive`, which bit 34 of kpageflags shows for anonymous pages: the page belongs to one process, which may
    /// write to it without a copy. A fork clears it for both; the write that finds no other holder sets it again.
    public var isAnonExclusive = false
    /// The entry allows writes: none of them takes a fault.
    public var isWritable = false
}

extension Machine {
    /// The state of a process.
    ///
    /// - Parameter listsPages: says of a VMA, by start and end, whether its pages are wanted.
    /// - Throws: ESRCH.
    package func snapshot(
        _ process: Int, listsPages: (VirtualAddress, VirtualAddress) -> Bool = { _, _ in true }
    ) throws(Errno) -> ProcessSnapshot {
        guard processes.indices.contains(process), processes[process].isAlive else { throw .ESRCH }
        let mm = processes[process].mm
        var result = ProcessSnapshot(
            pageTablesKiB: Int(mm.pointee.tableFrames) * 4, lockedKiB: mm.pointee.lockedVM &* 4,
            sizeKiB: Int(mm.pointee.totalVM) * 4, rssKiB: Int(mm.pointee.rssPages) * 4, vmas: [])
        var cursor = mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            result.vmas.append(snapshot(vma, listsPages: listsPages(vma.pointee.start, vma.pointee.end)))
        }
        return result
    }

    private func snapshot(_ vma: Handle<VMArea>, listsPages: Bool) -> VMASnapshot {
        let flags = vma.pointee.flags
        var result = VMASnapshot(
            start: vma.pointee.start, end: vma.pointee.end, permissions: flags.permissions,
            offset: vma.pointee.file == nil ? 0 : vma.pointee.pgoff << 12, name: name(of: vma),
            flags: flags.mnemonics)
        var sums = SmapsSums()
        forEachEntry(vma) { address, pte in
            if listsPages { result.pages.append(pageSnapshot(address, pte)) }
            guard pte.isPresent, !pte.isSpecial else { return }
            let folio = folio(of: pte.pfn)
            sums.add(folio.head.pointee, pte, mapCount: folio.mapCount(of: pte.pfn))
        }
        result.figures = sums.figures(isLocked: flags.has(.locked))
        result.figures.thpEligible = isHugePageEligible(vma) ? 1 : 0
        result.figures.protectionKey = Int(flags.protectionKey)
        return result
    }

    private func pageSnapshot(_ address: VirtualAddress, _ pte: PTE) -> PageSnapshot {
        switch EntryState(lastLevel: pte.rawValue) {
        case .special: return PageSnapshot(address: address, content: .zeroPage)
        case .marker: return PageSnapshot(address: address, content: .guardMarker)
        case .swap, .migration: return PageSnapshot(address: address, content: .swapped)
        case .page: break
        case .none, .table, .huge: preconditionFailure(EntryState.misplaced)
        }
        let folio = folio(of: pte.pfn)
        let record = folio.head.pointee
        return PageSnapshot(
            address: address, content: .frame(pte.pfn), isFile: !record.isAnonymous,
            mapCount: Int(folio.mapCount(of: pte.pfn)),
            isDirty: record.has(PageFlag.dirty), isSwapBacked: record.has(PageFlag.swapBacked),
            isAnonExclusive: record.isAnonymous && page(pte.pfn).pointee.has(.anonExclusive),
            isWritable: pte.isWritable)
    }
}

/// Running sums of `smaps_account` (`fs/proc/task_mmu.c`), in bytes; Pss with 12 fractional bits.
private struct SmapsSums {
    var rss = 0, sharedClean = 0, sharedDirty = 0, privateClean = 0, privateDirty = 0
    var referenced = 0, anonymous = 0, lazyFree = 0
    var pss: UInt64 = 0
    var pssDirty: UInt64 = 0

    mutating func add(_ record: PageRecord, _ pte: PTE, mapCount: Int32) {
        let isDirty = pte.isDirty || record.has(PageFlag.dirty)
        rss += 4096
        if record.isAnonymous {
            anonymous += 4096
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
        SmapsFigures(
            rss: rss >> 10, pss: Int(pss >> 22), pssDirty: Int(pssDirty >> 22), sharedClean: sharedClean >> 10,
            sharedDirty: sharedDirty >> 10, privateClean: privateClean >> 10, privateDirty: privateDirty >> 10,
            referenced: referenced >> 10, anonymous: anonymous >> 10, lazyFree: lazyFree >> 10,
            locked: isLocked ? Int(pss >> 22) : 0)
    }
}
