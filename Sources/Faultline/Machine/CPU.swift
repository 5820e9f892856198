/// What a processor has of its own (`DEFINE_PER_CPU`). The machine has one at first; of several, ``Processors`` has the others.
struct CPU: ~Copyable {
    /// From 0.
    let number: Int
    /// Control registers, TLB and paging-structure caches.
    var mmu: MMU
    /// `cpu_fbatches`, `mlock_fbatch`: pages on their way to the LRU lists.
    var batches = FolioBatches()
    /// The table that the last fault on this CPU used.
    var lastTable: LastTable
    /// The table that the fault which is under way took for a file's page (``Machine/takeSpareTable(_:_:)``). None between faults.
    var spareTable: PFN?
    /// `current_task`: the index of the process that runs; a ``KernelThread`` by its number; -1 for none.
    var current: Int32 = -1
    /// The process that runs, or in whose place a kernel thread does; nil at first and after its exit. An access borrows it from
    /// here: its reference count costs as much as a hit in the TLB.
    var task: Unmanaged<Process>?

    init(number: Int = 0, mmu: consuming MMU, lastTable: LastTable) {
        self.number = number
        self.mmu = mmu
        self.lastTable = lastTable
    }

    /// `enter_lazy_tlb` and what goes before it: nobody runs here any more.
    mutating func goIdle() {
        current = -1
        task = nil
        if let context = mmu.spaces?.context, context != 0 { mmu.spaces?.isLazy = true }
    }
}
