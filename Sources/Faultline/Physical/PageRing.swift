/// One list of `struct per_cpu_pages`: blocks of one order and migrate type, ready to be handed out. What was freed last is handed out
/// first; what was freed first goes back to the buddy lists first. A ring of frame numbers.
struct PageRing {
    private let base: UnsafeMutablePointer<UInt32>
    private let mask: Int
    private var top = 0
    private var bottom = 0

    /// A ring of a power of two entries at `base`, which the caller owns.
    init(_ base: UnsafeMutablePointer<UInt32>, capacity: Int) {
        self.base = base
        mask = capacity - 1
    }

    @inline(__always) var count: Int { top &- bottom }

    /// The block that came last; nil where there is none.
    @inline(__always)
    mutating func pop() -> PFN? {
        if top == bottom { return nil }
        top &-= 1
        // SAFETY: the mask keeps the place inside the ring.
        return PFN(base[top & mask])
    }

    /// Precondition: the ring is not full; ``PerCPUPages`` sees to it.
    @inline(__always)
    mutating func push(_ pfn: PFN) {
        // SAFETY: the mask keeps the place inside the ring.
        base[top & mask] = UInt32(truncatingIfNeeded: pfn)
        top &+= 1
    }

    /// `list_add_tail`: behind all others.
    mutating func pushLast(_ pfn: PFN) {
        bottom &-= 1
        // SAFETY: as above.
        base[bottom & mask] = UInt32(truncatingIfNeeded: pfn)
    }

    /// `list_last_entry` and the ones before it: the block that is `index` places from the end. Precondition: below the count.
    @inline(__always)
    func fromEnd(_ index: Int) -> PFN { PFN(base[(bottom &+ index) & mask]) }

    /// The block that is `index` places below the one that comes next, or any other number.
    @inline(__always)
    func ahead(_ index: Int) -> PFN { PFN(base[(top &- 1 &- index) & mask]) }

    /// Takes blocks off the end.
    mutating func dropLast(_ number: Int) { bottom &+= number }

    /// The blocks, those that go back first in front.
    func forEach(_ body: (PFN) -> Void) { for index in 0..<count { body(fromEnd(index)) } }

    /// Copies its blocks into an image.
    func save(into image: inout MemoryImage) {
        var from = bottom & mask
        var rest = count
        while rest > 0 {
            let part = min(rest, mask + 1 - from)
            // Whole words, which an image is made of.
            let first = from & ~1
            image.add(base + first, count: (from + part + 1) & ~1 - first)
            rest -= part
            from = 0
        }
    }
}
