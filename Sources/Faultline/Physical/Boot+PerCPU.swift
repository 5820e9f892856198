/// Where a boot put the first chunk of per-CPU memory.
struct PerCPUMemory: Sendable, Equatable {
    var layout: PerCPULayout
    /// Where the unit of the first CPU begins.
    var base: PhysicalAddress
    /// The units of CPUs, each the bytes that are in use.
    var units: [Range<PhysicalAddress>]
}

extension Boot {
    /// `setup_per_cpu_areas` with `pcpu_embed_first_chunk`: the units lie side by side, as high in node 0 as they go, above the 16 MiB of
    /// ZONE_DMA. What no CPU uses goes back. Where no range is as large, the page allocator serves it later.
    mutating func reservePerCPU() {
        let layout = PerCPULayout.embedded(cpus: options.cpus)
        let counts = "nr_cpumask_bits:\(options.cpus) nr_cpu_ids:\(options.cpus) nr_node_ids:\(nodeRanges.count)"
        log("setup_per_cpu_areas", "setup_percpu: NR_CPUS:256 \(counts)")
        let (atom, size) = (UInt64(layout.atomBytes), UInt64(layout.unitBytes * layout.unitCount))
        guard let place = memblock.allocate(size, alignment: atom, node: 0, from: ZoneKind.dmaEnd << 12) else {
            return note(
                "setup_per_cpu_areas",
                "node 0 has no range of \(size >> 10) KiB: the page allocator serves per-CPU memory")
        }
        note("pcpu_embed_first_chunk", "reserved [mem \(FirmwareMap.range(place))]: per-CPU memory")
        var units: [Range<PhysicalAddress>] = []
        for cpu in 0..<layout.unitCount {
            let start = place.lowerBound + UInt64(cpu * layout.unitBytes)
            let used = cpu < options.cpus ? UInt64(layout.usedBytes) : 0
            let rest = start + used..<start + UInt64(layout.unitBytes)
            memblock.free(rest)
            note("pcpu_embed_first_chunk", "freed [mem \(FirmwareMap.range(rest))]: unit \(cpu) does not use it")
            if used > 0 { units.append(start..<start + used) }
        }
        for line in layout.log(cpus: options.cpus) { log("pcpu_embed_first_chunk", line) }
        perCPU = PerCPUMemory(layout: layout, base: place.lowerBound, units: units)
    }
}
