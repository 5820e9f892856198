/// How much a run measures.
struct Effort: Sendable {
    /// Measurements of each figure, by turns with those of its limit.
    let repetitions: Int

    /// Translations a measurement; a power of two.
    let translations: Int

    /// Pages a measurement of the simulated or the live kernel.
    let pages: UInt64

    /// The command `faultline` that a run measures; nil where there is none.
    var command: String?

    static let full = Effort(repetitions: 9, translations: 1 << 21, pages: 1 << 13)
    static let quick = Effort(repetitions: 3, translations: 1 << 20, pages: 1 << 12)

    /// Whether measurements that take seconds or gigabytes are made too.
    var isFull: Bool { repetitions == Effort.full.repetitions }

    /// Measures ours and the limit by turns, so that both meet the same machine.
    ///
    /// - Parameters:
    ///   - ours: negative where a call was refused; then the figure has none.
    ///   - limit: the same.
    func figure(
        _ name: String, unit: String = "ns", goal: Goal? = nil, limitName: String = "", repetitions: Int? = nil,
        ours: (() -> Double)? = nil, limit: (() -> Double)? = nil
    ) -> Figure {
        var results: (ours: [Double], limit: [Double]) = ([], [])
        for _ in 0..<(repetitions ?? self.repetitions) {
            if let ours { results.ours.append(ours()) }
            if let limit { results.limit.append(limit()) }
        }
        func samples(_ results: [Double]) -> Samples? {
            results.isEmpty || results.contains { $0 < 0 } ? nil : Samples(results)
        }
        return Figure(
            name: name, unit: unit, ours: samples(results.ours), goal: goal, limit: samples(results.limit),
            limitName: limitName)
    }
}
