/// 512 slots of a swap area: `struct swap_cluster_info`.
struct SwapCluster {
    /// Which list of the area it is on (`enum swap_cluster_flags`).
    enum List: UInt8, CaseIterable {
        /// CLUSTER_FLAG_FREE: no slot is in use.
        case free
        /// CLUSTER_FLAG_NONFULL: a slot became free since slots were last taken.
        case partlyFree
        /// CLUSTER_FLAG_FRAG: slots were taken since.
        case fragmented
        /// CLUSTER_FLAG_FULL.
        case full
    }

    /// Slots in use, those that do not exist among them: 0 to 512.
    var count: UInt16 = 0
    /// CLUSTER_FLAG_NONE is nil: someone looks for a slot in it.
    var list: List?
    /// Folios of 2^order pages get their slots from it; of use while some are.
    var order: UInt8 = 0
    /// Neighbours in the list; -1 for none.
    var previous: Int32 = -1
    var next: Int32 = -1
}

/// The ends of a list of clusters; -1 for none.
struct SwapClusterList {
    var first: Int32 = -1
    var last: Int32 = -1
}

extension SwapArea {
    /// `list_add_tail`. Precondition: the cluster is on no list.
    mutating func append(_ cluster: Int, to list: SwapCluster.List) {
        let place = Int(list.rawValue)
        let last = lists[place].last
        clusters[cluster].list = list
        clusters[cluster].previous = last
        clusters[cluster].next = -1
        if last < 0 { lists[place].first = Int32(cluster) } else { clusters[Int(last)].next = Int32(cluster) }
        lists[place].last = Int32(cluster)
    }

    /// `list_del`: the cluster is on no list then.
    mutating func remove(_ cluster: Int) {
        guard let list = clusters[cluster].list else { return }
        let (previous, next) = (clusters[cluster].previous, clusters[cluster].next)
        let place = Int(list.rawValue)
        if previous < 0 { lists[place].first = next } else { clusters[Int(previous)].next = next }
        if next < 0 { lists[place].last = previous } else { clusters[Int(next)].previous = previous }
        clusters[cluster].list = nil
    }

    /// `move_cluster`: to the end of another list; stays where it is on that one already.
    mutating func move(_ cluster: Int, to list: SwapCluster.List) {
        if clusters[cluster].list == list { return }
        remove(cluster)
        append(cluster, to: list)
    }

    /// `isolate_lock_cluster`: takes the first cluster off a list; of those in use, the first for folios of an order.
    mutating func isolate(_ list: SwapCluster.List, order: UInt8 = 0) -> Int? {
        var cluster = lists[Int(list.rawValue)].first
        if list == .partlyFree || list == .fragmented {
            while cluster >= 0, clusters[Int(cluster)].order != order { cluster = clusters[Int(cluster)].next }
        }
        if cluster < 0 { return nil }
        remove(Int(cluster))
        return Int(cluster)
    }

    /// `relocate_cluster`: to the list that fits after a look for a slot.
    mutating func relocate(_ cluster: Int) {
        switch clusters[cluster].count {
        case 0: move(cluster, to: .free)
        case UInt16(Self.clusterSlots): move(cluster, to: .full)
        default: move(cluster, to: .fragmented)
        }
    }

    // MARK: Invariants

    /// Counts of clusters and of the area against the slots, and the lists against both.
    func checkInvariants() -> String? {
        var used: UInt64 = 0
        for cluster in clusters.indices {
            let first = UInt64(cluster) * Self.clusterSlots
            let missing = first + Self.clusterSlots - min(first + Self.clusterSlots, end)
            var count = missing
            for slot in Int(first)..<Int(min(first + Self.clusterSlots, end)) where !slots[slot].isFree {
                count += 1
                if !slots[slot].isBad { used += 1 }
            }
            if count != UInt64(clusters[cluster].count) {
                return "cluster \(cluster) counts \(clusters[cluster].count) slots in use, there are \(count)"
            }
            guard let list = clusters[cluster].list else { return "cluster \(cluster) is on no list" }
            if (list == .free) != (count == 0) { return "cluster \(cluster) is on the wrong list" }
            if list == .full, count != Self.clusterSlots { return "cluster \(cluster) is not full" }
        }
        if used != usedCount { return "\(usedCount) slots are counted in use, there are \(used)" }
        for (place, list) in lists.enumerated() {
            var (count, cluster, previous) = (0, list.first, Int32(-1))
            while cluster >= 0, count <= clusters.count {
                let record = clusters[Int(cluster)]
                if record.list?.rawValue != UInt8(place) || record.previous != previous {
                    return "a list of clusters is broken"
                }
                (previous, cluster, count) = (cluster, record.next, count + 1)
            }
            if previous != list.last { return "a list of clusters has another end" }
        }
        return nil
    }
}
