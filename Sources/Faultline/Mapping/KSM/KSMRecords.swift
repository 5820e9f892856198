/// A merged page, or the chain of several with the same contents: `struct ksm_stable_node` (`mm/ksm.c`).
///
///     stable tree ─► node: a frame ─► item ─► item ─► item         an item: a page of an address space that maps the frame
///                └─► chain ─► node: a frame ─► items               the same contents more than `max_page_sharing` times
///                         └─► node: a frame ─► items
struct KSMNode: RedBlackRecord {
    /// In the stable tree; of those on a chain the chain alone is there.
    var links = RedBlackLinks<KSMNode>()
    /// `kpfn`. The node has no reference to the frame: it asks the frame whether it still belongs to it.
    var frame: PFN
    /// `nid`: of several stable trees, the one that it stands in. A frame that moves to another node of the machine stays there.
    let tree: Int
    /// Of a chain: its first node. Nodes that are on one know it, and their neighbours (`hlist_dup`).
    var firstOfChain: Handle<KSMNode>?
    var chain: Handle<KSMNode>?
    var next: Handle<KSMNode>?
    var previous: Handle<KSMNode>?
    /// `hlist`, and `rmap_hlist_len`.
    var firstItem: Handle<KSMItem>?
    var itemCount = 0
    /// `STABLE_NODE_CHAIN`.
    var isChain = false
    /// `chain_prune_time`, in microseconds of the clock.
    var pruned: UInt64 = 0

    /// What the owner of the frame is then (PAGE_MAPPING_KSM and the node).
    static func owner(_ node: Handle<KSMNode>) -> UInt64 { node.bits | PageRecord.mergedOwner }
}

/// What ksmd knows of one page of an address space: `struct ksm_rmap_item`.
struct KSMItem: RedBlackRecord {
    /// Where it is known.
    enum Place: UInt8 {
        case nowhere, unstable, stable
    }

    /// In the unstable tree.
    var links = RedBlackLinks<KSMItem>()
    let slot: Handle<KSMSlot>
    let address: VirtualAddress
    /// Towards higher addresses of the same address space (`rmap_list`).
    var following: Handle<KSMItem>?
    /// While it is stable: the VMA's anon_vma, of which it holds a reference.
    var anonVMA: Handle<AnonVMA>?
    /// `oldchecksum`; 0 before the first look.
    var checksum: UInt64 = 0
    /// The node whose frame it maps, and its neighbours there (`head`, `hlist`).
    var node: Handle<KSMNode>?
    var next: Handle<KSMItem>?
    var previous: Handle<KSMItem>?
    var place = Place.nowhere
    /// The number of the scan that put it into the unstable tree, and of several trees which.
    var scan: UInt64 = 0
    var tree = 0
    /// For smart scans: how often it was looked at, and how often it may still be passed over (`age`, `remaining_skips`).
    var age: UInt8 = 0
    var skips: UInt8 = 0

    init(slot: Handle<KSMSlot>, address: VirtualAddress, following: Handle<KSMItem>?) {
        self.slot = slot
        self.address = address
        self.following = following
    }
}

/// An address space on ksmd's list: `struct ksm_mm_slot`, and what `struct mm_struct` counts for it.
struct KSMSlot {
    /// Nil once its last process has ended; ksmd forgets it at its next scan.
    var mm: Handle<MMStruct>?
    /// Of the process that it was made for, for events.
    let owner: Int32
    /// The item of its lowest page.
    var firstItem: Handle<KSMItem>?
    /// `ksm_rmap_items`, `ksm_merging_pages`.
    var itemCount = 0
    var mergingPages = 0
}

extension PageRecord {
    /// PAGE_MAPPING_ANON and PAGE_MAPPING_KSM.
    static var mergedOwner: UInt64 { 3 }

    /// `folio_test_ksm`: KSM has merged it with others. Such a page is anonymous, but has no anon_vma.
    @inline(__always) var isMerged: Bool { mapping & Self.mergedOwner == Self.mergedOwner }

    /// `folio_stable_node`; nil for a page that is not merged, or is just becoming it.
    var stableNode: Handle<KSMNode>? {
        isMerged && mapping != Self.mergedOwner ? Handle(bits: mapping & ~Self.mergedOwner) : nil
    }
}
