/// Which address spaces a CPU keeps translations of, and as of when (`struct tlb_state`, `cpu_tlbstate`): six numbers that are handed
/// out in turn, each of which stands for a PCID. A machine with one CPU does without: each address space has a PCID of its own there.
struct AddressSpaceIDs {
    /// `TLB_NR_DYN_ASIDS`.
    static var count: Int { 6 }

    /// `struct tlb_context`: whose translations the PCID holds, and the `tlb_gen` up to which it was flushed.
    struct Slot: Equatable {
        var context: UInt32
        var generation: UInt64

        /// Of nobody.
        static var none: Slot { Slot(context: .max, generation: 0) }
    }

    /// A CPU that has just come up, with the kernel's own tables.
    init() { slots[0] = Slot(context: 0, generation: 1) }

    /// `ctxs`.
    var slots = InlineArray<6, Slot>(repeating: .none)
    /// `loaded_mm_asid`.
    var loaded = 0
    /// `next_asid`.
    var next = 1
    /// `loaded_mm`, by its context; 0 for `init_mm`, the kernel's own.
    var context: UInt32 = 0
    /// `is_lazy`: the kernel alone runs here, with the tables of the process before.
    var isLazy = false

    /// `tlb_gen` up to which the loaded one was flushed.
    var generation: UInt64 {
        get { slots[loaded].generation }
        set { slots[loaded].generation = newValue }
    }

    /// `choose_new_asid`: a number for an address space, and whether what the CPU holds under it must go.
    mutating func choose(_ context: UInt32, _ generation: UInt64, hasPCIDs: Bool) -> (number: Int, isStale: Bool) {
        if !hasPCIDs { return (0, true) }
        for number in 0..<Self.count where slots[number].context == context {
            return (number, slots[number].generation < generation)
        }
        if next >= Self.count {
            next = 1
            return (0, true)
        }
        defer { next += 1 }
        return (next, true)
    }

    /// Whether a PCID holds nothing that an access may use before a flush: it is not loaded, or no one runs on it.
    func mayBeStale(_ number: Int) -> Bool { number != loaded || isLazy }
}
