/// Memory that lies side by side in the kernel's addresses only (`mm/vmalloc.c`).
extension Machine {
    /// Bytes of `struct vm_struct`.
    private static var recordBytes: UInt64 { 72 }

    /// `vmalloc`, `vzalloc`: pages mapped side by side, behind them one that is not (`VM_NO_GUARD` is never asked for).
    ///
    /// - Parameter isHuge: `vmalloc_huge`: entries of 2 MiB, where the size has some and there are blocks of them.
    /// - Returns: nil for a size of 0, one larger than RAM, and where no memory is left.
    /// - Parameter task: who waits until memory is relieved, where there is too little; nil for nobody.
    func vmalloc(_ bytes: UInt64, isHuge: Bool = false, for task: Process? = nil) -> VirtualAddress? {
        let pages = bytes >> 12 + (bytes & 4095 == 0 ? 0 : 1)
        guard bytes > 0, pages <= physical.totalPages else {
            if bytes > 0, let task { warn(task, .kernel, "vmalloc error: size \(bytes), exceeds total pages") }
            return nil
        }
        if isHuge, pages >= 512, let address = vmallocHuge(pages) { return address }
        return vmallocSmall(pages, align: PageSize.base, for: task)
    }

    private func vmallocSmall(_ pages: UInt64, align: UInt64, for task: Process? = nil) -> VirtualAddress? {
        guard let area = makeArea(pages << 12, align: align, kind: .vmalloc) else { return nil }
        guard let taken = takePages(pages, for: task) else {
            removeArea(area, pages: [])
            return nil
        }
        guard mapPages(area, taken) else {
            removeArea(area, pages: taken)
            return nil
        }
        kernel.vmalloc.frames[area.pointee.start] = taken
        kernel.vmalloc.pages += pages
        return area.pointee.start
    }

    /// `alloc_thread_stack_node`: a stack is aligned to its size.
    func vmallocStack() -> VirtualAddress? { vmallocSmall(Self.kernelStackBytes >> 12, align: Self.kernelStackBytes) }

    /// `vm_area_alloc_pages` of single pages: all or none. They come a hundred at once (`alloc_pages_bulk`), which says nothing of each; only
    /// one that comes alone is an allocation like others.
    func takePages(_ count: UInt64, for task: Process? = nil) -> [PFN]? {
        let request = AllocationRequest(.kernel.union(.highMemory).union(.noWarn))
        var taken: [PFN] = []
        taken.reserveCapacity(Int(count))
        let alone = count % 100 == 1 ? Int(count) - 1 : -1
        while taken.count < count {
            if let pfn = taken.count == alone ? allocatePage(request) : allocateInBulk(request) {
                taken.append(pfn)
                continue
            }
            if let task, relieve(task, request) { continue }
            if let task, task.isAlive {
                let size = UInt64(taken.count) << 12
                warn(task, .kernel.union(.highMemory), "vmalloc error: size \(size), failed to allocate pages")
            }
            for pfn in taken { putPage(pfn) }
            return nil
        }
        return taken
    }

    /// `__get_vm_area_node`: a place with its guard page, and the records that stand for it.
    func makeArea(
        _ bytes: UInt64, align: UInt64, kind: VmapKind, isGuarded: Bool = true, isHigh: Bool = false
    ) -> Handle<VmapArea>? {
        guard bringUpKernelSpace(), let record = kmalloc(Self.recordBytes, .kernel) else { return nil }
        guard let area = takeVmapArea(bytes + (isGuarded ? PageSize.base : 0), align: align, isHigh: isHigh) else {
            kfree(record)
            return nil
        }
        area.pointee.kind = kind
        area.pointee.pageCount = bytes >> 12
        area.pointee.record = record
        area.pointee.line = UInt64(kernel.callLine)
        (area.pointee.array, area.pointee.order, area.pointee.physical) = (0, 0, 0)
        return area
    }

