/// Which memory may have huge pages (`thp_vma_allowable_orders` in `mm/huge_memory.c`).
extension Machine {
    /// Who asks: `enum tva_type`.
    enum HugePageUse {
        /// smaps, for THPeligible.
        case smaps
        /// A fault, which looks itself whether its own range fits.
        case fault
        /// khugepaged.
        case scan
        /// MADV_COLLAPSE: what /sys says does not matter.
        case collapse
    }

    /// The orders of folios that a VMA may have, a bit each.
    func hugePageOrders(_ vma: Handle<VMArea>, _ use: HugePageUse) -> UInt32 {
        let flags = vma.pointee.flags
        guard vma.pointee.isAnonymous else { return use == .smaps ? sharedHugePageOrders(vma) : 0 }
        if isHugePageDisabled(vma, use) { return 0 }
        var orders: UInt32 = use == .collapse ? 1 << 9 : huge.settings.orders(isAdvised: flags.has(.hugePage))
        if orders == 0 { return 0 }
        // VM_NO_KHUGEPAGED.
        if use == .scan || use == .collapse, flags.hasAny(VMFlags.special.adding(.hugeTLB)) { return 0 }
        if use != .fault {
            while orders != 0, !holdsFolio(vma, order: Self.highest(orders)) {
                orders &= ~(1 << Self.highest(orders))
            }
        }
        if vma.pointee.anonVMA == nil, use == .scan || use == .collapse { return 0 }
        return orders
    }

    /// Whether a VMA may have pages of 2 MiB.
    func mayHaveWholePages(_ vma: Handle<VMArea>, _ use: HugePageUse) -> Bool {
        hugePageOrders(vma, use) & 1 << 9 != 0
    }

    /// `highest_order`.
    static func highest(_ orders: UInt32) -> UInt32 { UInt32(31 - orders.leadingZeroBitCount) }

    /// `vma_thp_disabled`.
    private func isHugePageDisabled(_ vma: Handle<VMArea>, _ use: HugePageUse) -> Bool {
        if vma.pointee.flags.has(.noHugePage) { return true }
        switch vma.pointee.mm.pointee.hugePagesDisabled {
        case 0: return false
        case 1: return true
        // PR_THP_DISABLE_EXCEPT_ADVISED.
        default: return !vma.pointee.flags.has(.hugePage) && use != .collapse
        }
    }

    /// `thp_vma_suitable_order` at the end of the VMA: an aligned range of the size lies within. The kernel's sum wraps, so that every
    /// VMA that ends below the size passes.
    private func holdsFolio(_ vma: Handle<VMArea>, order: UInt32) -> Bool {
        let size: UInt64 = 4096 << UInt64(order)
        return (vma.pointee.end &- size) & ~(size - 1) >= vma.pointee.start
    }

    /// The same of 2 MiB.
    func holdsLargePage(_ vma: Handle<VMArea>) -> Bool { holdsFolio(vma, order: 9) }

    /// `shmem_allowable_huge_orders` of shared memory without a name (`vma_is_anon_shmem`), for smaps.
    private func sharedHugePageOrders(_ vma: Handle<VMArea>) -> UInt32 {
        guard vma.pointee.kind == .file, let mapping = vma.pointee.file?.pointee.mapping,
            mapping.pointee.kind == .shmem, mapping.pointee.name == shm.zeroName, !isHugePageDisabled(vma, .smaps)
        else { return 0 }
        let settings = huge.settings
        let isAdvised = vma.pointee.flags.has(.hugePage)
        func fits(_ order: Int) -> Bool {
            let pages: UInt64 = 1 << UInt64(order)
            let first = (vma.pointee.pgoff &+ pages) & ~(pages - 1)
            return mapping.pointee.endIndex >= first
        }
        func serves(_ word: HugePageSettings.SharedMemory) -> Bool {
            switch word {
            case .always, .force: true
            case .withinSize: fits(9) || isAdvised
            case .advise: isAdvised
            case .never, .deny: false
            }
        }
        if settings.sharedMemory == .deny { return 0 }
        let inherits = serves(settings.sharedMemory)
        var result: UInt32 = 0
        for order in HugePageSettings.orders {
            let isServed: Bool
            switch settings[sharedMemory: order] {
            case .always: isServed = true
            case .inherit: isServed = inherits
            case .withinSize: isServed = fits(order)
            case .advise: isServed = isAdvised
            case .never: isServed = false
            }
            let size: UInt64 = 1 << UInt64(order)
            let isAligned = (vma.pointee.start >> 12 &- vma.pointee.pgoff) & (size - 1) == 0
            if isServed, isAligned, holdsFolio(vma, order: UInt32(order)) { result |= 1 << UInt32(order) }
        }
        return result
    }

    // MARK: khugepaged's list

    /// `khugepaged_enter_vma`: khugepaged scans the address space from now on, if the VMA may have 2 MiB.
    func enterScanList(_ vma: Handle<VMArea>) {
        let mm = vma.pointee.mm
        if mm.pointee.isScanned || !huge.settings.hasWholePages || !mayHaveWholePages(vma, .scan) { return }
        enterScanList(mm)
    }

    /// `__khugepaged_enter`.
    func enterScanList(_ mm: Handle<MMStruct>) {
        if mm.pointee.isScanned { return }
        mm.pointee.isScanned = true
        if huge.scanned.isEmpty { huge.nextScan = clock.now &+ HugePages.scanInterval }
        huge.scanned.append(mm.pointee.serial)
    }

    /// `khugepaged_exit`.
    func leaveScanList(_ mm: Handle<MMStruct>) {
        guard mm.pointee.isScanned, let place = huge.scanned.firstIndex(of: mm.pointee.serial) else { return }
        huge.scanned.remove(at: place)
        if place < huge.scanPlace {
            huge.scanPlace -= 1
        } else if place == huge.scanPlace {
            huge.scanAddress = 0
        }
    }
}
