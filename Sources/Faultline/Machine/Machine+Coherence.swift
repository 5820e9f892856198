extension Machine {
    /// Whether every use of a TLB entry is compared with the page tables; slow, and off at first.
    ///
    /// What is found is collected for ``takeStaleUses()``. A kernel that flushes in time never has any.
    public var checksCoherence: Bool {
        get { cpu.mmu.check != nil }
        set { cpu.mmu.setCheck(newValue) }
    }

    /// Whether flushes of the TLB are left out, as in a kernel that forgets them; only while uses are compared. Results are no longer those of
    /// a real kernel then.
    public var dropsFlushes: Bool {
        get { cpu.mmu.check?.dropsFlushes ?? false }
        set { cpu.mmu.check?.dropsFlushes = newValue }
    }

    /// A number for what the caller does now, such as a program's line; the changes of page tables note it.
    public var coherenceMark: Int {
        get { cpu.mmu.check?.mark ?? 0 }
        set { cpu.mmu.check?.mark = newValue }
    }

    /// The uses of stale TLB entries since the last call, oldest first.
    public func takeStaleUses() -> [StaleUse] {
        guard let check = cpu.mmu.check, !check.uses.isEmpty else { return [] }
        defer { check.uses.removeAll() }
        return check.uses.map(named)
    }

    /// With the process whose address space it is.
    func named(_ use: StaleUse) -> StaleUse {
        var use = use
        use.process = processes.last { $0.isAlive && $0.mm.pointee.context == use.context }?.index
        return use
    }
}
