/// Free blocks that compaction moves folios to (`cc->freepages`): a list for each order.
struct CompactionTargets {
    /// The next block of an order is the last one of its list.
    private var lists = [[PFN]](repeating: [], count: Zone.maxOrder + 1)

    /// Takes blocks in, behind those that are there (`list_add_tail`).
    mutating func add(_ blocks: [(pfn: PFN, order: Int)]) {
        for order in lists.indices {
            let new = blocks.filter { $0.order == order }.map(\.pfn)
            if !new.isEmpty { lists[order].insert(contentsOf: new.reversed(), at: 0) }
        }
    }

    /// A block of an order, from the smallest that has one in it; nil where there is none. What is left of a larger one is the next of its
    /// orders.
    mutating func take(_ order: Int) -> PFN? {
        guard var current = lists.indices.first(where: { $0 >= order && !lists[$0].isEmpty }) else { return nil }
        let pfn = lists[current].removeLast()
        while current > order {
            current -= 1
            lists[current].append(pfn + 1 << UInt64(current))
        }
        return pfn
    }

    /// All that are left.
    var blocks: [(pfn: PFN, order: Int)] {
        lists.enumerated().flatMap { order, list in list.reversed().map { ($0, order) } }
    }
}
