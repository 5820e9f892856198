/// Frames of chunks (`mm/percpu-vm.c`): each page of a unit has its own, mapped where the unit stands in the area of vmalloc.
extension Machine {
    /// Bytes of `struct pcpu_chunk` in front of its bitmap of pages.
    private static var chunkBytes: UInt64 { 256 }

    /// `pcpu_create_chunk`: the records, and an area as high as there is room. - Returns: its number; nil without memory.
    func makePerCPUChunk(_ flags: GFPFlags) -> Int? {
        let pages = kernel.perCPU.layout.unitBytes >> 12
        let bits = UInt64(pages * PerCPUBlock.bits)
        // The bitmap of areas, that of their bounds with a bit more, the blocks, the owner of each bit, and the list of areas.
        let sizes = [
            Self.chunkBytes + UInt64(pages + 63) / 64 * 8, bits / 8, (bits + 64) / 64 * 8, UInt64(pages) * 32, bits * 8,
            8,
        ]
        var records: [VirtualAddress] = []
        for size in sizes {
            guard let record = kvmalloc(size, flags.union(.zero)) else {
                for record in records { kvfree(record) }
                return nil
            }
            records.append(record)
        }
        let bytes = UInt64(kernel.perCPU.layout.unitBytes * kernel.perCPU.layout.unitCount)
        let atom = UInt64(kernel.perCPU.layout.atomBytes)
        guard let area = makeArea(bytes, align: atom, kind: .perCPU, isGuarded: false, isHigh: true) else {
            for record in records { kvfree(record) }
            return nil
        }
        let number = kernel.perCPU.chunks.count
        var chunk = PerCPUChunk(number: number, base: area.pointee.start, pages: pages)
        chunk.records = records
        kernel.perCPU.chunks.append(chunk)
        kernel.perCPU.statistics.chunks += 1
        kernel.perCPU.statistics.mostChunks = max(
            kernel.perCPU.statistics.mostChunks, kernel.perCPU.statistics.chunks)
        return number
    }

    /// `pcpu_destroy_chunk`. Precondition: no page of it has frames.
    func destroyPerCPUChunk(_ number: Int) {
        guard let chunk = kernel.perCPU.chunks[number] else { return }
        kernel.perCPU.statistics.chunks -= 1
        if let area = kernel.vmalloc.find(chunk.base) { removeArea(area, pages: []) }
        for record in chunk.records { kvfree(record) }
        for slot in kernel.perCPU.slots.indices { kernel.perCPU.slots[slot].removeAll { $0 == number } }
        kernel.perCPU.chunks[number] = nil
    }

    /// `pcpu_populate_chunk` and `pcpu_chunk_populated`: frames for pages of every unit, all or none.
    func populate(_ number: Int, _ pages: Range<Int>, _ flags: GFPFlags) -> Bool {
        guard let chunk = kernel.perCPU.chunks[number], let taken = takePerCPUFrames(pages, flags) else { return false }
        for cpu in 0..<settings.presentCPUs {
            let start = chunk.base + unitOffset(cpu) + UInt64(pages.lowerBound) << 12
            if mapFrames(taken[cpu], at: start) { continue }
            for unmapped in 0...cpu {
                unmapRange(
                    chunk.base + unitOffset(unmapped) + UInt64(pages.lowerBound) << 12, UInt64(pages.count) << 12)
            }
            flushPerCPU(chunk, pages)
            for pfn in taken.joined() { putPage(pfn) }
            return false
        }
        for cpu in 0..<settings.presentCPUs {
            for (page, pfn) in zip(pages, taken[cpu]) {
                frames.makeWhole(pfn)
                // pcpu_set_page_chunk
                self.page(pfn).pointee.index = UInt64(number)
                kernel.perCPU.frames[chunk.base + unitOffset(cpu) + UInt64(page) << 12] = pfn
            }
        }
        kernel.perCPU.chunks[number]?.setPopulated(pages, true)
        kernel.perCPU.populatedPages += pages.count
        return true
    }

    /// `pcpu_alloc_pages`: CPU by CPU, with the array that they are noted in.
    private func takePerCPUFrames(_ pages: Range<Int>, _ flags: GFPFlags) -> [[PFN]]? {
        if kernel.perCPU.pageArray == 0 {
            let bytes = UInt64(kernel.perCPU.layout.unitCount * (kernel.perCPU.layout.unitBytes >> 12)) * 8
            guard let array = kvmalloc(bytes, .kernel.union(.zero)) else { return nil }
            kernel.perCPU.pageArray = array
        }
        var taken: [[PFN]] = []
        for _ in 0..<settings.presentCPUs {
            var ofCPU: [PFN] = []
            for _ in pages {
                guard let pfn = allocatePage(AllocationRequest(flags.union(.highMemory))) else {
                    for pfn in taken.joined() + ofCPU { putPage(pfn) }
                    return nil
                }
                ofCPU.append(pfn)
            }
            taken.append(ofCPU)
        }
        return taken
    }

    /// `pcpu_depopulate_chunk` and `pcpu_chunk_depopulated`. The caller flushes, unless the area goes, too.
    func depopulate(_ number: Int, _ pages: Range<Int>) {
        guard let chunk = kernel.perCPU.chunks[number] else { return }
        var freed: [PFN] = []
        for cpu in 0..<settings.presentCPUs {
            let start = chunk.base + unitOffset(cpu)
            for page in pages {
                if let pfn = kernel.perCPU.frames.removeValue(forKey: start + UInt64(page) << 12) { freed.append(pfn) }
            }
            unmapRange(start + UInt64(pages.lowerBound) << 12, UInt64(pages.count) << 12)
        }
        for pfn in freed {
            page(pfn).pointee.index = 0
            putPage(pfn)
        }
        kernel.perCPU.chunks[number]?.setPopulated(pages, false)
        kernel.perCPU.populatedPages -= pages.count
    }

    /// `pcpu_post_unmap_tlb_flush`: from the first page of the lowest unit to the last of the highest.
    func flushPerCPU(_ chunk: PerCPUChunk, _ pages: Range<Int>) {
        flushKernelRange(
            chunk.base + UInt64(pages.lowerBound) << 12,
            chunk.base + unitOffset(settings.presentCPUs - 1) + UInt64(pages.upperBound) << 12)
    }
}
