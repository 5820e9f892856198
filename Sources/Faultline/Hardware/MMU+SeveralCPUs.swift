import CShim

/// A CPU of several: it keeps an address space's translations while others run there, and flushes what went stale meanwhile when the
/// address space comes back (`arch/x86/mm/tlb.c`).
extension MMU {
    /// What a CPU is to flush: `struct flush_tlb_info`.
    struct FlushRequest {
        /// Whose translations.
        let context: UInt32
        /// The range; ``everything`` as its end for the whole address space (`TLB_FLUSH_ALL`).
        let start: VirtualAddress
        let end: VirtualAddress
        /// Log2 of the distance between two entries (`stride_shift`).
        let shift: UInt64
        /// `new_tlb_gen`.
        let generation: UInt64
        /// Page tables go: also a CPU that only keeps the address space loaded must let go of it.
        let freesTables: Bool
        /// A CPU that has gone on to another address space is to leave the mask (`trim_cpumask`).
        let trims: Bool

        static var everything: UInt64 { .max }
        /// Pages of a distance, -1 for all, as the tracepoint counts them.
        func pages(_ shift: UInt64) -> UInt64 { end == Self.everything ? .max : (end &- start) >> shift }
    }

    /// What a request came to on a CPU.
    enum Answer {
        /// The CPU has another address space loaded.
        case wrongCPU
        /// Nobody runs: the CPU is to leave the address space.
        case lazy
        /// An earlier request brought this.
        case done
        /// So many pages, as the tracepoint counts them, `.max` for everything; and how many were flushed one by one.
        case flushed(UInt64, singly: UInt64)
    }

    /// The PCID of a number: 0 is the one of a processor without PCIDs.
    func pcid(ofNumber number: Int) -> UInt32 { pcidMask == 0 ? 0 : UInt32(number) + 1 }

    /// `load_new_mm_cr3`. - Returns: whether what the PCID held was flushed.
    mutating func load(_ root: PFN, _ context: UInt32, generation: UInt64) -> Bool {
        guard var state = spaces else { preconditionFailure("one CPU has no numbers to choose from") }
        let (number, isStale) = state.choose(context, generation, hasPCIDs: pcidMask != 0)
        let pcid = pcid(ofNumber: number)
        if isStale {
            if let check {
                check.settle(context: owners[Int(pcid)])
                check.settle(context: context)
            }
            state.slots[number] = AddressSpaceIDs.Slot(context: context, generation: generation)
            handovers &+= 1
        }
        (state.loaded, state.context, state.isLazy) = (number, context, false)
        spaces = state
        owners[Int(pcid)] = context
        _ = fl_cpu_load_cr3(cpu, root << 12 | UInt64(pcid) | (isStale ? 0 : 1 << 63))
        self.root = check != nil ? .max : root
        self.context = context
        return isStale
    }

    /// `switch_mm_irqs_off` of the address space that is loaded, after the CPU was lazy: a flush of all that it holds.
    mutating func reloadStale(_ root: PFN, generation: UInt64) {
        guard let state = spaces else { return }
        let pcid = pcid(ofNumber: state.loaded)
        check?.settle(context: state.context)
        spaces?.generation = generation
        handovers &+= 1
        _ = fl_cpu_load_cr3(cpu, root << 12 | UInt64(pcid))
    }

    /// An access of an address space that no switch brought here: one of the kernel's own, or of a test.
    mutating func switchAmongSpaces(_ root: PFN, _ context: UInt32) {
        guard let state = spaces, state.context == context else {
            // What is as old as generation 0 is flushed when the address space comes by a switch.
            _ = load(root, context, generation: 0)
            return
        }
        let pcid = pcid(ofNumber: state.loaded)
        if pcid != 0 { _ = fl_cpu_load_cr3(cpu, root << 12 | UInt64(pcid) | 1 << 63) }
        self.root = root
        self.context = context
    }

    /// `should_flush_tlb`.
    func shouldFlush(_ request: FlushRequest) -> Bool {
        guard let state = spaces else { return true }
        if request.freesTables { return true }
        if state.isLazy { return false }
        return state.context == request.context || request.trims
    }

    /// `flush_tlb_func`.
    mutating func answer(_ request: FlushRequest) -> Answer {
        guard let state = spaces, state.context == request.context else { return .wrongCPU }
        if state.isLazy { return .lazy }
        if request.generation <= state.generation { return .done }
        defer { spaces?.generation = request.generation }
        let pcid = pcid(ofNumber: state.loaded)
        let drops = check?.dropsFlushes ?? false
        if request.end == FlushRequest.everything || request.generation != state.generation &+ 1 {
            if drops { return .flushed(.max, singly: 0) }
            check?.settle(context: request.context)
            _ = fl_cpu_invpcid(cpu, FL_INVPCID_CONTEXT.rawValue, UInt64(pcid), 0)
            return .flushed(.max, singly: 0)
        }
        let pages = request.pages(request.shift)
        if drops { return .flushed(pages, singly: 0) }
        check?.settle(context: request.context, from: request.start, to: request.end)
        var address = request.start
        var count: UInt64 = 0
        while address < request.end {
            _ = fl_cpu_invpcid(cpu, FL_INVPCID_ADDRESS.rawValue, UInt64(pcid), address)
            address &+= 1 << request.shift
            count &+= 1
        }
        return .flushed(pages, singly: count)
    }

    /// The first cached translation of a user address that the page tables no longer allow, among those that an access may use before a
    /// flush. `isCurrent` says whether an address space lives and was flushed up to a generation here.
    func checkCoherence(_ isCurrent: (UInt32, UInt64) -> Bool) -> StaleUse? {
        guard let state = spaces else { return checkCoherence() }
        var skipped: UInt64 = 0
        for number in 0..<AddressSpaceIDs.count {
            let slot = state.slots[number]
            if state.mayBeStale(number), !isCurrent(slot.context, slot.generation) {
                skipped |= 1 << UInt64(pcid(ofNumber: number))
            }
        }
        var stale = fl_stale_use()
        // SAFETY: cpu lives as long as self.
        guard fl_cpu_find_stale_but(cpu, 1 << 63, skipped, &stale) else { return nil }
        return staleUse(stale)
    }
}

extension MMU {
    /// `initialize_tlbstate_and_flush`.
    mutating func beginKeepingSpaces() {
        spaces = AddressSpaceIDs()
        _ = fl_cpu_invpcid(cpu, FL_INVPCID_ALL.rawValue, 0, 0)
        owners.update(repeating: 0, count: Int(FL_PCIDS))
        (root, context) = (.max, 0)
    }
}
