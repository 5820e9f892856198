extension Boot {
    /// `numa_init`: which node has which memory.
    mutating func makeNodes() throws(FirmwareMapError) {
        let end = memblock.end
        var asked = options.nodes
        if asked.isEmpty {
            log("dummy_numa_init", "No NUMA configuration found")
            log("dummy_numa_init", "Faking a node at [mem \(FirmwareMap.range(0..<end))]")
            asked = options.fakeNodes > 1 ? try fakeNodes(options.fakeNodes) : [0..<end]
        }
        asked.sort { $0.lowerBound < $1.lowerBound }
        for (before, after) in zip(asked, asked.dropFirst()) where before.upperBound > after.lowerBound {
            let ranges = "[mem \(FirmwareMap.range(before))] and [mem \(FirmwareMap.range(after))]"
            throw .option("the nodes of \(ranges) overlap; give each byte to one node")
        }
        if let first = asked.first, first.lowerBound > 0 { asked[0] = 0..<first.upperBound }
        for (node, range) in asked.enumerated() { memblock.setNode(range, node) }
        if let lost = memblock.memory.first(where: { $0.node < 0 }) {
            throw .option("no node has [mem \(FirmwareMap.range(lost.range))]; give it to one")
        }
        for node in asked.indices {
            let regions = memblock.memory.filter { $0.node == node }
            guard let first = regions.first, let last = regions.last else {
                throw .option("node \(node) has no RAM; give it some, or leave it out")
            }
            nodeRanges.append(first.range.lowerBound..<last.range.upperBound)
        }
        if let stray = options.cpuNodes.first(where: { !nodeRanges.indices.contains($0) }) {
            throw .option("CPUs of node \(stray): there are \(asked.count) nodes, from 0; give them to one of these")
        }
        if options.fakeNodes > 1, options.cpuNodes.contains(where: { $0 > 0 }) {
            throw .option("CPUs of fake nodes are all of node 0; give nodes by their memory")
        }
        let distances = options.distances
        guard distances.isEmpty || distances.count == asked.count && distances.allSatisfy({ $0.count == asked.count })
        else {
            throw .option("distances are for \(distances.count) nodes, there are \(asked.count); give a row a node")
        }
    }

    /// `split_nodes_interleave` of `numa=fake=N` on one node: equal sizes, in steps of 32 MiB; the last one has the rest.
    private mutating func fakeNodes(_ count: Int) throws(FirmwareMapError) -> [Range<PhysicalAddress>] {
        let step: UInt64 = 32 << 20
        let total = memblock.memory.reduce(0) { $0 + UInt64($1.range.count) }
        let size = total / UInt64(count) & ~(step - 1)
        if size == 0 { throw .option("numa=fake=\(count): each node needs 32 MiB; ask for fewer") }
        // As many nodes have a step more as the rest has steps.
        let larger = (total / UInt64(count) & (step - 1)) * UInt64(count) / step
        var ranges: [Range<PhysicalAddress>] = []
        var start: PhysicalAddress = 0
        for node in 0..<count {
            var rest = size + (UInt64(node) < larger ? step : 0)
            var end = memblock.end
            if node < count - 1 {
                for region in memblock.memory where region.range.upperBound > start && rest > 0 {
                    let first = max(region.range.lowerBound, start)
                    end = min(first + rest, region.range.upperBound)
                    rest -= end - first
                }
                end = end & ~(step - 1)
            }
            log(
                "emu_setup_memblk",
                "Faking node \(node) at [mem \(FirmwareMap.range(start..<end))] (\((end - start) >> 20)MB)")
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }

    // MARK: Zonelists

    /// `build_zonelists`: for each node the order of nodes by distance, and in each the zones from high to low.
    mutating func makeZonelists() {
        // node_load[], which counts across the calls of all nodes.
        var load = [Int](repeating: 0, count: nodeRanges.count)
        for node in nodeRanges.indices {
            let order = nodeOrder(from: node, &load)
            zonelists.append(
                order.flatMap { other in
                    zones.indices.filter { zones[$0].node == other }.sorted { zones[$0].kind > zones[$1].kind }
                })
            log("build_zonelists", "Fallback order for Node \(node): " + order.map { "\($0) " }.joined())
        }
        let pages = zones.reduce(0) { $0 + $1.memory.reduce(0) { $0 + $1.count } }
        log(
            "build_all_zonelists",
            "Built \(nodeRanges.count) zonelists, mobility grouping on.  Total pages: \(pages)")
        let policy = zones.map(\.kind).filter { $0 <= .normal }.max() ?? .dma
        log("build_all_zonelists", "Policy zone: \(policy.name)")
    }

    /// `find_next_best_node`, again and again.
    private func nodeOrder(from node: Int, _ load: inout [Int]) -> [Int] {
        var order = [node]
        var previous = node
        while order.count < nodeRanges.count {
            var best: (node: Int, value: Int)?
            for other in nodeRanges.indices where !order.contains(other) {
                var value = distance(node, other) + (other < node ? 1 : 0)
                // PENALTY_FOR_NODE_WITH_CPUS
                if other == 0 && options.cpuNodes.isEmpty || options.cpuNodes.contains(other) { value += 1 }
                value = value * 1024 + load[other]
                if best.map({ value < $0.value }) ?? true { best = (other, value) }
            }
            guard let best else { break }
            if distance(node, best.node) != distance(node, previous) { load[best.node] += 1 }
            order.append(best.node)
            previous = best.node
        }
        return order
    }

    /// `node_distance`.
    private func distance(_ from: Int, _ to: Int) -> Int {
        if !options.distances.isEmpty { return options.distances[from][to] }
        // Fake nodes are parts of one.
        return from == to || options.fakeNodes > 1 ? 10 : 20
    }
}
