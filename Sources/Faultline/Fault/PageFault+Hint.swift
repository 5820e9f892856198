/// A fault that the kernel asked for, to learn who uses a page.
struct HintingFault {
    /// Who used it last; nil where nobody is known.
    let lastUser: CPUAndProcess?
    let pages: Int64
    /// TNF_FAULT_LOCAL: the page was on the node of the CPU.
    let isLocal: Bool
    /// TNF_MIGRATE_FAIL.
    var failed = false
}

/// NUMA hinting faults (`do_numa_page` in `mm/memory.c`, `do_huge_pmd_numa_page` in `mm/huge_memory.c`).
extension Machine {
    /// `do_numa_page`: the entry gets its rights back, and the page goes to the node of the CPU if its policy has nothing against it.
    @inline(never)
    func faultHinted(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer) -> FaultOutcome {
        let visible = PTE(rawValue: withoutHint(entry.pointee, in: vma, isHuge: false))
        let upgrades = mayUpgradeWrites(vma)
        let isWritable = visible.isWritable || upgrades && mayWriteAgain(vma, visible)
        guard case .page(let pfn) = EntryState(lastLevel: entry.pointee) else {
            restore(entry, visible, write: isWritable)
            return .handled(isMajor: false)
        }
        let folio = folio(of: pfn)
        var fault = note(folio, vma)
        let node = physical.nodes.node(of: pfn)
        guard let target = misplacedNode(vma, address, of: folio, on: node) else {
            emit(.hintingFault, fault.isLocal ? .hintLocal : .hintStays, address, pfn)
            restoreAll(folio, vma, address, entry, pfn, upgrades: upgrades, write: isWritable)
            return finish(fault, node)
        }
        if migrateMisplaced(folio, vma, to: target) {
            emit(.hintingFault, .hintMoves, address, readPTE(vma.pointee.mm, address).pfn)
            return finish(fault, target)
        }
        fault.failed = true
        emit(.hintingFault, .hintFails, address, pfn)
        restoreAll(folio, vma, address, entry, pfn, upgrades: upgrades, write: isWritable)
        return finish(fault, node)
    }

    /// `do_huge_pmd_numa_page`.
    @inline(never)
    func faultHintedHuge(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer) -> FaultOutcome {
        let start = address & ~(PageSize.large - 1)
        var visible = withoutHint(entry.pointee, in: vma, isHuge: true) | PTE.accessedBit
        guard let folio = hugeFolio(entry) else {
            setUpperEntry(entry, visible)
            return .handled(isMajor: false)
        }
        if mayUpgradeWrites(vma), mayWriteHugeAgain(vma, visible, folio) { visible |= PTE.writeBit }
        var fault = note(folio, vma)
        let node = physical.nodes.node(of: folio.pfn)
        if let target = misplacedNode(vma, start, of: folio, on: node) {
            if migrateMisplaced(folio, vma, to: target) {
                let moved = hugeFolio(entry)?.pfn ?? 0
                emit(.hintingFault, .hintMoves, start, moved)
                return finish(fault, target)
            }
            fault.failed = true
            emit(.hintingFault, .hintFails, start, folio.pfn)
        } else {
            emit(.hintingFault, fault.isLocal ? .hintLocal : .hintStays, start, folio.pfn)
        }
        setUpperEntry(entry, visible)
        return finish(fault, node)
    }

    /// `numa_migrate_check` up to the policy.
    private func note(_ folio: Folio, _ vma: Handle<VMArea>) -> HintingFault {
        numa.areas[vma]?.active |= AreaScan.bit(cpu.task?.takeUnretainedValue().processID ?? 0)
        numa.counts.faults += 1
        let isLocal = physical.nodes.node(of: folio.pfn) == physical.cpuNode
        if isLocal { numa.counts.localFaults += 1 }
        return HintingFault(lastUser: lastUser(of: folio), pages: Int64(folio.pageCount), isLocal: isLocal)
    }

    private func finish(_ fault: HintingFault, _ node: Int) -> FaultOutcome {
        if let task = cpu.task?.takeUnretainedValue() { noteHintingFault(task, fault, node: node) }
        return .handled(isMajor: false)
    }

    /// `folio_last_cpupid`; nil where all its bits are set.
    func lastUser(of folio: Folio) -> CPUAndProcess? {
        folio.head.pointee.has(.visited) ? numa.lastUser(folio.pfn) : nil
    }

    // MARK: The entries

    /// `numa_rebuild_single_mapping`.
    private func restore(_ entry: EntryPointer, _ visible: PTE, write: Bool) {
        entry.pointee = visible.rawValue | PTE.accessedBit | (write ? PTE.writeBit : 0)
    }

    /// `numa_rebuild_large_mapping`: all entries of the table that map the folio and fault get their rights back, where it has several pages.
    private func restoreAll(
        _ folio: Folio, _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pfn: PFN,
        upgrades: Bool, write: Bool
    ) {
        if !folio.isLarge {
            return restore(entry, PTE(rawValue: withoutHint(entry.pointee, in: vma, isHuge: false)), write: write)
        }
        let page = address.pageAlignedDown
        let table = page & ~(PageTableLevel.pmdSize - 1)
        let first = max(Int64(bitPattern: page &- (pfn - folio.pfn) << 12), Int64(max(table, vma.pointee.start)))
        let last = min(
            page &+ (folio.pfn + folio.pageCount - pfn) << 12, table &+ PageTableLevel.pmdSize, vma.pointee.end)
        for place in stride(from: VirtualAddress(first), to: last, by: Int(PageSize.base)) {
            let other = entry + (Int(place >> 12) - Int(page >> 12))
            guard isHinted(other.pointee, in: vma), folio.frames.contains(PTE(rawValue: other.pointee).pfn) else {
                continue
            }
            let visible = PTE(rawValue: withoutHint(other.pointee, in: vma, isHuge: false))
            restore(other, visible, write: visible.isWritable || upgrades && mayWriteAgain(vma, visible))
        }
    }

    /// `can_change_pmd_writable`.
    private func mayWriteHugeAgain(_ vma: Handle<VMArea>, _ entry: UInt64, _ folio: Folio) -> Bool {
        guard vma.pointee.flags.has(.write) else { return false }
        if entry & PTE.userfaultWPBit != 0, vma.pointee.flags.has(.userfaultWP) { return false }
        if vma.pointee.flags.has(.shared) { return entry & PTE.dirtyBit != 0 }
        return folio.isAnonymous && folio.head.pointee.has(.anonExclusive)
    }
}
