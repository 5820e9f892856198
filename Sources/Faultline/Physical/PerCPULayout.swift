/// How per-CPU memory is laid out: `struct pcpu_alloc_info`. All CPUs are of one node, and so of one group.
public struct PerCPULayout: Sendable, Equatable {
    /// `static_size`: the kernel's own variables, in bytes.
    public var staticBytes: Int
    /// `reserved_size`: for modules, of which this kernel has none.
    public var reservedBytes: Int
    /// `dyn_size`: what the first chunk hands out.
    public var dynamicBytes: Int
    /// `unit_size`: a CPU's part of a chunk.
    public var unitBytes: Int
    /// `atom_size`: what chunks are aligned to.
    public var atomBytes: Int
    /// `alloc_size`.
    public var allocationBytes: Int
    /// Units of a chunk, some of which no CPU may have.
    public var unitCount: Int

    /// `__per_cpu_end - __per_cpu_start` of the modelled kernel.
    static let kernelStaticBytes = 186_136
    /// `__per_cpu_start`: pointers to per-CPU memory are counted from here.
    static let linkedStart: VirtualAddress = 0xffff_ffff_83af_7000
    /// PERCPU_DYNAMIC_RESERVE and PERCPU_DYNAMIC_EARLY_SIZE.
    static let dynamicReserve = 28 << 10
    static let dynamicEarly = 20 << 10
    /// PCPU_MIN_UNIT_SIZE: the largest area, too.
    public static let largestArea = 32 << 10

    /// Bytes of a unit that are in use from the start.
    public var usedBytes: Int { staticBytes + reservedBytes + dynamicBytes }

    /// `pcpu_build_alloc_info`: as many units as fit go into an allocation, unless more than a third of them would have no CPU.
    ///
    /// - Parameters:
    ///   - dynamic: bytes for areas in the first chunk, at least; more where that fills a page.
    ///   - atom: 2 MiB where units lie in the direct map, a page where each is mapped.
    init(cpus: Int, staticBytes: Int = kernelStaticBytes, reserved: Int = 0, dynamic: Int, atom: Int) {
        let used = (staticBytes + reserved + max(dynamic, Self.dynamicEarly) + 4095) & ~4095
        let smallest = max(used, Self.largestArea)
        let bytes = (smallest + atom - 1) / atom * atom
        func divides(_ units: Int) -> Bool { bytes % units == 0 && bytes / units % 4096 == 0 }
        var (best, fewest) = (1, Int.max)
        for units in stride(from: bytes / smallest, to: 0, by: -1) where divides(units) {
            let allocations = (cpus + units - 1) / units
            if allocations * units - cpus > cpus / 3 { continue }
            if allocations > fewest { break }
            (best, fewest) = (units, allocations)
        }
        self.staticBytes = staticBytes
        reservedBytes = reserved
        dynamicBytes = used - staticBytes - reserved
        (unitBytes, atomBytes, allocationBytes) = (bytes / best, atom, bytes)
        unitCount = fewest * best
    }

    /// `setup_per_cpu_areas`: units side by side in the direct map.
    static func embedded(cpus: Int) -> PerCPULayout {
        PerCPULayout(cpus: cpus, dynamic: dynamicReserve, atom: 2 << 20)
    }

    /// `pcpu_page_first_chunk`: each page mapped for itself, where no memory is left side by side.
    static func byPages(cpus: Int) -> PerCPULayout { PerCPULayout(cpus: cpus, dynamic: 0, atom: 4096) }

    /// `pcpu_embed_first_chunk` and `pcpu_dump_alloc_info`: what the kernel's log has of it.
    func log(cpus: Int) -> [String] {
        let sizes = "s\(staticBytes) r\(reservedBytes) d\(dynamicBytes)"
        let pages = usedBytes >> 12
        if atomBytes == 4096 { return ["percpu: \(pages) 4K pages/cpu \(sizes)"] }
        return [
            "percpu: Embedded \(pages) pages/cpu \(sizes) u\(unitBytes)",
            "pcpu-alloc: \(sizes) u\(unitBytes) alloc=\(allocationBytes / atomBytes)*\(atomBytes)",
        ] + unitLines(cpus: cpus)
    }

    /// Which CPU has which unit, an allocation in brackets, as many as fit a line of 60 columns.
    private func unitLines(cpus: Int) -> [String] {
        let (width, units) = ("\(cpus)".utf8.count, allocationBytes / unitBytes)
        let fitting = max(60 / (units * (width + 1) + 4), 1)
        let perLine = 1 << (Int.bitWidth - 1 - fitting.leadingZeroBitCount)
        let allocations = stride(from: 0, to: unitCount, by: units).map { first in
            "[0] "
                + (first..<first + units).map { unit in
                    let name = "\(unit)"
                    if unit >= cpus { return String(repeating: "-", count: width) + " " }
                    return String(repeating: "0", count: max(width - name.utf8.count, 0)) + name + " "
                }.joined()
        }
        return stride(from: 0, to: allocations.count, by: perLine).map {
            "pcpu-alloc: " + allocations[$0..<min($0 + perLine, allocations.count)].joined()
        }
    }
}
