/// Kernel samepage merging: what ksmd knows (`mm/ksm.c`).
struct KSM {
    var settings = KSMSettings()
    /// `ksm_mm_head`: the address spaces that it scans, in that order.
    var slots: [Handle<KSMSlot>] = []
    /// Merged pages by their contents, and pages that did not change for a while, which each scan gathers anew: a tree each, or where
    /// nodes do not merge with each other a tree each for every node.
    var stable = [RedBlackTree<KSMNode>()]
    var unstable = [RedBlackTree<KSMItem>()]
    /// `ksm_scan.seqnr`.
    var scan: UInt64 = 0
    var counts = KSMCounts()
}

/// The files of /sys/kernel/mm/ksm that are settings.
public struct KSMSettings: Sendable, Equatable, Codable {
    /// `use_zero_pages`: pages of zeros become the zero page.
    public var usesZeroPages = false
    /// `max_page_sharing`: how often a frame is mapped at most.
    public var mostSharing = 256
    /// `merge_across_nodes`.
    public var mergesAcrossNodes = true
    /// `smart_scan`: pages that found no equal one for long are looked at less often.
    public var isSmart = true

    /// As the kernel boots.
    public init() {}
}

/// The files of /sys/kernel/mm/ksm that count.
public struct KSMCounts: Sendable, Equatable, Codable {
    /// `pages_shared`: merged frames; `pages_sharing`: how many frames more there would be without.
    public var shared = 0, sharing = 0
    /// `pages_unshared`: pages that are looked at again and again and found no equal one.
    public var unshared = 0
    /// What ksmd has an item of.
    public var items = 0
    /// `ksm_zero_pages`: entries that map the zero page in the place of a page of zeros.
    public var zeroPages = 0
    /// `pages_skipped`, `pages_scanned`, `full_scans`.
    public var skipped = 0, scanned = 0, scans = 0
    /// `stable_node_chains`, `stable_node_dups`.
    public var chains = 0, chained = 0
    /// `cow_ksm` and `ksm_swpin_copy` of /proc/vmstat: copies of merged pages, and of pages that came back from the swap area for others.
    public var copies = 0, swapCopies = 0

    /// All 0.
    public init() {}

    /// `pages_volatile`: pages that change too often.
    public var changing: Int { max(0, items - shared - sharing - unshared) }

    /// `general_profit`: bytes saved, less those of ksmd's own records.
    public var profit: Int { (sharing + zeroPages) * 4096 - items * Self.itemBytes }

    /// `sizeof(struct ksm_rmap_item)`.
    static let itemBytes = 64
}

extension Machine {
    /// `is_ksm_zero_pte`: the zero page that ksmd put in the place of a page of zeros.
    @inline(__always)
    func isMergedZero(_ pte: PTE) -> Bool { pte.isSpecial && pte.isDirty && pte.pfn == zeroFrame && pte.isPresent }

    /// `ksm_might_unmap_zero_page`: an entry that maps the zero page goes.
    @inline(__always)
    func noteZeroUnmapped(_ mm: Handle<MMStruct>, _ pte: PTE) {
        guard isMergedZero(pte) else { return }
        ksm.counts.zeroPages -= 1
        mm.pointee.mergedZeroPages -= 1
    }

    /// `ksm_fork`: the child has its parent's merged pages, and ksmd scans it, too.
    func forkMerging(_ mm: Handle<MMStruct>, from parent: Handle<MMStruct>) {
        mm.pointee.mergedZeroPages = parent.pointee.mergedZeroPages
        guard parent.pointee.ksmSlot != nil else { return }
        ksm.counts.zeroPages += Int(mm.pointee.mergedZeroPages)
        enterMerging(mm)
    }

    /// `get_kpfn_nid`: the trees that a frame's page belongs to.
    func mergingTree(_ pfn: PFN) -> Int { ksm.settings.mergesAcrossNodes ? 0 : physical.nodes.node(of: pfn) }

    /// `__ksm_enter`: ksmd scans the address space from its next scan on.
    func enterMerging(_ mm: Handle<MMStruct>) {
        guard mm.pointee.ksmSlot == nil else { return }
        let slot = ksmSlots.allocate(KSMSlot(mm: mm, owner: mm.pointee.owner))
        mm.pointee.ksmSlot = slot
        // Behind the cursor, which rests at the head of the list: scanned last.
        ksm.slots.append(slot)
        emit(.ksmEntered, .none, 0, UInt64(mm.pointee.owner))
    }

    /// `ksm_vma_flags`: those of a new VMA of an address space that merges all it can. ksmd may have taken it off its list meanwhile.
    func mergeableFlags(_ mm: Handle<MMStruct>, _ flags: VMFlags) -> VMFlags {
        guard flags.isCompatibleWithKSM else { return flags }
        enterMerging(mm)
        return flags.adding(.mergeable)
    }

    /// `__ksm_exit`: its last process has ended. What ksmd has items of, it frees itself.
    func leaveMerging(_ mm: Handle<MMStruct>) {
        guard let slot = mm.pointee.ksmSlot else { return }
        mm.pointee.ksmSlot = nil
        slot.pointee.mm = nil
        ksm.slots.removeAll { $0 == slot }
        if slot.pointee.firstItem == nil {
            ksmSlots.deallocate(slot)
        } else {
            ksm.slots.insert(slot, at: 0)
        }
        emit(.ksmLeft, .none, 0, UInt64(mm.pointee.owner))
    }
}
