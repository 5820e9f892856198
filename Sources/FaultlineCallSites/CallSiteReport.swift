/// Faults by call site, with names: for people, for flame graphs, for machines.
public struct CallSiteReport: Sendable {
    /// A call site whose frames have names.
    struct Site: Sendable {
        let site: CallSite
        let symbols: [Symbol]
    }

    /// Those with the most faults first; those with as many in the order in which they came.
    let sites: [Site]
    /// Faults whose chain found no room, by the number of the kind.
    let lost: [UInt64]

    /// Names what was counted.
    public init(_ callSites: CallSites, _ symbolizer: Symbolizer) {
        sites = callSites.sites.enumerated().sorted { ($1.element.total, $0.offset) < ($0.element.total, $1.offset) }
            .map {
                Site(site: $0.element, symbols: $0.element.frames.map { symbolizer.symbol(at: $0.address) })
            }
        lost = FaultKind.allCases.map(callSites.lost)
    }

    /// Faults of a kind at all sites, those without one too; of all kinds for nil.
    public func total(_ kind: FaultKind? = nil) -> UInt64 {
        guard let kind else { return FaultKind.allCases.map { total($0) }.reduce(0, +) }
        return sites.map { $0.site.count(kind) }.reduce(lost[Int(kind.rawValue)], +)
    }

    /// Faults whose chain found no room.
    public var lostTotal: UInt64 { lost.reduce(0, +) }
}
