import Faultline

extension ProcessDescription {
    /// The address space to start a process with.
    public var space: InitialAddressSpace {
        let stack = areas.last { $0.region.content == .stack }?.region
        let top = stack?.start ?? AddressSpaceLimit.taskSize
        let heap = heapBounds
        var space = InitialAddressSpace(
            regions: areas.map(\.region), mmapBase: isLegacyLayout ? bottomUpBase : topDownBase(below: top),
            startBrk: heap?.lowerBound ?? programEnd ?? 0x40_0000, startStack: (stack?.end ?? top) - 8, touched: [])
        space.brk = heap?.upperBound
        space.isLegacyLayout = isLegacyLayout
        return space
    }

    /// `TASK_UNMAPPED_BASE`.
    private static let unmappedBase = (AddressSpaceLimit.taskSize / 3 + 4095) & ~4095
    /// The first address of a position-independent program (`ELF_ET_DYN_BASE`), and how far it may be moved up.
    private static let programBase: UInt64 = 0x5555_5555_4000
    private static let programRange = programBase..<programBase + (1 << 40)

    /// The kernel maps the vdso as the process starts: in the upper part of a top-down layout, low in a bottom-up one.
    var looksBottomUp: Bool {
        guard let vdso = areas.first(where: { $0.name == "[vdso]" })?.region else { return false }
        return vdso.start >= Self.unmappedBase && vdso.start < Self.programBase
    }

    /// Where placement begins in a bottom-up layout: what was mapped first, the interpreter or the vdso, lies there.
    private var bottomUpBase: UInt64 {
        let base = Self.unmappedBase
        let first = areas.first { $0.region.start >= base && $0.region.start < Self.programBase }
        return looksBottomUp ? first?.region.start ?? base : base
    }

    private func topDownBase(below top: UInt64) -> UInt64 {
        // Programs and heaps of position-independent programs lie below three quarters of the address space.
        let low = AddressSpaceLimit.taskSize / 4 * 3
        return areas.last { $0.region.end <= top && $0.region.start >= low }?.region.end ?? 0x7fff_f7ff_f000
    }

    private var heapBounds: Range<UInt64>? {
        guard let first = areas.first(where: { $0.name == "[heap]" }),
            let last = areas.last(where: { $0.name == "[heap]" })
        else { return nil }
        return first.region.start..<last.region.end
    }

    /// Where the kernel's `mm->start_brk` is without a heap: behind the program and its bss. Of a process whose heap is moved
    /// by chance (`kernel.randomize_va_space` 2) the text does not say how far.
    private var programEnd: UInt64? {
        func isFile(_ area: Area) -> Bool { if case .file = area.region.content { true } else { false } }
        let moved = areas.firstIndex { isFile($0) && Self.programRange.contains($0.region.start) }
        guard let first = moved ?? areas.firstIndex(where: isFile) else { return areas.first?.region.end }
        var last = first
        for index in first..<areas.count where areas[index].region.start < Self.programRange.upperBound {
            if areas[index].region.file == areas[first].region.file, areas[index].name == areas[first].name {
                last = index
            }
        }
        let end = areas[last].region.end
        // The rest of the bss is anonymous memory behind the last segment.
        if last + 1 < areas.count, areas[last + 1].region.content == .anonymous, areas[last + 1].region.start == end {
            return areas[last + 1].region.end
        }
        return end
    }
}
