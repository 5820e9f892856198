/// The memory cgroup of a program (`struct mem_cgroup`): what its processes touch is charged to it, may be limited, and is reclaimed by itself.
struct MemoryGroup {
    /// Whether there is one.
    var exists = false
    /// Pages that come are charged to it; those of the program that runs it are not.
    var isCharging = false
    /// Pages that are charged (`memory.usage_in_bytes`, `memory.current`).
    var usage: UInt64 = 0
    /// The most that may be (`memory.limit_in_bytes`, `memory.max`), in pages.
    var limit = UInt64.max
    /// `memory.swappiness`.
    var swappiness: UInt64 = 60
    /// The kernel's objects when the program joined it: they are charged elsewhere.
    var slabsBefore = GroupSlabs()
    /// Processes that its limit ended so far (`oom_kill`).
    var kills: UInt64 = 0
    /// The process that its limit ends as soon as its call is left; -1 for none.
    var dying: Int32 = -1
    /// That process ends since the kernel panics (`vm.panic_on_oom` is 2).
    var diesInPanic = false
    /// The page that is being copied while its copy is charged; `PFN.max` for none.
    var heldSource = PFN.max
}

extension Machine {
    /// `mem_cgroup_charge` and `try_charge_memcg`: where the limit is reached the group is reclaimed, and then a process of it killed.
    ///
    /// - Returns: false where the limit lets nobody have the page; it is not charged then.
    @inline(never)
    private func chargeToGroup(_ record: UnsafeMutablePointer<PageRecord>) -> Bool {
        let pages = PageRecord.folioPages(record)
        // Each round makes room for a page at least, or says that there is none.
        while memoryGroup.usage + pages - 1 >= memoryGroup.limit {
            if !makeRoomInGroup() { return false }
            if pages > 1, memoryGroup.usage + pages - 1 >= memoryGroup.limit { return false }
        }
        memoryGroup.usage += pages
        record.pointee.set(.charged)
        return true
    }

    /// `mem_cgroup_uncharge`. Precondition: the page is charged.
    @inline(never)
    func unchargePage(_ record: UnsafeMutablePointer<PageRecord>) {
        memoryGroup.usage -= PageRecord.folioPages(record)
        record.pointee.clear(.charged)
    }

    /// `alloc_pages` of a page that a process is charged for; nil where there is none, or its group may have no more.
    @inline(__always)
    func allocateChargedPage(_ request: AllocationRequest) -> PFN? {
        guard let pfn = allocatePage(request) else { return nil }
        if memoryGroup.isCharging, !chargeToGroup(page(pfn)) {
            putPage(pfn)
            return nil
        }
        return pfn
    }

    /// `mem_cgroup_charge` of a large folio. - Returns: false where the limit lets nobody have it; it is gone then.
    func chargeLarge(_ folio: Folio) -> Bool {
        if !memoryGroup.isCharging || chargeToGroup(folio.head) { return true }
        putPage(folio.pfn, folio.head)
        return false
    }

    /// The same for a copy of a page, which the caller holds meanwhile (`vmf->page`): reclaim in the group leaves it alone.
    @inline(__always)
    func allocateCopy(of source: PFN?, _ request: AllocationRequest) -> PFN? {
        guard memoryGroup.isCharging, let source else { return allocateChargedPage(request) }
        let holder = folio(of: source)
        holder.get()
        memoryGroup.heldSource = holder.pfn
        defer {
            memoryGroup.heldSource = PFN.max
            putPage(holder.pfn, holder.head)
        }
        return allocateChargedPage(request)
    }
}
