extension Machine {
    /// Starts or stops collecting events.
    public func trace(_ on: Bool) {
        isTracing = on
        hearsRefusals = on || keepsRefusals
    }

    /// The events since the last call, oldest first.
    public func takeEvents() -> [Event] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// How the CPU's translations were found so far.
    public var tlbStatistics: TLBStatistics { mmu.statistics }

    /// Gives the host the memory of free frames back. Programs see no difference; the frames read zero as before.
    ///
    /// - Returns: the bytes of the frames, which the host may never have given in full.
    /// - Throws: ``MachineError/hostKeepsMemory``.
    @discardableResult
    public func giveBackFreedMemory() throws(MachineError) -> UInt64 { try physical.giveBackFree() << 12 }
}
