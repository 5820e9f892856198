/// Memory that each CPU has of its own (`mm/percpu.c`).
extension Machine {
    /// `pcpu_alloc_noprof`: an area of every CPU's unit, at the same place in each, zeroed.
    ///
    /// - Parameters:
    ///   - bytes: 1 to 32K.
    ///   - align: a power of two to 4K.
    /// - Returns: the per-CPU pointer, which is no address; nil where the kernel returns NULL.
    func allocatePerCPU(_ bytes: UInt64, align: UInt64, _ flags: GFPFlags) -> VirtualAddress? {
        guard bytes &- 1 < UInt64(PerCPULayout.largestArea), align <= PageSize.base, align & (align &- 1) == 0 else {
            if !flags.contains(.noWarn) {
                reportWarning(.allocatePerCPU, "illegal size (\(bytes)) or align (\(align)) for percpu allocation")
            }
            return nil
        }
        guard bringUpPerCPU() else { return nil }
        let size = PerCPUBlock.up(Int(bytes), PerCPUChunk.bitBytes)
        let alignment = max(Int(align), PerCPUChunk.bitBytes)
        let isAtomic = !flags.contains(.directReclaim)
        let backing = flags.intersection(GFPFlags.kernel.union(.noRetry).union(.noWarn))
        while true {
            if let area = kernel.perCPU.takeArea(size, align: alignment, isAtomic: isAtomic) {
                return openArea(area.chunk, area.offset, size, alignment, flags, isAtomic ? nil : backing)
            }
            if isAtomic {
                kernel.perCPU.hasAtomicFailure = true
                failPerCPU(size, alignment, flags, "atomic alloc failed, no space left")
                balancePerCPU()
                return nil
            }
            if kernel.perCPU.slots[kernel.perCPU.freeSlot].isEmpty {
                guard let chunk = makePerCPUChunk(backing) else {
                    failPerCPU(size, alignment, flags, "failed to allocate new chunk")
                    return nil
                }
                kernel.perCPU.relocate(chunk, from: -1)
            }
        }
    }

    /// Frames for the pages of a new area, and zeros. `backing` is nil for callers that cannot wait: they got pages that have frames.
    private func openArea(
        _ number: Int, _ offset: Int, _ size: Int, _ align: Int, _ flags: GFPFlags, _ backing: GFPFlags?
    ) -> VirtualAddress? {
        guard let chunk = kernel.perCPU.chunks[number] else { return nil }
        if let backing {
            let pages = offset >> 12..<(offset + size + 4095) >> 12
            for range in chunk.populated.ranges(of: false, in: pages) {
                guard populate(number, range, backing) else {
                    kernel.perCPU.returnArea(number, offset)
                    failPerCPU(size, align, flags, "failed to populate")
                    return nil
                }
            }
        }
        if kernel.perCPU.emptyPages < PerCPUSpace.fewEmptyPages { balancePerCPU() }
        for cpu in 0..<settings.presentCPUs {
            zeroPerCPU(chunk.base + unitOffset(cpu) + UInt64(offset), count: size)
        }
        return chunk.base &+ UInt64(offset) &- kernel.perCPU.base &+ PerCPULayout.linkedStart
    }

    private func failPerCPU(_ size: Int, _ align: Int, _ flags: GFPFlags, _ reason: String) {
        guard !flags.contains(.noWarn), kernel.perCPU.warningsLeft > 0 else { return }
        let atomic = flags.contains(.directReclaim) ? 0 : 1
        printk("percpu: allocation failed, size=\(size) align=\(align) atomic=\(atomic), \(reason)")
        kernel.perCPU.warningsLeft -= 1
        if kernel.perCPU.warningsLeft == 0 { printk("percpu: limit reached, disable warning") }
    }

    private func zeroPerCPU(_ address: VirtualAddress, count: Int) {
        var (place, rest) = (address, count)
        while rest > 0 {
            let length = min(rest, Int(PageSize.base - place & 4095))
            if let pfn = perCPUFrame(place) { frames.setBytes(pfn << 12 | place & 4095, count: length, to: 0) }
            place += UInt64(length)
            rest -= length
        }
    }

    /// The frame of an address in a unit; nil where none is there.
    func perCPUFrame(_ address: VirtualAddress) -> PFN? {
        if let pfn = kernel.perCPU.frames[address.pageAlignedDown] { return pfn }
        let pfn = physicalAddress(address) >> 12
        return kernel.perCPU.isEmbedded && pfn < frames.endFrame ? pfn : nil
    }

    /// `free_percpu`. NULL is nobody's.
    ///
    /// - Throws: EINVAL for a pointer that no area begins with, where the kernel would free what is not there.
    func freePerCPU(_ pointer: VirtualAddress) throws(Errno) {
        if pointer == 0 { return }
        guard let (number, offset) = perCPUArea(pointer) else { throw refuse(.EINVAL, .noPerCPUArea(pointer)) }
        if kernel.perCPU.giveBackArea(number, offset) { balancePerCPU() }
    }

    /// `pcpu_chunk_addr_search`, for a pointer that an area begins with: its chunk and offset.
    func perCPUArea(_ pointer: VirtualAddress) -> (chunk: Int, offset: Int)? {
        guard kernel.perCPU.isUp else { return nil }
        let address = pointer &- PerCPULayout.linkedStart &+ kernel.perCPU.base
        for case let chunk? in kernel.perCPU.chunks where address >= chunk.base {
            let distance = address - chunk.base
            guard distance < UInt64(chunk.pageCount) << 12 else { continue }
            if chunk.hasArea(at: Int(distance)) { return (chunk.number, Int(distance)) }
        }
        return nil
    }
}
