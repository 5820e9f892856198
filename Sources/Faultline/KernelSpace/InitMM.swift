/// The page tables of the kernel itself: `init_mm` and `swapper_pg_dir`.
///
/// The upper half of every top-level table is a copy of this one. Its entries never change: the tables that hold the areas' third
/// level are all made at the start (`preallocate_vmalloc_pages`), which is why 64-bit kernels know no vmalloc fault.
struct InitMM {
    /// `swapper_pg_dir`.
    var pgd: PFN = 0
    /// Tables, the top one among them.
    var tableCount = 0
    /// `direct_pages_count`: entries of the direct map by size: 4 KiB, 2 MiB, 1 GiB.
    var directPages: [UInt64] = [0, 0, 0]
    /// Of these, entries that the boot mapped more than once, and counted each time.
    var countedAgain: [UInt64] = [0, 0, 0]
    /// `direct_map_level2_splits` and `direct_map_level3_splits` of vmstat: of 2 MiB and of 1 GiB.
    var splits: [UInt64] = [0, 0]
}

extension PTE {
    /// `PAGE_KERNEL`: present, writable, accessed, dirty, global, no instructions.
    static var kernel: UInt64 { presentBit | writeBit | accessedBit | dirtyBit | globalBit | noExecuteBit }
    /// PCD: not cached (`_PAGE_CACHE_MODE_UC_MINUS`).
    static var cacheDisabledBit: UInt64 { 1 << 4 }
    /// G of a present entry.
    static var globalBit: UInt64 { 1 << 8 }
    /// `_KERNPG_TABLE`: a table of the kernel's.
    static var kernelTable: UInt64 { presentBit | writeBit | accessedBit | dirtyBit }
}

extension Machine {
    /// The number of the first entry of the upper half.
    static var upperHalfIndex: Int { 256 }

    /// Makes the kernel's tables: the direct map of RAM, the upper tables of the area of vmalloc, the array of `struct page`, those of
    /// the fixmap. False where no frame is left.
    func makeInitMM() -> Bool {
        guard let pgd = makeKernelTable() else { return false }
        kernel.initMM.pgd = pgd
        for piece in bootDirectMap where !mapDirect(piece) { return false }
        for start in stride(from: kernel.layout.vmalloc, to: kernel.layout.vmallocEnd, by: 1 << Int(PageTableLevel.pgd))
        {
            guard kernelTable(start, above: PageTableLevel.pud) != nil else { return false }
        }
        guard mapRecords(), makeFixmapTables() else { return false }
        for (_, mm) in liveAddressSpaces { shareUpperHalf(mm.pointee.pgd) }
        return true
    }

    /// Gives a top-level table the kernel's half (`pgd_ctor`).
    func shareUpperHalf(_ pgd: PFN) {
        let (source, target) = (frames.table(kernel.initMM.pgd), frames.table(pgd))
        for index in Self.upperHalfIndex..<512 { target[index] = source[index] }
    }

    private func makeKernelTable() -> PFN? {
        guard let pfn = physical.allocateTable() else { return nil }
        page(pfn).pointee.set(.table)
        kernel.initMM.tableCount += 1
        return pfn
    }

    /// The table below an entry of the level that spans 1 << `level` bytes and more, with those above made where they lack.
    func kernelTable(_ address: VirtualAddress, above level: UInt64) -> EntryPointer? {
        var table = frames.table(kernel.initMM.pgd)
        var shift = PageTableLevel.pgd
        while shift > level {
            let entry = table + PageTableLevel.index(address, shift)
            if entry.pointee & PTE.presentBit == 0 {
                guard let pfn = makeKernelTable() else { return nil }
                entry.pointee = pfn << 12 | PTE.kernelTable
            } else if entry.pointee & PTE.pageSizeBit != 0 {
                preconditionFailure("a table is asked for below a large page")
            }
            table = frames.table((entry.pointee & PTE.addressMask) >> 12)
            shift -= 9
        }
        return table
    }

    /// The entry that maps an address of the kernel's, at whatever level, and what it spans (`lookup_address`).
    func kernelEntry(_ address: VirtualAddress) -> (entry: EntryPointer, level: UInt64)? {
        var table = frames.table(kernel.initMM.pgd)
        var shift = PageTableLevel.pgd
        while true {
            let entry = table + PageTableLevel.index(address, shift)
            if shift == PageTableLevel.pte { return (entry, shift) }
            if entry.pointee & PTE.presentBit == 0 { return nil }
            if entry.pointee & PTE.pageSizeBit != 0 { return (entry, shift) }
            table = frames.table((entry.pointee & PTE.addressMask) >> 12)
            shift -= 9
        }
    }

    // MARK: The direct map

    /// `kernel_physical_mapping_init` of one stretch. A large page that is there already is counted again (`phys_pud_init`).
    private func mapDirect(_ piece: DirectMapPiece) -> Bool {
        let (level, span) = (piece.shift, UInt64(1) << piece.shift)
        let size = Int(level - PageTableLevel.pte) / 9
        var address = piece.range.lowerBound & ~(span - 1)
        while address < piece.range.upperBound {
            let place = directMapped(address)
            guard let table = kernelTable(place, above: level) else { return false }
            let entry = table + PageTableLevel.index(place, level)
            kernel.initMM.directPages[size] += 1
            if entry.pointee & PTE.presentBit == 0 {
                entry.pointee = address | PTE.kernel | (level == PageTableLevel.pte ? 0 : PTE.pageSizeBit)
            } else {
                kernel.initMM.countedAgain[size] += 1
            }
            address += span
        }
        return true
    }
}
