/// The last-level table that a fault on a file takes before it looks for the page: the page may have to come from the disk, and what then
/// puts it into the table may not wait for memory (`prealloc_pte` of `struct vm_fault`, `mm/memory.c`).
extension Machine {
    /// `pte_alloc_one` of `do_fault_around` and `__do_fault`: takes the table where none is at the address and none was taken.
    ///
    /// - Returns: false when no frame is free.
    @inline(never)
    func takeSpareTable(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> Bool {
        if cpu.spareTable != nil { return true }
        guard let pmd = allocatePMD(mm, address) else { return false }
        if pmd.pointee != 0 { return true }
        cpu.spareTable = makeTableFrame()
        return cpu.spareTable != nil
    }

    /// The end of `do_fault`: gives the table back that was not needed.
    func dropSpareTable() {
        guard let pfn = cpu.spareTable else { return }
        cpu.spareTable = nil
        nodeStatistics.pageTables -= 1
        putPage(pfn)
    }
}
