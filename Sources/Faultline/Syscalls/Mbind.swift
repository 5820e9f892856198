/// MPOL_MF_ flags of mbind(2).
struct MbindFlags: OptionSet {
    let rawValue: UInt64

    /// MPOL_MF_STRICT: pages that are elsewhere and stay there are an error.
    static let strict = MbindFlags(rawValue: 1)
    /// MPOL_MF_MOVE: the process's own pages move.
    static let move = MbindFlags(rawValue: 2)
    /// MPOL_MF_MOVE_ALL: all of them.
    static let moveAll = MbindFlags(rawValue: 4)
    static let anyMove: MbindFlags = [.move, .moveAll]
    static let known: MbindFlags = [.strict, .move, .moveAll]
}

/// Policies of ranges of memory (`mm/mempolicy.c`).
extension Machine {
    /// Pages that are to move, in order, and how many cannot (`struct queue_pages`).
    struct QueuedPages {
        var pages: [PFN] = []
        var isolated: Set<PFN> = []
        var failed = 0
    }

    /// mbind(2) (`do_mbind`): VMAs split and merge as the policy wants it, and pages move to where it wants them.
    ///
    /// - Throws: EINVAL, EPERM; EFAULT for a hole, EIO for pages elsewhere, both with nothing changed but that EIO may come after moves;
    ///   ENOMEM.
    package func mbind(
        _ process: Int, _ start: UInt64, _ length: UInt64, mode: Int32, nodes: UInt64, flags raw: UInt32
    ) throws(Errno) {
        let task = try caller(process)
        var wish = try policyWish(mode, nodes)
        var flags = MbindFlags(rawValue: UInt64(raw))
        let end = try checkMbind(task, start, length, flags)
        if wish.mode == nil { flags.remove(.strict) }
        if end == start { return }
        let asked = wish.nodes
        let allowsHoles = wish.mode == nil
        try checkPolicy(&wish)
        // lru_cache_disable
        if !flags.isDisjoint(with: .anyMove) { drainAllBatches() }
        let policy = try makePolicy(wish)
        var queue = try queuePages(
            task.mm, start, end, flags, allowsHoles: allowsHoles
        ) { asked >> UInt64($0) & 1 == 0 }
        let number = number(of: policy)
        try bindRange(task.mm, start, end, number)
        moveByPolicy(policy ?? self.policy(taskPolicy(Int32(task.index)).policy), &queue)
        if queue.failed > 0, flags.contains(.strict) {
            throw refuse(.EIO, .pagesElsewhere(Int64(queue.failed)))
        }
    }

    /// The checks of mbind(2) that come before the policy's. - Returns: the end of the range.
    private func checkMbind(
        _ task: Process, _ start: UInt64, _ length: UInt64, _ flags: MbindFlags
    ) throws(Errno) -> UInt64 {
        if !flags.isSubset(of: .known) {
            throw refuse(.EINVAL, .unknownBits("flags", flags.rawValue, known: MbindFlags.known.rawValue))
        }
        if flags.contains(.moveAll), !task.capabilities.canMoveSharedPages {
            throw refuse(.EPERM, .combination("MPOL_MF_MOVE_ALL takes CAP_SYS_NICE"))
        }
        if !start.isPageAligned { throw refuse(.EINVAL, .unaligned("addr", start)) }
        let end = start &+ length.pageAlignedUp
        if end < start { throw refuse(.EINVAL, .rangeWraps(start, length)) }
        return end
    }

    /// `queue_pages_range`: pages that lie where they should not; without the flags that ask for it, only the range is looked at.
    ///
    /// - Throws: EFAULT for a hole, EIO where MPOL_MF_STRICT finds one and none may move.
    func queuePages(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress, _ flags: MbindFlags,
        allowsHoles: Bool, isMisplaced: (Int) -> Bool
    ) throws(Errno) -> QueuedPages {
        var queue = QueuedPages()
        var cursor = start
        var isFirst = true
        while cursor < end, let vma = findVMA(mm, cursor, end) {
            let isHole = isFirst && start < vma.pointee.start
            if isHole, !allowsHoles { throw refuse(.EFAULT, .hole(at: start, in: start, end)) }
            isFirst = false
            cursor = vma.pointee.end
            if !allowsHoles, cursor < end, lookupVMA(mm, cursor) == nil {
                throw refuse(.EFAULT, .hole(at: cursor, in: start, end))
            }
            let isMovable = !vma.pointee.flags.hasAny([.io, .pfnMap])
            if flags.isEmpty || !isMovable && !flags.contains(.strict) { continue }
            queuePages(vma, max(start, vma.pointee.start), min(end, cursor), flags, isMovable, &queue, isMisplaced)
            if queue.failed > 0, flags.intersection(.known) == .strict {
                throw refuse(.EIO, .pagesElsewhere(Int64(queue.failed)))
            }
        }
        if isFirst { throw refuse(.EFAULT, .nothingMapped(at: start)) }
        return queue
    }

