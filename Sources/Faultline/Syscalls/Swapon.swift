extension Machine {
    /// swapon(2) of a new file on the disk, or of a device of compressed memory.
    ///
    /// - Parameter bytes: its size, the header among it, rounded down to whole pages.
    /// - Throws: EBUSY where an area is on, EINVAL for less than two pages, and for more than 64 GiB.
    public func swapOn(bytes: UInt64, compressed: Bool = false) throws(Errno) {
        if swap.area != nil { throw refuse(.EBUSY, .swapIsOn) }
        guard bytes >> 12 >= 2, bytes >> 12 <= Self.largestArea else {
            throw refuse(
                .EINVAL, .argument("SIZE", .count(Int64(bitPattern: bytes)), "a swap area has 8K to 64G here"))
        }
        swap.area = SwapArea(pages: bytes >> 12, isCompressed: compressed)
        // Where the kernel's read-ahead stands is left from earlier; programs begin with a window of 1 and a cold read far away.
        swap.hits = 0
        swap.previousSlot = Self.firstPreviousSlot
        swap.previousWindow = 1
    }

    /// The slot that counts as read last when an area comes.
    private static var firstPreviousSlot: UInt64 { 251 }
    /// Pages. The kernel takes more; here each slot has a record of the host's, and 64 GiB of them take a gigabyte.
    private static var largestArea: UInt64 { 1 << 24 }

    /// swapoff(2): every page comes back, then the area goes.
    ///
    /// - Throws: EINVAL where none is on, ENOMEM where not all pages find a frame; what came back stays.
    public func swapOff() throws(Errno) {
        guard swap.area != nil else { throw refuse(.EINVAL, .noSwapArea) }
        swap.area?.isLeaving = true
        // `reinsert_swap_info`
        defer { swap.area?.isLeaving = false }
        physical.isShort = false
        do { try unuseSwap() } catch { throw gaveUp(error) }
        forgetSwapUsers()
        swap.area = nil
    }

    /// `try_to_unuse`: memory files, then the entries of every address space, then pages that no entry names.
    private func unuseSwap() throws(Errno) {
        if swap.area?.usedCount == 0 { return }
        for mapping in swap.users.files {
            try unuseSwap(mapping)
            mapping.pointee.mayBeSwapped = false
            swap.users.remove(mapping)
        }
        for mm in swap.users.addressSpaces where mm.pointee.swapEntries > 0 {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                if vma.pointee.anonVMA != nil { try unuseSwap(vma) }
            }
        }
        guard let end = swap.area?.end else { return }
        for slot in 1..<end { _ = reclaimCachedSlot(slot, .anyway) }
    }

    /// `unuse_pte_range`.
    private func unuseSwap(_ vma: Handle<VMArea>) throws(Errno) {
        var entries: [(EntryPointer, UInt64, VirtualAddress)] = []
        forEachSwapped(vma, vma.pointee.start, vma.pointee.end) { address, entry, slot in
            entries.append((entry, slot, address))
        }
        for (entry, slot, address) in entries {
            var found = swap.area?.cachedFrame(slot)
            if let pfn = found { folio(of: pfn).get() } else { found = readSwapAhead(slot, vma, address) }
            guard let pfn = found else { throw refuse(.ENOMEM, .noFrame("a page of the swap area")) }
            if mustCopySwapped(pfn, vma, address) {
                // Its reference is not the entry's then; the swap cache has another one.
                let isCopied = copySwapped(vma, address, entry, pfn, isOld: true)
                putPage(pfn)
                if !isCopied {
                    throw refuse(.ENOMEM, .noFrame("a copy of a page that comes back from the swap area"))
                }
            } else {
                unuseEntry(vma, address, entry, pfn)
            }
            freeSwapEntry(slot)
            let folio = folio(of: pfn)
            folio.get()
            freeSwapSlot(of: pfn)
            putPage(folio.pfn, folio.head)
        }
    }

    /// `unuse_pte`: the page is mapped old and read-only. The reference becomes the entry's.
    private func unuseEntry(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer, _ pfn: PFN) {
        let isExclusive = entry.pointee & SwapEntry.exclusiveBit != 0
        vma.pointee.mm.pointee.swapEntries &-= 1
        addSwappedInRmap(pfn, page(pfn), vma, address, isExclusive: isExclusive)
        entry.pointee = PTE(pfn: pfn, protection: pageProtection(vma)).clearing(PTE.accessedBit).rawValue
        emit(.pageMapped, .swapIn, address, pfn)
    }

    /// The swap area as /proc/swaps shows it; nil where none is on.
    public var swapArea: SwapAreaView? {
        swap.area.map {
            SwapAreaView(
                path: $0.isCompressed ? "/dev/zram0" : "/swapfile", isDevice: $0.isCompressed, slots: $0.slotCount,
                used: $0.usedCount)
        }
    }

    /// The slots in use (`si_swapinfo`); 0 without an area.
    public var usedSwapSlots: UInt64 { swap.area?.usedCount ?? 0 }

    /// What went to the swap area and came back so far.
    public var swapCounts: SwapCounts { swap.counts }

    /// Whether a swap area is on.
    public var hasSwapArea: Bool { swap.area != nil }

    /// Waits until the disk is quiet and no page is on its way to an LRU list, as programs do before each access while an area is on.
    package func settleSwap() {
        guard swap.area != nil else { return }
        swap.inFlight.removeAll()
        drainAllBatches()
        runSwapWorker()
        drainAllBatches()
    }

    /// A write to a file of the kernel's settings that swap has: `vm/page-cluster`, `swap/vma_ra_enabled`.
    ///
    /// - Returns: false for a file that is none of them.
    /// - Throws: EINVAL for a value that it does not take.
    package func setSwapSetting(_ file: String, _ value: String) throws(Errno) -> Bool {
        switch file {
        case "vm/page-cluster":
            // proc_dointvec_minmax, with page_cluster_max.
            guard let number = UInt32(value), number <= 31 else { throw refuseSetting(file, value) }
            swap.pageCluster = number
        case "swap/vma_ra_enabled":
            switch value {
            case "1", "true", "y", "on": swap.readsByAddress = true
            case "0", "false", "n", "off": swap.readsByAddress = false
            default: throw refuseSetting(file, value)
            }
        default: return false
        }
        return true
    }

    private func refuseSetting(_ file: String, _ value: String) -> Errno {
        refuse(.EINVAL, .argument("VALUE", .name(value), "\(file) does not take it"))
    }
}

/// A swap area as /proc/swaps shows it.
public struct SwapAreaView: Sendable, Equatable {
    /// Its file or device.
    public let path: String
    /// Whether it is a device.
    public let isDevice: Bool
    /// Pages that it can hold.
    public let slots: UInt64
    /// Those that are in use.
    public let used: UInt64
}
