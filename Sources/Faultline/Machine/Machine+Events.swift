extension Machine {
    /// Starts or stops collecting events.
    public func trace(_ on: Bool) {
        isTracing = on
        physical.notesFallbacks = on
        physical.fallbacks = []
        hearsRefusals = on || keepsRefusals
    }

    /// The events since the last call, oldest first.
    public func takeEvents() -> [Event] {
        defer { events.removeAll(keepingCapacity: true) }
        if vmaLocks.isOn { vmaLocks = VMALockTrace(isOn: true) }
        return events
    }

    /// While a statement is under way, hands events over as soon as there are `count` of them, so that the host need not hold all
    /// of a long one; ``takeEvents()`` has the rest. `taker` may stop the trace, and calls nothing else of the machine.
    package func handEventsOver(every count: Int, to taker: @escaping ([Event]) -> Void) {
        (eventLimit, eventTaker) = (count, taker)
    }

    /// How translations were found so far, by all CPUs, since the machine was made or ``resetTLBStatistics()``.
    public var tlbStatistics: TLBStatistics {
        guard let tlbStatisticsBefore else { return countedByTLBs }
        return countedByTLBs - tlbStatisticsBefore
    }

    /// ``tlbStatistics`` counts from 0 again. What the TLBs hold stays.
    public func resetTLBStatistics() { tlbStatisticsBefore = countedByTLBs }

    /// What the TLB of one CPU of several counted since it was brought up.
    public func tlbStatistics(ofCPU number: Int) -> TLBStatistics {
        let isParked = processors.parked.indices.contains(number)
        return (isParked ? processors.parked[number]?.cpu.mmu.statistics : nil) ?? cpu.mmu.statistics
    }

    /// All CPUs together.
    var countedByTLBs: TLBStatistics {
        processors.parked.reduce(cpu.mmu.statistics) { sum, other in other.map { sum + $0.cpu.mmu.statistics } ?? sum }
    }

    /// Gives the host the memory of free frames back. Programs see no difference; the frames read zero as before.
    ///
    /// - Returns: the bytes of the frames, which the host may never have given in full.
    /// - Throws: ``MachineError/hostKeepsMemory``.
    @discardableResult
    public func giveBackFreedMemory() throws(MachineError) -> UInt64 { try physical.giveBackFree() << 12 }
}
