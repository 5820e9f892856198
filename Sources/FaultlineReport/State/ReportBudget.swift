/// How much a report may look at and say, so that a large program gives a page in seconds that a browser can open. It counts
/// work, not time: the same program gives the same page.
struct ReportBudget {
    /// Pages and VMAs that all looks together may take, and about how many bytes the states may have.
    private var looks: Int
    private var bytes: Int
    private let looksPerPlace: Int
    private let places: Int
    private var place = 0
    private var spentLooks = 0

    /// More places than this are not looked at.
    static let mostPlaces = 1000

    init(places: Int, looks: Int = 25_000_000, bytes: Int = 7_000_000) {
        self.places = max(places, 1)
        self.looks = looks
        self.bytes = bytes
        looksPerPlace = looks / max(places, 1)
    }

    /// Which of the program's places may be looked at, of so many.
    static func isCandidate(_ place: Int, of count: Int) -> Bool {
        let stride = (count + mostPlaces - 1) / mostPlaces
        return stride <= 1 || place % stride == 0 || place == count
    }

    /// Whether the place may be looked at for the cost; the last one always may.
    mutating func allows(cost: Int, isLast: Bool) -> Bool {
        place += 1
        if isLast { return true }
        // Half of it is there at once, the other half as the program goes on.
        let allowed = looks / 2 + looksPerPlace * place / 2
        guard !isSpent, spentLooks + cost <= allowed else { return false }
        spentLooks += cost
        return true
    }

    /// Whether the data is as large as it should be.
    var isSpent: Bool { bytes <= 0 }

    /// Notes what a state takes in the data.
    mutating func spend(bytes count: Int) { bytes -= count }
}