    /// `vmap_pages_range`. The array of pages is an object, too: a page or less from kmalloc, else one of vmalloc's own.
    private func mapPages(_ area: Handle<VmapArea>, _ pfns: [PFN]) -> Bool {
        let arrayBytes = UInt64(pfns.count) * 8
        guard let array = kvmalloc(arrayBytes, .kernel) else { return false }
        area.pointee.array = array
        return mapFrames(pfns, at: area.pointee.start)
    }

    /// `vmap_pages_range_noflush`: frames side by side. - Returns: false without memory for a table; some are mapped then.
    func mapFrames(_ pfns: [PFN], at start: VirtualAddress) -> Bool {
        var place = start
        var entries = frames.table(kernel.initMM.pgd)
        for (position, pfn) in pfns.enumerated() {
            if position == 0 || PageTableLevel.index(place, PageTableLevel.pte) == 0 {
                guard let table = kernelTable(place, above: PageTableLevel.pte) else { return false }
                entries = table
            }
            entries[PageTableLevel.index(place, PageTableLevel.pte)] = pfn << 12 | PTE.kernel
            place &+= PageSize.base
        }
        return true
    }

    /// `vmalloc_huge`: whole blocks of 2 MiB, the rest in small pages would need a table below: the size is rounded up instead.
    private func vmallocHuge(_ pages: UInt64) -> VirtualAddress? {
        let blocks = (pages + 511) / 512
        guard let area = makeArea(blocks << 21, align: PageSize.large, kind: .vmalloc) else { return nil }
        area.pointee.order = 9
        var taken: [PFN] = []
        for index in 0..<blocks {
            let place = area.pointee.start + index << 21
            guard let table = kernelTable(place, above: PageTableLevel.pmd),
                table[PageTableLevel.index(place, PageTableLevel.pmd)] == 0,
                let pfn = allocatePage(AllocationRequest(.kernel.union(.highMemory).union(.noWarn), order: 9))
            else {
                removeArea(area, pages: taken)
                return nil
            }
            taken.append(pfn)
            _ = Folio.make(pfn, order: 9, in: frames)
            table[PageTableLevel.index(place, PageTableLevel.pmd)] = pfn << 12 | PTE.kernel | PTE.pageSizeBit
        }
        kernel.vmalloc.frames[area.pointee.start] = taken
        kernel.vmalloc.pages += blocks << 9
        return area.pointee.start
    }

    /// `vmap`: pages that the caller has, mapped side by side.
    func vmap(_ pfns: [PFN]) -> VirtualAddress? {
        guard !pfns.isEmpty, pfns.allSatisfy({ $0 < frames.endFrame }),
            let area = makeArea(UInt64(pfns.count) << 12, align: PageSize.base, kind: .vmap)
        else { return nil }
        if mapPages(area, pfns) { return area.pointee.start }
        removeArea(area, pages: [])
        return nil
    }

    /// `ioremap`: registers of a device, which no RAM is, uncached.
    ///
    /// - Throws: EINVAL for a size of 0, and for RAM, as the kernel's warning says; ENOMEM.
    func ioremap(_ address: PhysicalAddress, _ bytes: UInt64) throws(Errno) -> VirtualAddress {
        let first = address.pageAlignedDown
        let end = (address &+ bytes).pageAlignedUp
        guard bytes > 0, end > first, end <= 1 << 52 else { throw refuse(.EINVAL, .zeroLength("size")) }
        let pages = first >> 12..<end >> 12
        if pages.lowerBound < frames.endFrame, pages.contains(where: { isRAM($0) }) {
            if !kernel.hasWarnedOfRAM {
                kernel.hasWarnedOfRAM = true
                let last = pointerText(address &+ bytes &- 1)
                reportWarning(.mapDevice, "ioremap on RAM at \(pointerText(address)) - \(last)")
            }
            throw refuse(.EINVAL, .ioremapOfRAM(address))
        }
        guard let area = makeArea(end - first, align: PageSize.base, kind: .ioremap) else {
            throw refuse(.ENOMEM, .noFrame("an area of vmalloc"))
        }
        area.pointee.physical = first
        var place = area.pointee.start
        for pfn in pages {
            guard let table = kernelTable(place, above: PageTableLevel.pte) else {
                removeArea(area, pages: [])
                throw refuse(.ENOMEM, .noFrame("a page table of the kernel's"))
            }
            table[PageTableLevel.index(place, PageTableLevel.pte)] = pfn << 12 | PTE.kernel | PTE.cacheDisabledBit
            place &+= PageSize.base
        }
        return area.pointee.start + address & 4095
    }

