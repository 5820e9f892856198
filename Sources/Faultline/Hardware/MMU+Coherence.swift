import CShim

extension MMU {
    /// Switches the coherence check on or off.
    mutating func setCheck(_ on: Bool) {
        guard on != (check != nil) else { return }
        check = on ? CoherenceCheck() : nil
        root = .max
        // SAFETY: cpu lives as long as self.
        fl_cpu_check_uses(cpu, on)
    }

    /// One access, with a look at the tables behind an entry that answers it.
    @inline(never)
    mutating func translateChecked(
        _ root: PFN, _ context: UInt32, _ address: VirtualAddress, _ kind: AccessKind
    ) -> Translation {
        switchTo(root, context)
        self.root = .max
        let before = cpu.pointee.counters.stale_uses
        // SAFETY: cpu lives as long as self.
        let result = fl_cpu_translate(cpu, address, fl_access_kind(rawValue: kind.rawValue))
        if cpu.pointee.counters.stale_uses != before { noteUse(cpu.pointee.last_stale, context) }
        if result.status == FL_WALK_OK.rawValue { return .physical(result.physical) }
        return Self.failure(result)
    }

    func noteUse(_ stale: fl_stale_use, _ context: UInt32) {
        guard let check else { return }
        check.uses.append(StaleUse(stale, context: context, change: check.change(of: stale.address, context: context)))
    }

    /// The first cached translation of a user address that the page tables no longer allow, or nil. Of the kernel's some may wait for
    /// a flush, see ``Machine/checkKernelTLB()``.
    func checkCoherence() -> StaleUse? {
        var stale = fl_stale_use()
        // SAFETY: cpu lives as long as self.
        guard fl_cpu_find_stale_below(cpu, 1 << 63, &stale) else { return nil }
        return staleUse(stale)
    }

    func staleUse(_ stale: fl_stale_use) -> StaleUse {
        let context = owners[Int(stale.context)]
        return StaleUse(stale, context: context, change: check?.change(of: stale.address, context: context))
    }
}

extension StaleUse {
    fileprivate init(_ stale: fl_stale_use, context: UInt32, change: PageTableChange?) {
        let difference: Difference =
            switch fl_stale_change(rawValue: stale.change) {
            case FL_STALE_UNMAPPED: .unmapped
            case FL_STALE_MOVED: .moved
            case FL_STALE_RIGHTS: .rights
            case FL_STALE_CLEAN: .clean
            default: .size
            }
        let entries: [Entry] = [.translation, .pageTable, .pageDirectory, .pageDirectoryPointerTable]
        self.init(
            address: stale.address, cpu: Int(stale.cpu), process: nil, context: context,
            entry: entries[Int(stale.level)], cached: stale.cached,
            current: difference == .unmapped ? nil : stale.current & PTE.addressMask, difference: difference,
            change: change)
    }
}
