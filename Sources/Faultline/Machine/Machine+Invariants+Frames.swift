extension Machine {
    // MARK: Page tables

    /// Every table hangs in one place, is marked as one, and is counted; VMAs cover every entry.
    func checkTables(_ mm: Handle<MMStruct>, _ covered: Int, _ census: inout FrameCensus) -> String? {
        var count: Int64 = 0
        var entries = 0
        var problem: String?
        func note(_ pfn: PFN) {
            if !census.tables.insert(pfn).inserted { problem = "table frame \(pfn) is used twice" }
            if !page(pfn).pointee.has(PageFlag.table) { problem = "frame \(pfn) is a table but not marked so" }
            count += 1
        }
        func visit(_ pfn: PFN, _ level: UInt64) {
            let table = frames.table(pfn)
            var deposits = 0
            for index in 0..<512 {
                // The kernel's half is the same in all, see `checkUpperHalves`.
                if level == PageTableLevel.pgd, index >= Self.upperHalfIndex { break }
                switch EntryState(upperLevel: table[index]) {
                case .none: continue
                case .table(let next):
                    note(next)
                    if level > PageTableLevel.pmd {
                        visit(next, level - 9)
                    } else {
                        entries += (0..<512).count { frames.table(next)[$0] != 0 }
                    }
                case .huge(let pfn):
                    if page(pfn).pointee.has(.head) { census.entire[pfn, default: 0] += 1 }
                    entries += 1 << Int(level - 12)
                    // Huge pages of the pool are never split.
                    if !page(pfn).pointee.has(.hugeTLB) { deposits += self.deposits(of: table[index], level) }
                case .marker where level == PageTableLevel.pmd: entries += 512
                case .special, .migration:
                    entries += 1 << Int(level - 12)
                    deposits += Self.deposits(level)
                case .page, .swap, .marker: problem = "a table of level \(level) has an entry that maps nothing"
                }
            }
            // The tables that splits will need.
            var deposited = page(pfn).pointee.deposited
            while deposited != 0, problem == nil {
                note(deposited)
                deposits -= 1
                deposited = page(deposited).pointee.deposited
            }
            if deposits != 0 {
                problem = "a table of level \(level) has not as many deposited tables as huge pages need"
            }
        }
        visit(mm.pointee.pgd, PageTableLevel.pgd)
        if let problem { return problem }
        if entries != covered { return "page tables hold \(entries) entries, VMAs cover \(covered)" }
        if count != mm.pointee.tableFrames {
            return "pgtables_bytes counts \(mm.pointee.tableFrames) tables, there are \(count)"
        }
        return nil
    }

    // MARK: Frames

    /// Map counts equal what the page tables hold, and every reference has a holder.
    func checkFrames(_ census: FrameCensus) -> String? {
        var extra = batchReferences()
        for (pfn, pins) in pinReferences() { extra[pfn, default: 0] += pins }
        for (pfn, mapped) in census.mapped where !page(pfn).pointee.isOfLargeFolio {
            let record = page(pfn).pointee
            if record.mapcount != mapped {
                return "frame \(pfn): mapcount is \(record.mapcount), page tables map it \(mapped) times"
            }
            if record.fileMapping == nil, !record.isAnonymous { return "frame \(pfn): mapped without an owner" }
            let cached: Int32 = (record.fileMapping == nil ? 0 : 1) + (record.has(PageFlag.private) ? 1 : 0)
            let swapped: Int32 = record.has(.swapCache) ? 1 : 0
            let expected = mapped + cached + swapped + extra[pfn, default: 0]
            if record.refcount != expected {
                return "frame \(pfn): refcount is \(record.refcount), its holders are \(expected)"
            }
            guard record.isAnonymous, record.mapping != PageRecord.mergedOwner else { continue }
            if let problem = checkRmapCount(pfn, mapped) { return problem }
        }
        return nil
    }

    /// How often each frame waits in a batch.
    func batchReferences() -> [PFN: Int32] {
        var count: [PFN: Int32] = [:]
        for batches in batchesOfCPUs {
            for pfn in [batches.add, batches.lazyFree, batches.activate, batches.deactivate].flatMap(\.contents) {
                count[pfn, default: 0] += 1
            }
            for request in batches.lock { count[request.pfn, default: 0] += 1 }
        }
        return count
    }

    /// The walk through the owner finds as many entries as the page tables hold; of a merged page perhaps fewer, since places that no
    /// item leads to are not found.
    func checkRmapCount(_ pfn: PFN, _ mapped: Int32) -> String? {
        var found: Int32 = 0
        forEachMappingPlace(of: pfn) { _, _ in found += 1 }
        let record = page(pfn).pointee
        let mayMiss = !record.isOfLargeFolio && record.isMerged
        return found == mapped || (mayMiss && found < mapped)
            ? nil : "frame \(pfn): the reverse map finds \(found) entries, page tables hold \(mapped)"
    }

    /// Every frame that is not free has a holder: a page table, a file, an entry, a batch, or the machine itself.
    func checkUsedFrames(_ census: FrameCensus) -> String? {
        // The zero page, and the top-level tables, which no census counts.
        var held = 1 + UInt64(census.tables.count)
        let counted = nodeStatistics.pageTables
        let tables = liveAddressSpaces.reduce(0) { $0 + $1.1.pointee.tableFrames }
        if counted != tables { return "nr_page_table_pages is \(counted), address spaces have \(tables)" }
        for (_, mm) in liveAddressSpaces where !census.tables.contains(mm.pointee.pgd) { held += 1 }
        for mapping in liveMappings() { held += mapping.pointee.pageCount }
        let others = Set(census.mapped.keys.map { folio(of: $0).pfn }).union(batchReferences().keys)
            .union(swapCachedFrames()).union(pinReferences().keys)
        for pfn in others where page(pfn).pointee.fileMapping == nil { held += folio(of: pfn).pageCount }
        if huge.zeroFrame != 0 { held += 512 }
        held += UInt64(hugePool.free.count) * 512
        held += UInt64(kernel.frameCount)
        held += kernelBlocks.values.reduce(0) { $0 + 1 << UInt64($1) }
        let used = physical.totalPages - physical.freePages
        return used == held ? nil : "\(used) frames are in use, \(held) of them have a holder"
    }

    // MARK: Commitment

    /// Committed_AS is the sum over accounted VMAs and shmem files, and what stacks grew by that are not accounted.
    func checkCommitment() -> String? {
        var pages = unreturnedPages
        for (_, mm) in liveAddressSpaces {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                if vma.pointee.flags.has(.account) { pages &+= Int64(vma.pointee.pageCount) }
            }
        }
        pages &+= chargedFilePages()
        return pages == committedPages ? nil : "Committed_AS is \(committedPages) pages, charges are \(pages)"
    }
}