    private func isRAM(_ pfn: PFN) -> Bool {
        guard pfn < frames.endFrame else { return false }
        return pfn >= 256 && physical.place(of: pfn) != .hole
    }

    /// `vfree`, `vunmap`, `iounmap`: the entries go at once, the frames too; the addresses wait for the purge.
    ///
    /// - Throws: EINVAL where no area begins, as the kernel's warning says.
    func vfree(_ address: VirtualAddress) throws(Errno) {
        if address == 0 { return }
        let area = kernel.vmalloc.find(address)
        // iounmap looks at the page alone.
        let isMisaligned = !address.isPageAligned && area?.pointee.kind != .ioremap
        guard let area, area.pointee.start == address.pageAlignedDown, area.pointee.kind != .perCPU, !isMisaligned
        else {
            let digits = pointerText(address).dropFirst(2)
            if isMisaligned { reportWarning(.removeArea, "Trying to vfree() bad address (\(digits))") }
            reportWarning(.freeArea, "Trying to vfree() nonexistent vm area (\(digits))")
            throw refuse(.EINVAL, .noVmapArea(address))
        }
        let taken = kernel.vmalloc.frames.removeValue(forKey: area.pointee.start) ?? []
        kernel.vmalloc.pages -= UInt64(taken.count) << UInt64(area.pointee.order)
        removeArea(area, pages: taken)
    }

    /// `vfree_atomic`: in an interrupt nothing may sleep: a worker frees it when the interrupt is over.
    func vfreeAtomic(_ address: VirtualAddress) {
        if address != 0 { kernel.vmalloc.deferred.append(address) }
    }

    /// `delayed_vfree_work`: the last that came is freed first.
    func runDeferredFrees() {
        if kernel.vmalloc.deferred.isEmpty { return }
        let addresses = kernel.vmalloc.deferred
        kernel.vmalloc.deferred = []
        for address in addresses.reversed() { try? vfree(address) }
    }

    /// `remove_vm_area`, and the frames that are the area's own.
    func removeArea(_ area: Handle<VmapArea>, pages: [PFN]) {
        if !kernel.watched.entries.isEmpty { forgetWatches(from: area.pointee.start, to: area.pointee.end) }
        unmapRange(area.pointee.start, area.pointee.pageCount << 12)
        for pfn in pages { putPage(pfn) }
        let (record, array) = (area.pointee.record, area.pointee.array)
        freeVmapArea(area)
        kfree(record)
        if array != 0 { kvfree(array) }
    }

    /// `kvmalloc`, as the kernel's own records ask for it: a page or less from kmalloc, else an area.
    func kvmalloc(_ bytes: UInt64, _ flags: GFPFlags) -> VirtualAddress? {
        bytes <= PageSize.base ? kmalloc(bytes, flags) : vmalloc(bytes)
    }

    /// `kvfree`. Precondition: the memory is one of the two.
    func kvfree(_ address: VirtualAddress) {
        if kernel.vmalloc.find(address) != nil { try? vfree(address) } else { kfree(address) }
    }

    /// `vunmap_range_noflush`: tables stay. The TLB may hold what was mapped until the purge.
    func unmapRange(_ start: VirtualAddress, _ bytes: UInt64) {
        var place = start
        noteKernelChange(start, start + bytes, .vunmap)
        while place < start + bytes {
            guard let (entry, level) = kernelEntry(place) else {
                place = (place | (PageSize.large - 1)) &+ 1
                continue
            }
            entry.pointee = 0
            place &+= 1 << level
        }
    }
}
