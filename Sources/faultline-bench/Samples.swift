/// The results of one measurement that was made several times.
struct Samples: Sendable, Codable {
    /// The least: what the work takes where nothing else gets in its way.
    let least: Double

    /// Half of the results are no higher.
    let median: Double

    /// What the middle half of the results spans, as a part of the median: 0.5 means that one run in four lay a quarter off.
    let spread: Double

    /// How often it was measured.
    let count: Int

    /// - Parameter results: at least one, in any order.
    init(_ results: [Double]) {
        precondition(!results.isEmpty, "no result to take the least of")
        let sorted = results.sorted()
        least = sorted[0]
        median = sorted[sorted.count / 2]
        count = sorted.count
        let quartiles = (sorted[sorted.count / 4], sorted[sorted.count * 3 / 4])
        spread = median > 0 ? (quartiles.1 - quartiles.0) / median : 0
    }
}
