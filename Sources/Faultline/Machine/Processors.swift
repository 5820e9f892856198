/// A CPU on which no statement runs now.
final class ParkedCPU {
    @exclusivity(unchecked) var cpu: CPU

    init(_ cpu: consuming CPU) { self.cpu = cpu }
}

/// The CPUs of a machine that has several. The one on which the present call runs is ``Machine/cpu``, so that nothing takes longer for
/// there being others; these lie here, each at its number.
struct Processors {
    /// By number; nil for the one that runs. Empty where the machine has one CPU.
    var parked: [ParkedCPU?] = []
    /// The flushes that are gathered: `struct mmu_gather`, the innermost last.
    var gathers: [TLBGather] = []
    /// For ``Machine/losesShootdowns``: CPUs that get no interrupt for a flush.
    var deaf: UInt64 = 0

    /// Whether there are several.
    @inline(__always) var areSeveral: Bool { !parked.isEmpty }
    /// `nr_cpu_ids`.
    var count: Int { max(parked.count, 1) }
}

/// `struct mmu_gather` (`include/asm-generic/tlb.h`), as far as flushes go: what one call took out of an address space's tables and
/// has the TLBs forget at once.
struct TLBGather {
    let mm: Handle<MMStruct>
    /// `fullmm`: the address space ends.
    let isWhole: Bool
    var start: VirtualAddress = .max
    var end: VirtualAddress = 0
    /// `freed_tables`.
    var freesTables = false
    /// Of the smallest entries that went (`cleared_ptes` and so on), log2 of the bytes that each spans.
    var shift: UInt64 = 63

    var isEmpty: Bool { end == 0 && !isWhole }

    /// `__tlb_adjust_range`.
    mutating func add(_ start: VirtualAddress, _ end: VirtualAddress, shift: UInt64) {
        self.start = min(self.start, start)
        self.end = max(self.end, end)
        self.shift = min(self.shift, shift)
    }

    /// `__tlb_reset_range`.
    mutating func reset() { self = TLBGather(mm: mm, isWhole: isWhole) }
}
