extension Boot {
    // MARK: ZONE_MOVABLE

    /// Where zones may lie (`arch_zone_lowest_possible_pfn` and the highest).
    private var zoneBounds: [(kind: ZoneKind, range: Range<PFN>)] {
        let end = memblock.end >> 12
        var start = (memblock.memory.first?.range.lowerBound ?? 0) >> 12
        return [(ZoneKind.dma, ZoneKind.dmaEnd), (.dma32, ZoneKind.dma32End), (.normal, end)].map { kind, limit in
            let last = max(min(limit, end), start)
            defer { start = last }
            return (kind, start..<last)
        }
    }

    /// `find_zone_movable_pfns_for_nodes`: where ZONE_MOVABLE begins in each node; 0 for nowhere.
    func movableStarts() -> [PFN] {
        var starts = [PFN](repeating: 0, count: nodeRanges.count)
        let size: UInt64 = 1 << UInt64(Zone.maxOrder)
        let total = memblock.memory.reduce(0) { $0 + UInt64($1.range.count) >> 12 }
        var core = options.kernelCore?.frames(of: total) ?? 0
        if let asked = options.movableCore?.frames(of: total), asked > 0 {
            let movable = min((asked + size - 1) / size * size, total)
            core = max(core, total - movable)
        }
        guard core > 0, core < total else { return starts }
        let lowest = zoneBounds.last { !$0.range.isEmpty }?.range.lowerBound ?? 0
        var nodes = UInt64(nodeRanges.count)
        repeat {
            spread(&core, core / nodes, lowest, &starts, nodes)
            // What some nodes were too small for goes to the others.
            nodes -= 1
        } while nodes > 0 && core > nodes
        for (node, range) in nodeRanges.enumerated() {
            starts[node] = (starts[node] + size - 1) / size * size
            if starts[node] >= range.upperBound >> 12 { starts[node] = 0 }
        }
        return starts
    }

    /// One round: so many frames of each node are for everyone.
    private func spread(
        _ core: inout UInt64, _ each: UInt64, _ lowest: PFN, _ starts: inout [PFN], _ nodes: UInt64
    ) {
        var each = each
        for node in nodeRanges.indices {
            if core < each { each = core / nodes }
            var rest = each
            for region in memblock.memory where region.node == node {
                var start = max(region.range.lowerBound >> 12, starts[node])
                let end = region.range.upperBound >> 12
                if start >= end { continue }
                if start < lowest {
                    let pages = min(end, lowest) - start
                    rest -= min(pages, rest)
                    core -= min(pages, core)
                    if end <= lowest {
                        starts[node] = end
                        continue
                    }
                    start = lowest
                }
                let pages = min(end - start, rest)
                starts[node] = start + pages
                core -= min(core, pages)
                rest -= pages
                if rest == 0 { break }
            }
        }
    }

    // MARK: Zones

    /// `free_area_init`: the zones of each node, with what they span and have.
    mutating func makeZones(_ movable: [PFN]) {
        tellBounds(movable)
        for (node, range) in nodeRanges.enumerated() {
            log("free_area_init_node", "Initmem setup node \(node) [mem \(FirmwareMap.range(range))]")
            for (kind, bounds) in zoneBounds {
                let end =
                    movable[node] > 0
                    ? min(bounds.upperBound, max(movable[node], bounds.lowerBound)) : bounds.upperBound
                addZone(node, kind, bounds.lowerBound..<end)
            }
            if movable[node] > 0 { addZone(node, .movable, movable[node]..<range.upperBound >> 12) }
        }
        zones.sort { $0.span.lowerBound < $1.span.lowerBound }
        tellUnavailable()
    }

    private mutating func addZone(_ node: Int, _ kind: ZoneKind, _ bounds: Range<PFN>) {
        let range = nodeRanges[node].lowerBound >> 12..<nodeRanges[node].upperBound >> 12
        let span = bounds.clamped(to: range)
        let memory = memblock.memory.filter { $0.node == node }
            .map { ($0.range.lowerBound >> 12..<$0.range.upperBound >> 12).clamped(to: span) }.filter { !$0.isEmpty }
        if memory.isEmpty { return }
        zones.append(ZoneLayout(node: node, kind: kind, span: span, memory: memory, free: []))
    }

