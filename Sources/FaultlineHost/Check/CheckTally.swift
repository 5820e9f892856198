import FaultlineInspect

/// Counts of verdicts, for one profile or for all.
public struct CheckTally: Hashable, Sendable {
    /// Programs on which kernel and model agree.
    public var equal = 0
    /// Programs on which they do not.
    public var different = 0
    /// Programs that the kernel does not run the same way twice.
    public var unstable = 0
    /// Programs that the kernel could not run.
    public var notRun = 0

    /// Programs, equal or different, that met what the model lacks.
    public var unmodelled = 0

    /// An empty tally.
    public init() {}

    /// Counts one verdict.
    public mutating func count(_ verdict: Verdict) {
        switch verdict {
        case .equal(_, let uses):
            equal += 1
            if !uses.isEmpty { unmodelled += 1 }
        case .different(let difference):
            different += 1
            if !difference.unmodelled.isEmpty { unmodelled += 1 }
        case .unstable: unstable += 1
        case .notRun: notRun += 1
        }
    }

    /// The sum of two tallies.
    public static func + (left: CheckTally, right: CheckTally) -> CheckTally {
        var sum = left
        sum.equal += right.equal
        sum.different += right.different
        sum.unstable += right.unstable
        sum.notRun += right.notRun
        sum.unmodelled += right.unmodelled
        return sum
    }

    /// A table with a row for each name and one for the sum, where there is more than one row.
    public static func table(_ rows: [(name: String, tally: CheckTally)]) -> [String] {
        var all = rows
        if rows.count > 1 { all.append(("all", rows.reduce(CheckTally()) { $0 + $1.tally })) }
        let header = ["profile", "programs", "equal", "different", "unstable", "not run"]
        let cells = all.map { name, tally in
            [
                name, "\(tally.equal + tally.different + tally.unstable + tally.notRun)", "\(tally.equal)",
                "\(tally.different)", "\(tally.unstable)", "\(tally.notRun)",
            ]
        }
        var table = TextTable(numbers: header.count - 1)
        for row in [header] + cells { table.add(row) }
        return table.lines
    }
}
