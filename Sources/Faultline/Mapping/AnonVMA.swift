/// What anonymous pages point to in order to find the VMAs that may map them: `struct anon_vma` (`include/linux/rmap.h`).
struct AnonVMA {
    var root: Handle<AnonVMA>
    var parent: Handle<AnonVMA>
    /// Child anon_vmas, and one for a root itself (`num_children`).
    var childCount: Int32
    /// VMAs whose `anonVMA` is this one (`num_active_vmas`).
    var activeVMACount: Int32
    /// Itself, plus its descendants' links to a root; freed at 0.
    var refcount: Int32
    /// The chains by the page range of their VMA.
    var tree = IntervalTree<AnonVMAChain>()
    /// Order of creation, for printing.
    var serial: UInt64
}

/// One link between a VMA and an anon_vma: `struct anon_vma_chain`.
struct AnonVMAChain: IntervalTreeRecord {
    let vma: Handle<VMArea>
    let anonVMA: Handle<AnonVMA>
    /// Towards the older links of the same VMA (`same_vma`).
    var next: Handle<AnonVMAChain>?
    var previous: Handle<AnonVMAChain>?
    /// In the anon_vma's tree; start and last are `vm_pgoff` pages.
    var interval = IntervalNode()

    static let intervalNodeOffset = MemoryLayout<AnonVMAChain>.offset(of: \AnonVMAChain.interval).unsafelyUnwrapped
}
