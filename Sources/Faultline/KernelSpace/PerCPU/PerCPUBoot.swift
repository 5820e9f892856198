/// The first chunk: `setup_per_cpu_areas` of `arch/x86/kernel/setup_percpu.c`.
extension Machine {
    /// Makes the first chunk, unless it is there, of the memory that the boot took from memblock. A machine that was made without a boot,
    /// of a size of RAM, takes it from the page allocator when somebody asks for per-CPU memory first.
    ///
    /// - Returns: false where no memory is left.
    func bringUpPerCPU() -> Bool {
        if kernel.perCPU.isUp { return true }
        guard bringUpKernelSpace() else { return false }
        if useBootUnits() { return true }
        guard embedFirstUnits() || mapFirstUnits() else { return false }
        for line in kernel.perCPU.layout.log(cpus: settings.presentCPUs) { printk(line) }
        return true
    }

    /// What a boot set aside; its log told of it.
    private func useBootUnits() -> Bool {
        guard let memory = bootPerCPU else { return false }
        for unit in memory.units {
            for pfn in unit.lowerBound >> 12..<unit.upperBound >> 12 { frames.makeWhole(pfn) }
        }
        openPerCPU(memory.layout, base: directMapped(memory.base), pages: 0, isEmbedded: true)
        return true
    }

    /// `pcpu_embed_first_chunk`: the units lie side by side in the direct map; of each the rest goes back.
    private func embedFirstUnits() -> Bool {
        let layout = PerCPULayout.embedded(cpus: settings.presentCPUs)
        let pages = (layout.unitBytes * layout.unitCount) >> 12
        guard pages.nonzeroBitCount == 1, pages <= 1 << Zone.maxOrder,
            let first = allocatePage(AllocationRequest(.kernel, order: pages.trailingZeroBitCount))
        else { return false }
        let (unit, used) = (UInt64(layout.unitBytes >> 12), UInt64(layout.usedBytes >> 12))
        for index in 0..<UInt64(layout.unitCount) {
            let start = first + index * unit
            let kept = index < UInt64(settings.presentCPUs) ? used : 0
            for pfn in start..<start + unit { _ = physical.handOut(pfn) }
            for pfn in start..<start + kept { frames.makeWhole(pfn) }
            for pfn in start + kept..<start + unit { putPage(pfn) }
        }
        openPerCPU(layout, base: directMapped(first << 12), pages: Int(used) * settings.presentCPUs, isEmbedded: true)
        return true
    }

    /// `pcpu_page_first_chunk`: each page of the units is mapped for itself, in an area of vmalloc that never goes.
    private func mapFirstUnits() -> Bool {
        let layout = PerCPULayout.byPages(cpus: settings.presentCPUs)
        let (unit, count) = (layout.unitBytes >> 12, settings.presentCPUs)
        guard let taken = takePages(UInt64(unit * count)) else { return false }
        let bytes = UInt64(layout.unitBytes * count)
        guard let area = makeArea(bytes, align: PageSize.base, kind: .perCPU, isGuarded: false) else {
            for pfn in taken { putPage(pfn) }
            return false
        }
        guard mapFrames(taken, at: area.pointee.start) else {
            removeArea(area, pages: taken)
            return false
        }
        for (position, pfn) in taken.enumerated() {
            frames.makeWhole(pfn)
            kernel.perCPU.frames[area.pointee.start + UInt64(position) << 12] = pfn
        }
        openPerCPU(layout, base: area.pointee.start, pages: taken.count, isEmbedded: false)
        return true
    }

    /// `pcpu_setup_first_chunk`: the static part is nobody's to give; a chunk serves the dynamic one.
    private func openPerCPU(_ layout: PerCPULayout, base: VirtualAddress, pages: Int, isEmbedded: Bool) {
        kernel.perCPU.layout = layout
        kernel.perCPU.base = base
        kernel.perCPU.isEmbedded = isEmbedded
        kernel.perCPU.firstPages = pages
        kernel.perCPU.slots = Array(repeating: [], count: kernel.perCPU.depopulateSlot + 1)
        let fixed = PerCPUBlock.up(layout.staticBytes, PerCPUChunk.bitBytes) + layout.reservedBytes
        let chunk = PerCPUChunk(number: 0, from: base + UInt64(fixed), bytes: layout.usedBytes - fixed)
        kernel.perCPU.chunks = [chunk]
        kernel.perCPU.relocate(0, from: -1)
        kernel.perCPU.populatedPages = layout.usedBytes >> 12
        kernel.perCPU.statistics.chunks = 1
        kernel.perCPU.statistics.mostChunks = 1
    }

    /// `pcpu_unit_offsets`: where a CPU's unit stands behind that of CPU 0.
    func unitOffset(_ cpu: Int) -> UInt64 { UInt64(cpu * kernel.perCPU.layout.unitBytes) }

    /// `per_cpu_offset`: what is added to a per-CPU pointer for a CPU's own.
    func perCPUOffset(_ cpu: Int) -> UInt64 { kernel.perCPU.base &- PerCPULayout.linkedStart &+ unitOffset(cpu) }
}
