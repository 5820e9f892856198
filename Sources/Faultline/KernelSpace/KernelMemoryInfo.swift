/// What `/proc/meminfo` says of the kernel's own memory.
public struct KernelMemoryInfo: Sendable, Equatable, Codable {
    /// `SReclaimable` and `SUnreclaim`, in pages.
    public var reclaimableSlab: UInt64 = 0
    /// `SUnreclaim`, in pages.
    public var unreclaimableSlab: UInt64 = 0
    /// `KernelStack`, in pages; nil where the kernel's own records are not charged.
    public var stacks: UInt64?
    /// `VmallocUsed`, in pages.
    public var vmalloc: UInt64 = 0
    /// `DirectMap4k`, `DirectMap2M`, `DirectMap1G`: how many entries of each size.
    public var directMap: [UInt64] = [0, 0, 0]
    /// `direct_map_level2_splits` and `direct_map_level3_splits`.
    public var directMapSplits: [UInt64] = [0, 0]
    /// `Percpu`, in pages; nil while nobody has asked for per-CPU memory.
    public var perCPU: UInt64?
}

/// An area of vmalloc as `/proc/vmallocinfo` shows it.
public struct VmapAreaView: Sendable, Equatable {
    /// The first address.
    public var start: UInt64
    /// The first address behind its guard page.
    public var end: UInt64
    /// What it is for; nil for one that was freed and waits for the purge.
    public var kind: VmapKind?
    /// Frames that are its own.
    public var pages: UInt64
    /// The device's address, of ioremap.
    public var physical: UInt64
    /// The line of the program that asked for it; 0 for the kernel itself.
    public var line: UInt64
    /// True where the array of its pages is an area itself (`vpages`).
    public var hasLargeArray: Bool
}

extension Machine {
    /// Nil before the kernel space is up.
    func kernelMemoryInfo() -> KernelMemoryInfo? {
        guard kernel.isUp else { return nil }
        return KernelMemoryInfo(
            reclaimableSlab: UInt64(kernel.reclaimablePages), unreclaimableSlab: UInt64(kernel.unreclaimablePages),
            stacks: chargesKernelObjects ? kernelStackPages : nil, vmalloc: kernel.vmalloc.pages,
            directMap: kernel.initMM.directPages, directMapSplits: kernel.initMM.splits,
            perCPU: kernel.perCPU.isUp ? UInt64(kernel.perCPU.populatedPages * settings.presentCPUs) : nil)
    }

    /// The areas of vmalloc in the order of addresses, and behind them those that wait for the purge.
    public func vmapAreaViews() -> [VmapAreaView] {
        let busy = kernel.vmalloc.busy.map { area in
            let taken = UInt64(kernel.vmalloc.frames[area.pointee.start]?.count ?? 0) << UInt64(area.pointee.order)
            return VmapAreaView(
                start: area.pointee.start, end: area.pointee.end, kind: area.pointee.kind, pages: taken,
                physical: area.pointee.physical, line: area.pointee.line,
                hasLargeArray: kernel.vmalloc.find(area.pointee.array) != nil)
        }
        return busy
            + kernel.vmalloc.lazy.map {
                VmapAreaView(
                    start: $0.pointee.start, end: $0.pointee.end, kind: nil, pages: 0, physical: 0, line: 0,
                    hasLargeArray: false)
            }
    }

    /// Where the parts of the kernel's address space stand; as without KASLR before the kernel space is up.
    public var kernelLayout: KernelLayout { kernel.layout }
}
