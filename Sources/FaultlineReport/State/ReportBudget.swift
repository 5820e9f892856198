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
    private var lastCost = 0

    /// More places than this are not looked at.
    static let mostPlaces = 1000
    /// So many are never left out at the beginning, where a large program makes its memory.
    static let firstPlaces = 200

    init(places: Int, looks: Int = 25_000_000, bytes: Int = 7_000_000) {
        self.places = max(places, 1)
        self.looks = looks
        self.bytes = bytes
        looksPerPlace = looks / max(places, 1)
    }

    /// Which of the program's places may be looked at, of so many.
    static func isCandidate(_ place: Int, of count: Int) -> Bool {
        if count <= mostPlaces || place <= firstPlaces || place == count { return true }
        let most = mostPlaces - firstPlaces
        return place % ((count - firstPlaces + most - 1) / most) == 0
    }

    /// Whether the place may be looked at for the cost; the last one always may.
    mutating func allows(cost: Int, isLast: Bool) -> Bool {
        place += 1
        if isLast { return true }
        // Half of it is there at once, the other half as the program goes on. Where the memory has become another, all of it is.
        let isOther = cost > 2 * lastCost || 2 * cost < lastCost
        let allowed = isOther ? looks : looks / 2 + looksPerPlace * place / 2
        guard !isSpent, spentLooks + cost <= allowed else { return false }
        spentLooks += cost
        lastCost = cost
        return true
    }

    /// Whether the data is as large as it should be.
    var isSpent: Bool { bytes <= 0 }

    /// Notes what a state takes in the data.
    mutating func spend(bytes count: Int) { bytes -= count }
}
