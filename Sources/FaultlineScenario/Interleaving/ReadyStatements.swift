import Faultline

/// The statements of a program that can come next while it is interleaved, kept as one after another begins and ends.
struct ReadyStatements {
    private let order: StatementOrder
    private var missing: [Int32]
    /// The calls, one for each process that can go on, in the order of lines.
    private(set) var calls: [Int] = []
    /// The plain assignments, which take no time; the last line first.
    private var assignments: [Int] = []
    /// How many statements have not begun.
    private(set) var left: Int

    init(_ order: StatementOrder) {
        self.order = order
        missing = order.missing
        left = missing.count
        for place in missing.indices.reversed() where missing[place] == 0 { add(place) }
    }

    /// The plain assignment that comes next; nil where none can.
    var assignment: Int? { assignments.last }

    /// What comes next in the order of lines; nil where nothing can.
    var first: Int? { assignment ?? calls.first }

    /// What comes next as random numbers draw it; nil where nothing can.
    func drawn(with random: inout SplitMix64) -> Int? {
        if let assignment { return assignment }
        return calls.isEmpty ? nil : calls[Int(random.next() % UInt64(calls.count))]
    }

    /// A statement begins, and may wait.
    ///
    /// - Precondition: it is one of those that can.
    mutating func begin(_ place: Int) {
        left -= 1
        if order.makers[place] == nil {
            assignments.removeLast()
        } else {
            calls.remove(at: Self.index(calls) { $0 < place })
        }
        for follower in order.beginFollowers[place] ?? [] { release(follower) }
    }

    /// A statement that has begun ends.
    mutating func end(_ place: Int) {
        for follower in order.followers[place] { release(Int(follower)) }
    }

    private mutating func release(_ place: Int) {
        missing[place] -= 1
        if missing[place] == 0 { add(place) }
    }

    private mutating func add(_ place: Int) {
        if order.makers[place] == nil {
            assignments.insert(place, at: Self.index(assignments) { $0 > place })
        } else {
            calls.insert(place, at: Self.index(calls) { $0 < place })
        }
    }

    /// How many places at the front hold to a condition.
    private static func index(_ places: [Int], _ isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(places[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