    /// `queue_folios_pte_range`.
    private func queuePages(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ flags: MbindFlags, _ isMovable: Bool,
        _ queue: inout QueuedPages, _ isMisplaced: (Int) -> Bool
    ) {
        // The pages of the vdso are reserved ones.
        if vma.pointee.kind == .special { return }
        var lastLarge: PFN?
        var cursor = TableCursor(frames, root: vma.pointee.mm.pointee.pgd, start, end)
        while let step = cursor.step() {
            switch step {
            case .hole: continue
            case .huge(let entry, _):
                guard let folio = hugeFolio(entry), isMisplaced(physical.nodes.node(of: folio.pfn)) else { continue }
                queuePage(folio, flags, isMovable, &queue)
            case .entries(let entries):
                for index in 0..<cursor.count {
                    guard case .page(let pfn) = EntryState(lastLevel: entries[index]),
                        isMisplaced(physical.nodes.node(of: pfn))
                    else { continue }
                    let folio = folio(of: pfn)
                    if folio.isLarge {
                        if lastLarge == folio.pfn { continue }
                        lastLarge = folio.pfn
                    }
                    queuePage(folio, flags, isMovable, &queue)
                }
            }
        }
    }

    /// `migrate_folio_add`, where pages may move: not to move a shared one is no failure.
    private func queuePage(_ folio: Folio, _ flags: MbindFlags, _ isMovable: Bool, _ queue: inout QueuedPages) {
        if flags.isDisjoint(with: .anyMove) || !isMovable {
            queue.failed += 1
            return
        }
        if !flags.contains(.moveAll), isMaybeShared(folio) { return }
        // A page of the pool is on no list, and can be isolated all the same (folio_isolate_hugetlb).
        let isListed = folio.head.pointee.hasAny([.lru, .unevictable, .hugeTLB])
        if isListed, queue.isolated.insert(folio.pfn).inserted {
            queue.pages.append(folio.pfn)
        } else {
            queue.failed += 1
        }
    }

    /// `folio_maybe_mapped_shared`.
    private func isMaybeShared(_ folio: Folio) -> Bool {
        folio.isLarge ? folio.isMaybeShared : folio.head.pointee.mapcount > 1
    }

    /// `mbind_range` of every VMA in a range.
    private func bindRange(
        _ mm: Handle<MMStruct>, _ start: VirtualAddress, _ end: VirtualAddress, _ policy: UInt32
    ) throws(Errno) {
        var cursor = start
        while cursor < end, let vma = findVMA(mm, cursor, end) {
            cursor = try bind(vma, start, end, policy)
        }
    }

    /// `mbind_range`. - Returns: where the next VMA is looked for.
    private func bind(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ policy: UInt32
    ) throws(Errno) -> VirtualAddress {
        if vma.pointee.policy == policy { return vma.pointee.end }
        let target = try modifyVMA(
            vma, max(start, vma.pointee.start), min(end, vma.pointee.end), flags: vma.pointee.flags, policy: policy)
        replacePolicy(target, policy)
        return target.pointee.end
    }

    /// `migrate_pages` with `alloc_migration_target_by_mpol`. Those that stay are counted.
    private func moveByPolicy(_ policy: MemoryPolicy?, _ queue: inout QueuedPages) {
        // migrate_hugetlbs comes first.
        let isOfPool = { (pfn: PFN) in self.page(pfn).pointee.has(.hugeTLB) }
        let pages = queue.pages.filter(isOfPool) + queue.pages.filter { !isOfPool($0) }
        queue.failed += migrateFolios(pages) { pfn, order in
            let request = Self.migrationRequest(order: order)
            let index = page(pfn).pointee.index >> UInt64(order)
            return policy.flatMap { allocate(request, $0, at: index) } ?? physical.allocate(request)
        }
    }

    /// set_mempolicy_home_node(2): of MPOL_BIND and MPOL_PREFERRED_MANY, the node that is tried first.
    ///
    /// - Throws: EINVAL; ENOENT where no VMA has a policy, EOPNOTSUPP at the first that has another one; ENOMEM.
    package func setHomeNode(
        _ process: Int, _ start: UInt64, _ length: UInt64, node: UInt64, flags: UInt64
    ) throws(Errno) {
        let task = try caller(process)
        if !start.isPageAligned { throw refuse(.EINVAL, .unaligned("addr", start)) }
        if flags != 0 { throw refuse(.EINVAL, .argument("flags", .bits(flags), "must be 0")) }
        guard node < UInt64(physical.nodes.zonelists.count) else {
            throw refuse(.EINVAL, .argument("node", .given(node), "no such node"))
        }
        let end = start &+ length.pageAlignedUp
        if end < start { throw refuse(.EINVAL, .rangeWraps(start, length)) }
        if end == start { return }
        var isDone = false
        var cursor = start
        while cursor < end, let vma = findVMA(task.mm, cursor, end) {
            cursor = vma.pointee.end
            guard var policy = policy(vma.pointee.policy) else { continue }
            if !policy.mode.hasHome { throw refuse(.EOPNOTSUPP, .policyHasNoHome(vma.pointee.range, policy.text)) }
            policy.homeNode = Int16(node)
            cursor = try bind(vma, start, end, number(of: policy))
            isDone = true
        }
        if !isDone { throw refuse(.ENOENT, .combination("no VMA of the range has a policy")) }
    }
}
