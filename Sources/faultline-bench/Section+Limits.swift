import CBench

extension Section {
    /// The limit programs alone: what this machine can do at best.
    static let limits = Section(name: "limits", heading: "Limit programs (a translation)") {
        effort throws(BenchError) in
        var figures: [Figure] = []
        for gibibytes in [1, 16] as [UInt64] {
            figures += try walkLimits(gibibytes: gibibytes, effort)
        }
        figures += tagCompareLimits(effort)
        return figures
    }

    private static func walkLimits(gibibytes: UInt64, _ effort: Effort) throws(BenchError) -> [Figure] {
        let material = try BenchTables(pages: gibibytes << 18, count: effort.translations, section: "limits")
        var figures: [Figure] = []
        func add(_ name: String, _ measure: @escaping () -> Double) {
            figures.append(
                effort.figure("walk, \(gibibytes) GiB, \(name)", limitName: "limit", limit: measure))
        }
        var tables = material.tables
        let count = UInt64(material.addresses.count)
        let addresses = material.addresses.baseAddress!
        material.useRandomAddresses()
        add("random, dependent") { fl_limit_walk_dependent(&tables, addresses, count) }
        add("random, independent") { fl_limit_walk_independent(&tables, addresses, count) }
        for batch in [8, 16, 32, 64] as [UInt32] {
            add("random, batch of \(batch)") { fl_limit_walk_batch(&tables, addresses, count, batch) }
        }
        material.useSequentialPages()
        add("sequential pages") { fl_limit_walk_independent(&tables, addresses, count) }
        return figures
    }

    private static func tagCompareLimits(_ effort: Effort) -> [Figure] {
        var figures: [Figure] = []
        for (sets, ways) in [(64, 1), (64, 4), (1024, 8), (2048, 8), (2048, 16)] as [(UInt32, UInt32)] {
            for dependent in [false, true] {
                let name = "AVX2 tag compare, \(sets)x\(ways), \(dependent ? "dependent" : "independent")"
                figures.append(
                    effort.figure(name, limitName: "limit") {
                        fl_limit_tag_compare(sets, ways, UInt64(effort.translations), dependent, 1)
                    })
            }
        }
        return figures
    }
}
