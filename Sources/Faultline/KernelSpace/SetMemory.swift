/// What `set_memory_ro`, `set_memory_rw` and their like are about to do: `struct cpa_data` of `arch/x86/mm/pat/set_memory.c`.
private struct PageAttributeChange {
    let set: UInt64
    let clear: UInt64
    /// How many pages the last step was for.
    var pages: UInt64 = 0
    /// The frame that the last step found.
    var frame: PFN = 0
    /// CPA_FLUSHTLB: an entry is not what it was.
    var hasChanged = false
    /// `force_flush_all`: another mapping of the frame was changed, too.
    var flushesAll = false
}

extension Machine {
    /// Sets or clears bits in the entries of pages of the direct map or of the area of vmalloc (`change_page_attr_set_clr`). The direct
    /// map's entries of an area's frames follow. A large page that is not changed as a whole is split first, and stays split: nothing
    /// joins it again when the bits go back.
    ///
    /// - Throws: EINVAL for an address that is not a page's, EFAULT where nothing is mapped, ENOMEM without a frame for a table.
    func changeKernelPages(
        _ address: VirtualAddress, pages: UInt64, set: UInt64, clear: UInt64
    ) throws(Errno) {
        guard address.isPageAligned else { throw refuse(.EINVAL, .unaligned("addr", address)) }
        // vm_unmap_aliases: what was freed lazily is no longer in the TLB.
        purgeVmapAreas(isFull: false)
        var change = PageAttributeChange(set: set, clear: clear)
        do { try changePages(address, pages, &change, isPrimary: true) } catch {
            // To be sure: cpa_flush_all.
            if change.hasChanged { flushKernelRange(0, .max) }
            throw error
        }
        // cpa_flush: everything where an alias was changed.
        if !change.hasChanged { return }
        if change.flushesAll { flushKernelRange(0, .max) } else { flushKernelRange(address, address &+ pages << 12) }
    }

    /// `__change_page_attr_set_clr`.
    private func changePages(
        _ address: VirtualAddress, _ pages: UInt64, _ change: inout PageAttributeChange, isPrimary: Bool
    ) throws(Errno) {
        var (place, rest) = (address, pages)
        while rest > 0 {
            change.pages = rest
            try changePage(place, &change, isPrimary: isPrimary)
            if isPrimary { try changeAlias(of: place, &change) }
            rest -= change.pages
            place &+= change.pages << 12
        }
    }

    /// `__change_page_attr`: one entry, of whatever size.
    private func changePage(
        _ place: VirtualAddress, _ change: inout PageAttributeChange, isPrimary: Bool
    ) throws(Errno) {
        while true {
            guard let (entry, level) = kernelEntry(place), entry.pointee != 0 else {
                return try changeUnmapped(place, &change, isPrimary: isPrimary)
            }
            let span: UInt64 = 1 << (level - 12)
            let inside = place >> 12 & (span - 1)
            let changed = entry.pointee & ~change.clear | change.set
            change.frame = (entry.pointee & PTE.addressMask) >> 12 + inside
            if level > PageTableLevel.pte {
                // __should_split_large_page
                change.pages = min(change.pages, span - inside)
                if changed == entry.pointee { return }
                if inside != 0 || change.pages != span {
                    guard splitKernelPage(entry, level, place) else {
                        throw refuse(.ENOMEM, .noFrame("a page table of the kernel's"))
                    }
                    continue
                }
            } else {
                change.pages = 1
            }
            if changed != entry.pointee {
                entry.pointee = changed
                change.hasChanged = true
                noteKernelChange(place, place &+ change.pages << 12, .setMemory)
            }
            return
        }
    }

    /// `__cpa_process_fault`: the direct map has holes where no RAM is, and they stay; elsewhere somebody has made a mistake.
    private func changeUnmapped(
        _ place: VirtualAddress, _ change: inout PageAttributeChange, isPrimary: Bool
    ) throws(Errno) {
        let frame = physicalAddress(place) >> 12
        if !isPrimary || frame < frames.endFrame {
            (change.pages, change.frame) = (1, frame)
            return
        }
        let digits = String(place, radix: 16)
        reportWarning(.changeAttributes, "CPA: called for zero pte. vaddr = \(digits) cpa->vaddr = \(digits)")
        throw refuse(.EFAULT, .notMappedInKernel(place))
    }

    /// `cpa_process_alias`: what is mapped elsewhere is in the direct map, too; there it stays without instructions.
    private func changeAlias(of place: VirtualAddress, _ change: inout PageAttributeChange) throws(Errno) {
        guard change.frame < frames.endFrame, physicalAddress(place) >> 12 >= frames.endFrame,
            let (entry, _) = kernelEntry(directMapped(change.frame << 12)), entry.pointee & PTE.presentBit != 0
        else { return }
        var alias = PageAttributeChange(
            set: change.set & ~PTE.noExecuteBit, clear: change.clear & ~PTE.noExecuteBit)
        change.flushesAll = true
        try changePages(directMapped(change.frame << 12), change.pages, &alias, isPrimary: false)
        if alias.hasChanged { change.hasChanged = true }
    }

    /// `__split_large_page`: a table of the next lower level with the same pages and rights. Nobody may hold translations of both
    /// sizes: everything is flushed.
    private func splitKernelPage(_ entry: EntryPointer, _ level: UInt64, _ address: VirtualAddress) -> Bool {
        guard let pfn = physical.allocateTable() else { return false }
        page(pfn).pointee.set(.table)
        kernel.initMM.tableCount += 1
        let table = frames.table(pfn)
        for index in 0..<512 { table[index] = PTE.part(of: entry.pointee, level, UInt64(index) << (level - 9)) }
        entry.pointee = pfn << 12 | PTE.kernelTable
        if physicalAddress(address) < frames.endFrame << 12 {
            // split_page_count
            let size = Int(level - PageTableLevel.pte) / 9
            kernel.initMM.directPages[size] -= 1
            kernel.initMM.directPages[size - 1] += 512
            kernel.initMM.splits[size - 1] += 1
        }
        flushKernelRange(0, .max)
        return true
    }
}
