/// `set_memory_ro`, `set_memory_rw` and their like (`arch/x86/mm/pat/set_memory.c`).
extension Machine {
    /// Sets or clears bits in the entries of pages of the direct map or of the area of vmalloc (`change_page_attr_set_clr`). A large
    /// page that is not changed as a whole is split first, and stays split: nothing joins it again when the bits go back.
    ///
    /// - Throws: EINVAL for an address that is not a page's, EFAULT where nothing is mapped, ENOMEM without a frame for a table.
    func changeKernelPages(
        _ address: VirtualAddress, pages: UInt64, set: UInt64, clear: UInt64
    ) throws(Errno) {
        guard address.isPageAligned else { throw refuse(.EINVAL, .unaligned("addr", address)) }
        var place = address
        let end = address &+ pages << 12
        while place != end {
            guard let (entry, level) = kernelEntry(place), entry.pointee & PTE.presentBit != 0 else {
                throw refuse(.EFAULT, .notMappedInKernel(place))
            }
            let span: UInt64 = 1 << level
            if level > PageTableLevel.pte, place & (span - 1) != 0 || end &- place < span {
                if entry.pointee & set == set, entry.pointee & clear == 0 {
                    place = min((place | (span - 1)) &+ 1, end)
                    continue
                }
                guard splitKernelPage(entry, level, place) else {
                    throw refuse(.ENOMEM, .noFrame("a page table of the kernel's"))
                }
                continue
            }
            entry.pointee = entry.pointee & ~clear | set
            place &+= span
        }
    }

    /// `split_large_page`: a table of the next lower level with the same pages and rights.
    private func splitKernelPage(_ entry: EntryPointer, _ level: UInt64, _ address: VirtualAddress) -> Bool {
        guard let pfn = physical.allocateTable() else { return false }
        page(pfn).pointee.set(.table)
        kernel.initMM.tableCount += 1
        let table = frames.table(pfn)
        for index in 0..<512 { table[index] = PTE.part(of: entry.pointee, level, UInt64(index) << (level - 9)) }
        entry.pointee = pfn << 12 | PTE.kernelTable
        let isDirect = physicalAddress(address) < frames.endFrame << 12
        if isDirect {
            // update_page_count
            let size = Int(level - PageTableLevel.pte) / 9
            kernel.initMM.directPages[size] -= 1
            kernel.initMM.directPages[size - 1] += 512
        }
        return true
    }
}
