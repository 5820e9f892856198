/// How many other pages were used since a page was used last: the misses of a fully associative LRU of every size, in one pass
/// (Mattson's stack algorithm).
///
/// The pages used last stand in a short list; a Fenwick tree over the times at which the others left it counts those in between.
/// Takes memory in proportion to the pages.
struct StackDistances {
    /// Of the short list, which finds nearly everything.
    private static let listed = 16
    /// Distances from here on count together.
    static let limit = 1 << 17

    /// The pages used last, the last first.
    private var list: [UInt64] = []
    /// Accesses by distance; the last one has those beyond.
    private(set) var histogram = [UInt64](repeating: 0, count: limit + 1)
    /// First uses: misses of every size.
    private(set) var cold: UInt64 = 0

    /// When each other page left the list; ``listedTime`` for those in it.
    private var times: [UInt64: Int] = [:]
    private static let listedTime = -1
    /// By time: the page that left then, and the tree of 1 for each that is out.
    private var leavers: [UInt64]
    private var tree: [Int32]
    private var now = 0
    private var out = 0

    init() {
        leavers = [UInt64](repeating: 0, count: 1 << 14)
        tree = [Int32](repeating: 0, count: 1 << 14 + 1)
        list.reserveCapacity(Self.listed + 1)
    }

    /// Counts accesses of a page that was used last already.
    @inline(__always)
    mutating func countRepeats(_ count: UInt64) { histogram[0] &+= count }

    /// An access of a page.
    mutating func use(_ page: UInt64) {
        for place in list.indices where list[place] == page {
            histogram[place] &+= 1
            var index = place
            while index > 0 {
                list[index] = list[index - 1]
                index -= 1
            }
            list[0] = page
            return
        }
        useOther(page)
    }

    @inline(never)
    private mutating func useOther(_ page: UInt64) {
        if let time = times[page] {
            // Those that left later, the listed ones, and none for itself.
            let later = out - sum(through: time)
            histogram[min(Self.listed + later, Self.limit)] += 1
            add(-1, at: time)
            out -= 1
        } else {
            cold += 1
        }
        times[page] = Self.listedTime
        list.insert(page, at: 0)
        if list.count > Self.listed { leave(list.removeLast()) }
    }

    private mutating func leave(_ page: UInt64) {
        if now == leavers.count { compact() }
        times[page] = now
        leavers[now] = page
        add(1, at: now)
        out += 1
        now += 1
    }

    /// How many of the pages that are out left up to a time.
    private func sum(through time: Int) -> Int {
        var place = time + 1
        var sum: Int32 = 0
        while place > 0 {
            sum &+= tree[place]
            place &= place - 1
        }
        return Int(sum)
    }

    private mutating func add(_ change: Int32, at time: Int) {
        var place = time + 1
        while place < tree.count {
            tree[place] &+= change
            place += place & -place
        }
    }

    /// Counts time anew, in the same order; the room is at least twice what is out.
    private mutating func compact() {
        var pages: [UInt64] = []
        pages.reserveCapacity(out)
        for time in 0..<now where times[leavers[time]] == time { pages.append(leavers[time]) }
        let room = max(1 << 14, pages.count * 4)
        leavers = [UInt64](repeating: 0, count: room)
        tree = [Int32](repeating: 0, count: room + 1)
        (now, out) = (0, 0)
        for page in pages { leave(page) }
    }

    /// Misses of a fully associative LRU TLB with so many entries, up to ``limit``.
    func misses(entries: Int) -> UInt64 {
        cold + histogram[min(entries, Self.limit)...].reduce(0, +)
    }
}