    private mutating func tellBounds(_ movable: [PFN]) {
        func bytes(_ range: Range<PFN>) -> String {
            FirmwareMap.range(range.lowerBound << 12..<range.upperBound << 12)
        }
        let name = { (kind: ZoneKind) in kind.name + String(repeating: " ", count: 8 - kind.name.utf8.count) }
        log("free_area_init", "Zone ranges:")
        for (kind, range) in zoneBounds {
            log("free_area_init", "  \(name(kind)) " + (range.isEmpty ? "empty" : "[mem \(bytes(range))]"))
        }
        log("free_area_init", "  \(name(.device)) empty")
        log("free_area_init", "Movable zone start for each node")
        for (node, start) in movable.enumerated() where start > 0 {
            log("free_area_init", "  Node \(node): \(FirmwareMap.hex(start << 12))")
        }
        log("free_area_init", "Early memory node ranges")
        for region in memblock.memory {
            let node = String(repeating: " ", count: 3 - "\(region.node)".utf8.count) + "\(region.node)"
            log("free_area_init", "  node \(node): [mem \(FirmwareMap.range(region.range))]")
        }
    }

    /// `memmap_init`: holes that have records, since a section of 128 MiB has them or has not.
    private mutating func tellUnavailable() {
        var sections: Set<PFN> = []
        for zone in zones {
            for range in zone.memory { sections.formUnion(range.lowerBound >> 15...(range.upperBound - 1) >> 15) }
        }
        var hole: PFN = 0
        func tell(_ end: PFN, _ zone: ZoneLayout) {
            var count = 0 as UInt64
            var pfn = hole
            while pfn < end {
                let next = min(end, (pfn >> 15 + 1) << 15)
                if sections.contains(pfn >> 15) { count += next - pfn }
                pfn = next
            }
            if count > 0 {
                log(
                    "init_unavailable_range",
                    "On node \(zone.node), zone \(zone.kind.name): \(count) pages in unavailable ranges")
            }
        }
        for zone in zones {
            for range in zone.memory {
                tell(range.lowerBound, zone)
                hole = range.upperBound
            }
        }
        if let last = zones.last { tell((hole + 0x7fff) & ~0x7fff, last) }
    }

    // MARK: The end

    /// `memblock_free_all`: what is not reserved goes to the page allocator.
    mutating func freeAll() {
        let free = memblock.free
        for index in zones.indices {
            let zone = zones[index]
            var ranges = free.filter { $0.node == zone.node }
                .map { ($0.range.lowerBound + 4095) >> 12..<$0.range.upperBound >> 12 }
            if let cma {
                // Reserved from others, but the allocator's.
                ranges.append(cma.lowerBound >> 12..<cma.upperBound >> 12)
                ranges.sort { $0.lowerBound < $1.lowerBound }
                let inside = (cma.lowerBound >> 12..<cma.upperBound >> 12).clamped(to: zone.span)
                if !inside.isEmpty { zones[index].cma = [inside] }
            }
            zones[index].free = ranges.map { $0.clamped(to: zone.span) }.filter { !$0.isEmpty }
            note(
                "memblock_free_all",
                "node \(zone.node), zone \(zone.kind.name): \(zones[index].free.reduce(0) { $0 + $1.count }) pages to the page allocator"
            )
        }
        let pages = { (ranges: [Range<PFN>]) in ranges.reduce(0) { $0 + $1.count } }
        let present = zones.reduce(0) { $0 + pages($1.memory) }
        let given = zones.reduce(0) { $0 + pages($1.free) }
        let contiguous = zones.reduce(0) { $0 + pages($1.cma) }
        log(
            "mem_init_print_info",
            "Memory: \(given * 4)K/\(present * 4)K available (0K kernel code, 0K rwdata, 0K rodata, 0K init, 0K bss, "
                + "\((present - given) * 4)K reserved, \(contiguous * 4)K cma-reserved)")
    }
}
