import Faultline

/// A TLB with tree PLRU of 8 ways and a number of sets, simulated for some of its sets, drawn at random.
///
/// Tree PLRU is no stack algorithm: each size has to be simulated. First uses of pages, which miss in every size, are known exactly;
/// the sample tells of the other misses. Where all sets are simulated, there is no error.
struct SampledPLRU {
    static let ways = 8
    /// At most so many sets are simulated.
    private static let mostSets = 64

    let sets: Int
    /// By set: where its ways stand; -1 for one that is not looked at.
    private var places: [Int16]
    /// Pages plus 1, 8 a set; 0 is empty.
    private var tags: [UInt64]
    private var trees: [UInt8]
    /// By set: misses other than the first uses of pages.
    private var missesOf: [UInt64]

    var entries: Int { sets * Self.ways }

    /// - Parameter sets: a power of two.
    init(sets: Int, seed: UInt64) {
        self.sets = sets
        var random = SplitMix64(seed: seed &+ UInt64(sets))
        var order = Array(0..<sets)
        let taken = min(sets, Self.mostSets)
        places = [Int16](repeating: -1, count: sets)
        for index in 0..<taken {
            order.swapAt(index, index + Int(random.next() % UInt64(sets - index)))
            places[order[index]] = Int16(index)
        }
        tags = [UInt64](repeating: 0, count: taken * Self.ways)
        trees = [UInt8](repeating: 0, count: taken)
        missesOf = [UInt64](repeating: 0, count: taken)
    }

    /// Whether every set is simulated.
    var isWhole: Bool { missesOf.count == sets }
    /// The largest that is whole.
    static var mostWholeEntries: Int { mostSets * ways }

    /// An access of a page, whose lowest bits choose the set.
    ///
    /// - Returns: whether it missed; false where the set is not simulated.
    @inline(__always)
    mutating func use(_ page: UInt64) -> Bool {
        let place = Int(places[Int(truncatingIfNeeded: page) & (sets - 1)])
        return place >= 0 && use(page, place)
    }

    private mutating func use(_ page: UInt64, _ place: Int) -> Bool {
        let first = place * Self.ways
        for way in 0..<Self.ways where tags[first + way] == page &+ 1 {
            touch(place, way)
            return false
        }
        missesOf[place] += 1
        // An empty way first, as hardware fills them.
        let empty = (0..<Self.ways).first { tags[first + $0] == 0 }
        let way = empty ?? victim(trees[place])
        tags[first + way] = page &+ 1
        touch(place, way)
        return true
    }

    /// The last access, which missed, was the first of its page.
    mutating func discount(_ page: UInt64) {
        let place = Int(places[Int(truncatingIfNeeded: page) & (sets - 1)])
        if place >= 0 { missesOf[place] -= 1 }
    }

    /// Points every node on the way to a leaf away from it. Node 1 is the root, 2n and 2n+1 are below n.
    private mutating func touch(_ place: Int, _ way: Int) {
        var node = 1
        var tree = trees[place]
        for bit in stride(from: 2, through: 0, by: -1) {
            let right = way >> bit & 1
            if right == 0 { tree |= 1 << UInt8(node) } else { tree &= ~(1 << UInt8(node)) }
            node = node * 2 + right
        }
        trees[place] = tree
    }

    private func victim(_ tree: UInt8) -> Int {
        var node = 1
        for _ in 0..<3 { node = node * 2 + Int(tree >> UInt8(node) & 1) }
        return node - Self.ways
    }

    /// The misses of all sets together but for first uses, and the standard error of that estimate.
    var misses: (estimate: Double, error: Double) {
        let taken = Double(missesOf.count)
        let sum = missesOf.reduce(0.0) { $0 + Double($1) }
        if isWhole { return (sum, 0) }
        let mean = sum / taken
        let squares = missesOf.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let variance = squares / (taken - 1)
        // Of a sample without replacement.
        let error = Double(sets) * (variance / taken * (1 - taken / Double(sets))).squareRoot()
        return (sum * Double(sets) / taken, error)
    }
}
