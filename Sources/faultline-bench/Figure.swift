/// One measurement: what Faultline takes, what it is allowed to take, and what was measured beside it in the same run.
struct Figure: Encodable, Sendable {
    /// What was measured, as a noun phrase.
    let name: String

    /// The unit of `ours`, `goal` and `limit`, as printed: `ns`.
    var unit = "ns"

    /// Faultline's own figure; nil where the run measured only the other side.
    var ours: Double?

    /// What `ours` is to stay at or below.
    var goal: Double?

    /// The figure measured beside it: a limit program's or the live kernel's.
    var limit: Double?

    /// Whose figure `limit` is.
    var limitName: String

    /// Ours as a multiple of the limit.
    var ratio: Double? {
        guard let ours, let limit, limit > 0 else { return nil }
        return ours / limit
    }

    /// Whether the goal was met; nil where there is none, or nothing to hold against it.
    var isMet: Bool? {
        guard let ours, let goal else { return nil }
        return ours <= goal
    }
}

extension Figure {
    private enum CodingKeys: String, CodingKey {
        case name, unit, ours, goal, limit, limitName, ratio, isMet
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(unit, forKey: .unit)
        try container.encodeIfPresent(ours, forKey: .ours)
        try container.encodeIfPresent(goal, forKey: .goal)
        try container.encodeIfPresent(limit, forKey: .limit)
        try container.encode(limitName, forKey: .limitName)
        try container.encodeIfPresent(ratio, forKey: .ratio)
        try container.encodeIfPresent(isMet, forKey: .isMet)
    }
}
