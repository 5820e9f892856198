extension Machine {
    /// Whether every use of a TLB entry is compared with the page tables; slow, and off at first.
    ///
    /// What is found is collected for ``takeStaleUses()``. A kernel that flushes in time never has any.
    public var checksCoherence: Bool {
        get { cpu.mmu.check != nil }
        set {
            cpu.mmu.setCheck(newValue)
            for case let other? in processors.parked { other.cpu.mmu.setCheck(newValue) }
        }
    }

    /// Whether flushes of the TLB are left out, as in a kernel that forgets them; only while uses are compared. Results are no longer those of
    /// a real kernel then.
    public var dropsFlushes: Bool {
        get { cpu.mmu.check?.dropsFlushes ?? false }
        set { everyCheck.forEach { $0.dropsFlushes = newValue } }
    }

    /// A number for what the caller does now, such as a program's line; the changes of page tables note it.
    public var coherenceMark: Int {
        get { cpu.mmu.check?.mark ?? 0 }
        set { everyCheck.forEach { $0.mark = newValue } }
    }

    /// The uses of stale TLB entries since the last call, oldest first.
    public func takeStaleUses() -> [StaleUse] {
        let checks = everyCheck
        defer { checks.forEach { $0.uses.removeAll() } }
        return checks.flatMap(\.uses).map(named)
    }

    /// CPUs that the interrupt of a flush does not reach, a bit each: a kernel that leaves a CPU out of its mask is like this. Only while
    /// uses are compared.
    public var losesShootdowns: UInt64 {
        get { processors.deaf }
        set { processors.deaf = newValue }
    }

    /// Those of all CPUs, by their numbers; none while uses are not compared.
    private var everyCheck: [CoherenceCheck] {
        if !processors.areSeveral { return cpu.mmu.check.map { [$0] } ?? [] }
        return processors.parked.compactMap { $0 == nil ? cpu.mmu.check : $0?.cpu.mmu.check }
    }

    /// With the process whose address space it is.
    func named(_ use: StaleUse) -> StaleUse {
        var use = use
        use.process = processes.last { $0.isAlive && $0.mm.pointee.context == use.context }?.index
        return use
    }
}
