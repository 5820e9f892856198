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
    ///
    /// - Parameter coming: the flags that the VMA is about to have; nil where they stay.
    func hugePageOrders(_ vma: Handle<VMArea>, _ use: HugePageUse, coming: VMFlags? = nil) -> UInt32 {
        let flags = coming ?? vma.pointee.flags
        // Shared memory is asked by the flags that the VMA has.
        guard vma.pointee.isAnonymous else { return fileHugePageOrders(vma, use) }
        if isHugePageDisabled(vma, use, flags) { return 0 }
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
    func mayHaveWholePages(_ vma: Handle<VMArea>, _ use: HugePageUse, coming: VMFlags? = nil) -> Bool {
        hugePageOrders(vma, use, coming: coming) & 1 << 9 != 0
    }

    /// `highest_order`.
    static func highest(_ orders: UInt32) -> UInt32 { UInt32(31 - orders.leadingZeroBitCount) }

    /// `vma_thp_disabled`.
    func isHugePageDisabled(_ vma: Handle<VMArea>, _ use: HugePageUse, _ coming: VMFlags? = nil) -> Bool {
        let flags = coming ?? vma.pointee.flags
        if flags.has(.noHugePage) { return true }
        switch vma.pointee.mm.pointee.hugePagesDisabled {
        case 0: return false
        case 1: return true
        // PR_THP_DISABLE_EXCEPT_ADVISED.
        default: return !flags.has(.hugePage) && use != .collapse
        }
    }

    /// `thp_vma_suitable_order` at the end of the VMA: an aligned range of the size lies within. The kernel's sum wraps, so that every
    /// VMA that ends below the size passes.
    func holdsFolio(_ vma: Handle<VMArea>, order: UInt32) -> Bool {
        let size: UInt64 = 4096 << UInt64(order)
        return (vma.pointee.end &- size) & ~(size - 1) >= vma.pointee.start
    }

    /// `vma_thp_gfp_mask`: how hard `defrag` has a fault try.
    func hugePageFlags(_ vma: Handle<VMArea>?) -> GFPFlags {
        let light = AllocationRequest.hugePage.flags
        let isAdvised = vma?.pointee.flags.has(.hugePage) ?? false
        switch huge.settings.defrag {
        case .always: return light.union(.directReclaim).union(isAdvised ? [] : .noRetry)
        case .defer: return light.union(.kswapdReclaim)
        case .deferAndMadvise: return light.union(isAdvised ? .directReclaim : .kswapdReclaim)
        case .madvise: return isAdvised ? light.union(.directReclaim) : light
        case .never: return light
        }
    }

    // MARK: khugepaged's list

    /// `khugepaged_enter_vma`: khugepaged scans the address space from now on, if the VMA may have 2 MiB.
    func enterScanList(_ vma: Handle<VMArea>, coming: VMFlags? = nil) {
        let mm = vma.pointee.mm
        if mm.pointee.isScanned || !huge.settings.hasWholePages { return }
        if !mayHaveWholePages(vma, .scan, coming: coming) { return }
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
