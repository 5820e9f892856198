/// Flushes that a machine with several CPUs makes once for a whole call (`mm/mmu_gather.c`). With one CPU nothing is gathered.
extension Machine {
    /// `tlb_gather_mmu`. - Returns: whether this call is the one that flushes; false where a caller gathers already.
    @inline(__always)
    func beginGather(_ mm: Handle<MMStruct>, isWhole: Bool = false) -> Bool {
        if !processors.areSeveral { return false }
        if processors.gathers.last?.mm == mm { return false }
        processors.gathers.append(TLBGather(mm: mm, isWhole: isWhole))
        return true
    }

    /// `tlb_finish_mmu`.
    @inline(__always)
    func endGather(_ isOwner: Bool) {
        if isOwner { finishGather() }
    }

    @inline(never)
    private func finishGather() {
        flushGather()
        processors.gathers.removeLast()
    }

    /// Whether what is zapped or protected in an address space is flushed by its gather.
    func gathers(_ mm: Handle<MMStruct>) -> Bool { processors.gathers.last?.mm == mm }

    /// `tlb_flush_mmu_tlbonly`.
    private func flushGather() {
        guard let gather = processors.gathers.last, !gather.isEmpty else { return }
        processors.gathers[processors.gathers.count - 1].reset()
        if gather.isWhole {
            shootDown(gather.mm, 0, MMU.FlushRequest.everything, shift: 12, freesTables: true)
        } else {
            shootDown(gather.mm, gather.start, gather.end, shift: gather.shift, freesTables: gather.freesTables)
        }
    }

    /// The entries of a table before a change, to be compared with those after it.
    func copyEntries(_ entries: EntryPointer, _ count: Int) -> [UInt64] { (0..<count).map { entries[$0] } }

    /// `tlb_flush_pte_range` of each entry that lost something, and the flush that a dirty page of a file asks for before its page is
    /// given back (`tlb_delay_rmap`).
    func gatherChanges(_ before: [UInt64], _ entries: EntryPointer, _ start: VirtualAddress, forces: Bool = false) {
        guard !processors.gathers.isEmpty else { return }
        let last = processors.gathers.count - 1
        for (index, old) in before.enumerated() where PTE.needsFlush(old, entries[index]) {
            let address = start &+ UInt64(index) << 12
            processors.gathers[last].add(address, address &+ PageSize.base, shift: PageTableLevel.pte)
        }
        if forces { flushGather() }
    }

    /// Whether a dirty page of a file is among the entries, which a zap takes.
    func hasDirtyFilePage(_ entries: [UInt64]) -> Bool {
        entries.contains {
            let pte = PTE(rawValue: $0)
            guard case .page(let pfn) = EntryState(lastLevel: $0), pte.isDirty else { return false }
            return !folio(of: pfn).isAnonymous
        }
    }

    /// `tlb_remove_pmd_tlb_entry` and its like: an entry that spans more than a page.
    @inline(__always)
    func gatherHuge(_ start: VirtualAddress, _ level: UInt64) {
        if !processors.gathers.isEmpty {
            processors.gathers[processors.gathers.count - 1].add(start, start &+ 1 << level, shift: level)
        }
    }

    /// `pte_free_tlb` and its like: a table goes, of the level that its event names.
    @inline(__always)
    func gatherTable(_ mm: Handle<MMStruct>, _ address: VirtualAddress, _ event: Event.Kind) {
        if processors.areSeveral { addTable(mm, address, event) }
    }

    @inline(never)
    private func addTable(_ mm: Handle<MMStruct>, _ address: VirtualAddress, _ event: Event.Kind) {
        guard gathers(mm) else { return }
        let level =
            switch event {
            case .pteTableFreed: PageTableLevel.pmd
            case .pmdTableFreed: PageTableLevel.pud
            default: PageTableLevel.pgd
            }
        let last = processors.gathers.count - 1
        let start = address & ~((UInt64(1) << level) - 1)
        processors.gathers[last].add(start, start &+ PageSize.base, shift: level)
        processors.gathers[last].freesTables = true
    }
}

extension PTE {
    /// `pte_needs_flush`: what the TLB may hold of the old entry is more than the new one allows, or lies elsewhere.
    static func needsFlush(_ old: UInt64, _ new: UInt64) -> Bool {
        if old & presentBit == 0 || old == new { return false }
        if (old ^ new) & addressMask != 0 { return true }
        let cleared = dirtyBit | presentBit | accessedBit
        let changed = writeBit | userBit | pageSizeBit | protectionKeyMask | noExecuteBit
        return (old ^ new) & old & cleared != 0 || (old ^ new) & changed != 0
    }
}
