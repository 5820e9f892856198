/// Nodes of files' page caches in which nothing is left but what evicted pages left (`shadow_nodes` of `mm/workingset.c`), the oldest
/// first. Those of the program's memory cgroup only: what the machine's own may have is more than they ever are.
struct ShadowNodes {
    struct Entry {
        let node: XArrayNode
        let mapping: Handle<FileMapping>
        let index: UInt64
        let ticket: UInt64

        /// Whether nothing came into the node, and it was not freed.
        var isValid: Bool { node.ticket == ticket }
    }

    private(set) var entries: [Entry] = []
    private var lastTicket: UInt64 = 0
    /// `nr_deferred`: what earlier looks left to do.
    var deferred: UInt64 = 0

    /// `list_lru_add`.
    mutating func append(_ node: XArrayNode, _ mapping: Handle<FileMapping>, _ index: UInt64) {
        // Most of a long list may be gone since.
        if entries.count >= 64, entries.count & (entries.count - 1) == 0 { removeStale() }
        lastTicket += 1
        node.ticket = lastTicket
        entries.append(Entry(node: node, mapping: mapping, index: index, ticket: lastTicket))
    }

    mutating func removeStale() { entries.removeAll { !$0.isValid } }

    /// Takes the oldest off the list.
    mutating func takeFirst(_ count: Int) -> [Entry] {
        let taken = Array(entries.prefix(count))
        entries.removeFirst(taken.count)
        return taken
    }
}

extension Machine {
    /// `workingset_update_node`, of a node that is on no list yet.
    @inline(__always)
    func noteShadowNode(
        _ mapping: Handle<FileMapping>, _ record: UnsafeMutablePointer<PageRecord>, _ node: XArrayNode?
    ) {
        guard let node, record.pointee.vector != 0 else { return }
        shadowNodes.append(node, mapping, record.pointee.index)
    }

    /// `shrink_slab` of these nodes (`do_shrink_slab`, `count_shadow_nodes`): a group keeps one for eight pages that it has, those of the kernel's
    /// objects among them. Each priority
    /// adds half of the surplus to a sum, which the next ones inherit, and frees nodes once the sum reaches the surplus.
    func shrinkShadowNodes(_ vector: Int, _ priority: Int) {
        if vector == 0 || shadowNodes.entries.isEmpty { return }
        shadowNodes.removeStale()
        let count = UInt64(shadowNodes.entries.count)
        let most = (figures(vector).everything + slabPagesOfGroup) >> 3
        if count <= most { return }
        let (freeable, delta) = (count - most, (count - most) / 2)
        var rest = min(shadowNodes.deferred >> UInt64(priority) + delta, 2 * freeable)
        var done: UInt64 = 0
        while rest >= Self.shrinkBatch || rest >= freeable {
            let part = min(rest, Self.shrinkBatch)
            for entry in shadowNodes.takeFirst(Int(part)) {
                entry.mapping.pointee.pages.eraseLeaf(entry.index)
                reclaimFigures.forgottenNodes += 1
            }
            rest -= part
            done += part
        }
        let left = shadowNodes.deferred + delta
        shadowNodes.deferred = min(left - min(done, left), 2 * freeable)
    }

    /// SHRINK_BATCH.
    private static var shrinkBatch: UInt64 { 128 }

    /// The list against the nodes.
    func checkShadowNodes() -> String? {
        for entry in shadowNodes.entries where entry.isValid {
            if !entry.node.hasOnlyShadows { return "a node on the list of shadow nodes has more than shadows" }
            if entry.mapping.pointee.pages.leaf(for: entry.index) != entry.node {
                return "a node on the list of shadow nodes is another one's"
            }
        }
        return nil
    }
}
