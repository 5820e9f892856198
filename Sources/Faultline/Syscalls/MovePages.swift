/// The flags of move_pages(2) that it takes (`uapi/linux/mempolicy.h`).
enum MovePagesFlag {
    /// Also pages that several processes map.
    static let all: UInt64 = 4
    /// MPOL_MF_MOVE and MPOL_MF_MOVE_ALL.
    static let known: UInt64 = 6
}

extension Machine {
    /// move_pages(2) (`kernel_move_pages` in `mm/migrate.c`): moves pages of a process to a node, or says on which node each is.
    ///
    /// - Parameter node: the node; negative asks only.
    /// - Returns: how many pages were left where they are because none could be had on the node, and of each page its node or the
    ///   negative errno. Pages behind the first that was left have none.
    /// - Throws: EINVAL for flags, ENODEV for a node without memory, EPERM for another user's process or a missing CAP_SYS_NICE.
    func movePages(
        _ task: Process, of target: Process, _ start: VirtualAddress, count: UInt64, node: Int64, flags: UInt64
    ) throws(Errno) -> (left: UInt64, statuses: [Int32]) {
        guard flags & ~MovePagesFlag.known == 0 else {
            throw refuse(.EINVAL, .unknownBits("flags", flags, known: MovePagesFlag.known))
        }
        let movesAll = flags & MovePagesFlag.all != 0
        if movesAll, !task.capabilities.canMoveSharedPages {
            throw refuse(.EPERM, .combination("MPOL_MF_MOVE_ALL takes CAP_SYS_NICE"))
        }
        guard mayInspect(task, target) else {
            throw refuse(.EPERM, .mayNotInspect(user: task.user, target: target.user))
        }
        let places = (0..<count).map { start &+ $0 << 12 }
        if node == -1 { return (0, places.map { nodeStatus(target.mm, $0) }) }
        // lru_cache_disable
        drainAllBatches()
        guard count == 0 || physical.nodes.hasMemory(node) else {
            throw refuse(.ENODEV, .argument("node", .count(node), "no such node has memory"))
        }
        var statuses: [Int32] = []
        // Folios on the list of those that move together.
        var listed: Set<PFN> = []
        for place in places {
            guard let status = moveToNode(target.mm, place, Int(node), movesAll: movesAll, &listed) else {
                return (count - UInt64(statuses.count), statuses)
            }
            statuses.append(status)
        }
        return (0, statuses)
    }

    /// `do_pages_stat_array`: the node of the page at an address, or the negative errno.
    private func nodeStatus(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> Int32 {
        guard lookupVMA(mm, address) != nil else { return -Errno.EFAULT.rawValue }
        return mappedPage(mm, address).status ?? -Errno.ENOENT.rawValue
    }

    /// The page that an entry maps, and what is said of it: its node, EFAULT for the zero page; nil where nothing is mapped
    /// (`folio_walk_start` with FW_ZEROPAGE).
    private func mappedPage(_ mm: Handle<MMStruct>, _ address: VirtualAddress) -> (pfn: PFN, status: Int32?) {
        let entry = readPTE(mm, address)
        guard entry.isPresent, let vma = lookupVMA(mm, address) else { return (0, nil) }
        if vma.pointee.kind == .special, entry.isSpecial {
            // The page of the vdso is an ordinary one there; a data page has no struct page (`vm_normal_page`).
            return (entry.pfn, vma.pointee.flags.has(.pfnMap) ? nil : 0)
        }
        if entry.isSpecial { return (entry.pfn, -Errno.EFAULT.rawValue) }
        return (entry.pfn, Int32(physical.nodes.node(of: entry.pfn)))
    }

    /// `add_folio_for_migration` and `do_move_pages_to_node` of one page. A folio goes as a whole; what else of it is asked for next finds it
    /// on no LRU list, which ends the list of those that move together.
    ///
    /// - Returns: the page's node then, or the negative errno; nil where no page could be had on the node.
    private func moveToNode(
        _ mm: Handle<MMStruct>, _ address: VirtualAddress, _ node: Int, movesAll: Bool, _ listed: inout Set<PFN>
    ) -> Int32? {
        var isListed = false
        defer { if !isListed, !listed.isEmpty { listed = [] } }
        // vma_migratable
        guard let vma = lookupVMA(mm, address), !vma.pointee.flags.hasAny([.io, .pfnMap]) else {
            return -Errno.EFAULT.rawValue
        }
        let (pfn, status) = mappedPage(mm, address)
        guard let status else { return -Errno.ENOENT.rawValue }
        if status < 0 { return status }
        let folio = folio(of: pfn)
        if listed.contains(folio.pfn) { return -Errno.EBUSY.rawValue }
        if Int(status) == node { return status }
        if folio.isMaybeShared, !movesAll { return -Errno.EACCES.rawValue }
        guard canMigrate(folio.pfn) else { return -Errno.EBUSY.rawValue }
        if migrateFolios([folio.pfn], { migrationTarget(order: $1, node: node) }) > 0 { return nil }
        listed.insert(self.folio(of: mappedPage(mm, address).pfn).pfn)
        isListed = true
        return Int32(node)
    }

    /// move_pages(2), with ``movePages(_:of:_:count:node:flags:)``'s results. - Throws: its errnos, and ESRCH.
    package func movePages(
        _ process: Int, of target: Int, _ start: VirtualAddress, count: UInt64, node: Int64, flags: UInt64
    ) throws(Errno) -> (left: UInt64, statuses: [Int32]) {
        let other = try task(target)
        return try movePages(try caller(process), of: other, start, count: count, node: node, flags: flags)
    }
}
