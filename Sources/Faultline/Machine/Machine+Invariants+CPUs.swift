/// What holds of the CPUs.
extension Machine {
    /// No TLB has a translation that the tables do not allow, but under a PCID that is flushed before its next use.
    func checkTLBs() -> String? {
        if let stale = cpu.mmu.checkCoherence(isCurrent) { return named(stale).description }
        for case let other? in processors.parked {
            if let stale = other.cpu.mmu.checkCoherence(isCurrent) { return named(stale).description }
        }
        return checkProcessors()
    }

    /// Whether an address space lives, and nothing was flushed in it since a generation.
    private func isCurrent(_ context: UInt32, _ generation: UInt64) -> Bool {
        liveAddressSpaces.contains { $0.mm.pointee.context == context && $0.mm.pointee.tlbGeneration == generation }
    }

    /// Flushes that the CPUs made by themselves: where a PCID changed hands, and when they were brought up.
    var flushesOfTheirOwn: (handovers: UInt64, first: UInt64) {
        var sums = (cpu.mmu.handovers, cpu.mmu.firstFlushes)
        for case let other? in processors.parked {
            sums.0 += other.cpu.mmu.handovers
            sums.1 += other.cpu.mmu.firstFlushes
        }
        return sums
    }

    /// Each place has its CPU; what runs on a CPU lives, belongs there, and has its address space loaded, which knows of the CPU.
    private func checkProcessors() -> String? {
        if !processors.areSeveral { return nil }
        if !processors.gathers.isEmpty { return "a call has ended, and its flushes are gathered still" }
        for (number, other) in processors.parked.enumerated() {
            if (other?.cpu.number ?? cpu.number) != number { return "CPU \(number) is not in its place" }
            let problem = other.map { checkSpaces($0.cpu) } ?? checkSpaces(cpu)
            if let problem { return "CPU \(number): \(problem)" }
        }
        return nil
    }

    private func checkSpaces(_ cpu: borrowing CPU) -> String? {
        guard let state = cpu.mmu.spaces else { return "it keeps no list of address spaces" }
        if cpu.batches.lock.count >= FolioBatches.capacity { return "its lock batch is full" }
        for (_, mm) in liveAddressSpaces {
            for number in 0..<AddressSpaceIDs.count where state.slots[number].context == mm.pointee.context {
                if state.slots[number].generation > mm.pointee.tlbGeneration {
                    return "a PCID was flushed for a change that is still to come"
                }
            }
            guard state.context == mm.pointee.context else { continue }
            if mm.pointee.cpuMask >> UInt64(cpu.number) & 1 == 0 {
                return "it has an address space loaded whose mask lacks it"
            }
            if !state.isLazy, state.generation != mm.pointee.tlbGeneration, !isDeaf(cpu.number) {
                return "it runs in an address space and missed a flush of it"
            }
        }
        guard let running = cpu.task else { return nil }
        let (place, context) = running._withUnsafeGuaranteedRef { (Int($0.cpu), $0.mm.pointee.context) }
        if place != cpu.number { return "a process of CPU \(place) runs there" }
        return state.context == context ? nil : "another address space is loaded than its process's"
    }

    private func isDeaf(_ number: Int) -> Bool { processors.deaf >> UInt64(number) & 1 != 0 }
}
