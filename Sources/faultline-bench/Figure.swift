/// One measurement: what Faultline takes, what it is allowed to take, and what was measured beside it in the same run.
struct Figure: Sendable {
    /// What was measured, as a noun phrase.
    let name: String

    /// The unit of `ours` and `limit`, as printed: `ns`.
    var unit = "ns"

    /// Faultline's own measurements; nil where the run measured only the other side.
    var ours: Samples?

    /// What Faultline is to stay at or below.
    var goal: Goal?

    /// What was measured beside it, by turns: a limit program or the live kernel.
    var limit: Samples?

    /// Whose figure `limit` is; without one, why there is none.
    var limitName = ""

    /// The least of ours as a multiple of the least of the limit's: other work on the machine only ever adds to a figure.
    var ratio: Double? {
        guard let ours, let limit, limit.least > 0 else { return nil }
        return ours.least / limit.least
    }

    /// The medians' ratio: what a run on this machine, as it is, met.
    var medianRatio: Double? {
        guard let ours, let limit, limit.median > 0 else { return nil }
        return ours.median / limit.median
    }

    /// Whether the goal was met; nil where there is none, or nothing to hold against it.
    var isMet: Bool? {
        switch goal {
        case nil: nil
        case .timesLimit(let most): ratio.map { $0 <= most }
        case .atMost(let most): ours.map { $0.least <= most }
        }
    }
}

/// What a figure is compared with.
enum Goal: Sendable {
    /// A multiple of the limit that the same run measured: the goal of all that takes time.
    case timesLimit(Double)

    /// In the figure's own unit: for bytes, which do not depend on the machine, and for work that has nothing like it on the host.
    case atMost(Double)
}

extension Figure: Encodable {
    private enum CodingKeys: String, CodingKey {
        case name, unit, ours, goal, goalRatio, limit, limitName, ratio, medianRatio, isMet
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(unit, forKey: .unit)
        try container.encodeIfPresent(ours, forKey: .ours)
        switch goal {
        case nil: break
        case .timesLimit(let ratio): try container.encode(ratio, forKey: .goalRatio)
        case .atMost(let figure): try container.encode(figure, forKey: .goal)
        }
        try container.encodeIfPresent(limit, forKey: .limit)
        try container.encode(limitName, forKey: .limitName)
        try container.encodeIfPresent(ratio, forKey: .ratio)
        try container.encodeIfPresent(medianRatio, forKey: .medianRatio)
        try container.encodeIfPresent(isMet, forKey: .isMet)
    }
}
