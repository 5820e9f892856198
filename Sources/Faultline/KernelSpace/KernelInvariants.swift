extension Machine {
    /// The kernel's tables and areas hold together: every process's upper half is the kernel's, the direct map has the entries that
    /// are counted and maps each address to itself, and areas have exactly the frames that their entries name.
    func checkKernelSpace() -> String? {
        guard kernel.isUp else { return nil }
        let own = frames.table(kernel.initMM.pgd)
        for (process, mm) in liveAddressSpaces {
            let table = frames.table(mm.pointee.pgd)
            for index in Self.upperHalfIndex..<512 where table[index] != own[index] {
                return "process \(process.index): entry \(index) of its upper half is not the kernel's"
            }
        }
        if let problem = checkKernelTables() ?? kernel.vmalloc.free.checkInvariants() { return problem }
        for node in kernel.vmalloc.nodes {
            if let problem = node.busy.checkInvariants() ?? node.lazy.checkInvariants() { return problem }
        }
        return checkAreas() ?? kernel.perCPU.checkInvariants() ?? checkPerCPUFrames()
    }

    private func checkKernelTables() -> String? {
        var (tables, direct) = (0, [UInt64](repeating: 0, count: 3))
        var problem: String?
        func visit(_ pfn: PFN, _ level: UInt64, _ base: VirtualAddress) {
            tables += 1
            let table = frames.table(pfn)
            for index in 0..<512 where table[index] & PTE.presentBit != 0 {
                let entry = table[index]
                let address = base &+ UInt64(index) << level
                if level > PageTableLevel.pte, entry & PTE.pageSizeBit == 0 {
                    visit((entry & PTE.addressMask) >> 12, level - 9, address)
                    continue
                }
                guard physicalAddress(address) < frames.endFrame << 12 else { continue }
                direct[Int(level - PageTableLevel.pte) / 9] += 1
                if entry & PTE.addressMask != physicalAddress(address) {
                    problem = "the direct map names another frame at \(kernelHex(address))"
                }
            }
        }
        let root = frames.table(kernel.initMM.pgd)
        tables = 1
        for index in Self.upperHalfIndex..<512 where root[index] & PTE.presentBit != 0 {
            visit(
                (root[index] & PTE.addressMask) >> 12, PageTableLevel.pud,
                KernelLayout.upperHalf &+ UInt64(index - Self.upperHalfIndex) << PageTableLevel.pgd)
        }
        if tables != kernel.initMM.tableCount {
            return "the kernel counts \(kernel.initMM.tableCount) tables, it has \(tables)"
        }
        let counted = zip(kernel.initMM.directPages, kernel.initMM.countedAgain).map { $0 - $1 }
        if direct != counted {
            return "the direct map has \(direct), counted are \(counted)"
        }
        return problem
    }

    private func checkAreas() -> String? {
        var covered: UInt64 = 0
        var lazyPages: UInt64 = 0
        for area in kernel.vmalloc.free.areas() + kernel.vmalloc.pooled { covered += area.pointee.size }
        for area in kernel.vmalloc.lazy {
            covered += area.pointee.size
            lazyPages += area.pointee.size >> 12
        }
        if lazyPages != kernel.vmalloc.lazyPages {
            return "\(kernel.vmalloc.lazyPages) pages are counted as waiting for the purge, \(lazyPages) do"
        }
        for area in kernel.vmalloc.busy {
            covered += area.pointee.size
            guard let taken = kernel.vmalloc.frames[area.pointee.start] else { continue }
            for (position, pfn) in taken.enumerated() {
                let place = area.pointee.start + UInt64(position) << (12 + UInt64(area.pointee.order))
                if kernel.watched.entries[place] != nil { continue }
                guard let (entry, _) = kernelEntry(place), (entry.pointee & PTE.addressMask) >> 12 == pfn else {
                    return "the area at \(kernelHex(area.pointee.start)) does not map its frames"
                }
                if page(pfn).pointee.refcount != 1 { return "frame \(pfn) of an area has other holders" }
            }
            if area.pointee.kind != .perCPU,
                kernelEntry(area.pointee.end - PageSize.base).map({ $0.entry.pointee & PTE.presentBit != 0 }) == true
            {
                return "the guard page behind the area at \(kernelHex(area.pointee.start)) is mapped"
            }
        }
        // From the first address to the last but one.
        let all = VirtualAddress.max - 1
        return covered == all ? nil : "areas cover \(covered) bytes of \(all)"
    }

    /// Every page of a unit that has a frame maps it, and belongs to a chunk.
    private func checkPerCPUFrames() -> String? {
        for (address, pfn) in kernel.perCPU.frames {
            guard let (entry, _) = kernelEntry(address), (entry.pointee & PTE.addressMask) >> 12 == pfn else {
                return "the per-CPU page at \(kernelHex(address)) is not mapped to its frame"
            }
        }
        let inChunks = kernel.perCPU.chunks.reduce(0) {
            $0 + ($1.map { $0.isImmutable ? 0 : $0.populatedCount * settings.presentCPUs } ?? 0)
        }
        let first = kernel.perCPU.isEmbedded ? 0 : kernel.perCPU.firstPages
        return inChunks + first == kernel.perCPU.frames.count
            ? nil : "\(kernel.perCPU.frames.count) per-CPU frames are kept, chunks have \(inChunks + first)"
    }

    /// What the TLB has of the kernel's addresses is what the tables say, but for areas that wait for the purge.
    func checkKernelTLB() -> String? {
        guard kernel.isUp, cpu.mmu.check == nil else { return nil }
        let lazy = kernel.vmalloc.lazy
        for cached in cpu.mmu.contents() where cached.address >= KernelLayout.upperHalf && cached.array.isTranslation {
            guard cached.isGlobal || cpu.mmu.owners[Int(cached.pcid)] != 0 else { continue }
            if lazy.contains(where: { $0.pointee.start <= cached.address && cached.address < $0.pointee.end }) {
                continue
            }
            guard let (entry, level) = kernelEntry(cached.address), entry.pointee & PTE.presentBit != 0 else {
                return "the TLB has \(kernelHex(cached.address)), which the kernel does not map"
            }
            let physical = entry.pointee & PTE.addressMask + cached.address & (1 << level - 1)
            if physical != cached.physicalAddress || cached.rights & ~entry.pointee & PTE.writeBit != 0 {
                return
                    "the TLB has another page or more rights at \(kernelHex(cached.address)) than the kernel's tables"
            }
        }
        return nil
    }
}
