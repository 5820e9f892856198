import Faultline
import FaultlineScenario

/// The data of the page. Addresses are numbers: those of user space have 47 bits, and JavaScript's numbers 53.
extension ReportDocument: Encodable {
    private enum CodingKeys: CodingKey {
        case version, title, kernel, source, kinds, faultKinds, statements, statementCount, states, axis, unmodelled
        case failure, processNames
    }

    private struct Kind: Encodable {
        let name: String
        let letter: String
        let short: String
        let legend: String
    }

    /// Writes the data as docs/REPORT.md describes it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.version, forKey: .version)
        try container.encode(title, forKey: .title)
        try container.encode(kernel, forKey: .kernel)
        try container.encode(source, forKey: .source)
        let kinds = PageKind.allCases.map { Kind(name: $0.name, letter: $0.letter, short: $0.short, legend: $0.legend) }
        try container.encode(kinds, forKey: .kinds)
        try container.encode(FaultKind.allCases.map(\.rawValue), forKey: .faultKinds)
        try container.encode(statements, forKey: .statements)
        try container.encode(statementCount, forKey: .statementCount)
        try container.encode(processNames, forKey: .processNames)
        try container.encode(changes, forKey: .states)
        try container.encode(axis.intervals.map { [Double($0.start), Double($0.end), $0.weight] }, forKey: .axis)
        try container.encode(unmodelled.map(\.description), forKey: .unmodelled)
        try container.encodeIfPresent(failure, forKey: .failure)
    }
}

extension ReportChange: Encodable {
    private enum CodingKeys: CodingKey { case place, alive, totals, areas, tables, chains, machine }
    private enum ChainKeys: CodingKey { case set, drop }

    private struct Figures: Encodable {
        let figures: ProcessTotals
        let sharedWith: String?
    }

    private struct Areas: Encodable {
        let set: [ReportArea]
        let drop: [VirtualAddress]
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(place, forKey: .place)
        try container.encodeIfPresent(alive, forKey: .alive)
        try container.encode(machine, forKey: .machine)
        try encode(
            totals.map { ($0.name, Figures(figures: $0.process.totals, sharedWith: $0.process.sharedWith)) },
            &container,
            .totals)
        try encode(areas.map { ($0.name, Areas(set: $0.set, drop: $0.drop)) }, &container, .areas)
        try encode(tables.map { ($0.name, $0.tables) }, &container, .tables)
        if chains.set.isEmpty, chains.drop.isEmpty { return }
        var nested = container.nestedContainer(keyedBy: ChainKeys.self, forKey: .chains)
        try nested.encode(chains.set.map(ReportChain.init), forKey: .set)
        try nested.encode(chains.drop, forKey: .drop)
    }

    private func encode<Value: Encodable>(
        _ values: [(String, Value)], _ container: inout KeyedEncodingContainer<CodingKeys>, _ key: CodingKeys
    ) throws {
        if values.isEmpty { return }
        // A name that was used twice has the later process.
        try container.encode(Dictionary(values, uniquingKeysWith: { $1 }), forKey: key)
    }
}

extension ReportArea: Encodable {
    private enum CodingKeys: CodingKey {
        case start, end, permissions, offset, name, flags, smaps, runs, parts, pagesInPart, count
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(start, forKey: .start)
        try container.encode(end, forKey: .end)
        if !permissions.isEmpty { try container.encode(permissions, forKey: .permissions) }
        if offset != 0 { try container.encode(offset, forKey: .offset) }
        if !name.isEmpty { try container.encode(name, forKey: .name) }
        if !flags.isEmpty { try container.encode(flags, forKey: .flags) }
        let smaps = figures.nonzero.map { ($0.figure.name, $0.value) }
        if !smaps.isEmpty { try container.encode(Dictionary(uniqueKeysWithValues: smaps), forKey: .smaps) }
        if !pages.runs.isEmpty { try container.encode(pages.runs, forKey: .runs) }
        if pages.pagesInPart > 0 {
            try container.encode(pages.pagesInPart, forKey: .pagesInPart)
            try container.encode(pages.counts, forKey: .parts)
        }
        if count > 1 { try container.encode(count, forKey: .count) }
    }
}

extension PageSummary.Run: Encodable {
    /// [first page, count, kind, frame, map count, 1 for writable and 2 for dirty]
    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        let bits: UInt64 = (isWritable ? 1 : 0) | (isDirty ? 2 : 0)
        let values: [UInt64] = [first, count, UInt64(kind.rawValue), frame, UInt64(mapCount), bits]
        for value in values { try container.encode(value) }
    }
}

extension ReportTables: Encodable {
    private enum CodingKeys: CodingKey { case counts, listed }

    /// Of each table: [level from the PGD's 0 down, frame, first address, entries used].
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(counts, forKey: .counts)
        let levels = PageWalk.Level.allCases
        let rows = listed.map { table in
            [UInt64(levels.firstIndex(of: table.level) ?? 0), table.frame, table.start, UInt64(table.used)]
        }
        try container.encode(rows, forKey: .listed)
    }
}

/// A reverse map as the page has it.
private struct ReportChain: Encodable {
    struct Step: Encodable {
        let process: Int
        let start, end, address: VirtualAddress
        let permissions: String
        /// In hex: an entry has 64 bits.
        let entry: String
        /// Where the entry lies; nil where no table is.
        let entryAddress: PhysicalAddress?
        let isMapped: Bool
    }

    let frame: PFN
    let index: UInt64
    let mapCount, references: Int
    let isExclusive: Bool
    /// `anon_vma`, `file` or `none`, with what is known of it.
    let owner: String
    let number, root, parent: UInt64?
    let name: String?
    let steps: [Step]

    init(_ chain: ReverseMapSnapshot) {
        frame = chain.frame
        index = chain.index
        mapCount = chain.mapCount
        references = chain.referenceCount
        isExclusive = chain.isExclusive
        switch chain.owner {
        case .anonVMA(let number, let root, let parent, _, _):
            (owner, self.number, self.root, self.parent, name) = ("anon_vma", number, root, parent, nil)
        case .file(let name, _): (owner, number, root, parent, self.name) = ("file", nil, nil, nil, name)
        case .stableNode: (owner, number, root, parent, name) = ("ksm_stable_node", nil, nil, nil, nil)
        case .none: (owner, number, root, parent, name) = ("none", nil, nil, nil, nil)
        }
        steps = chain.steps.map {
            Step(
                process: $0.process, start: $0.start, end: $0.end, address: $0.address, permissions: $0.permissions,
                entry: String($0.entry, radix: 16), entryAddress: $0.entryAddress, isMapped: $0.isMapped)
        }
    }
}
