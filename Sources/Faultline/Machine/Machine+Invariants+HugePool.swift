extension Machine {
    /// The pool of huge pages against its free list, page tables, files and what mappings were promised.
    func checkHugePool() -> String? {
        let pool = hugePool
        if !pool.gathered.isEmpty || pool.isGathering { return "a zap has not freed its huge pages" }
        for pfn in pool.free {
            let head = page(pfn).pointee
            if head.flags != [.head, .hugeTLB] || head.refcount != 0 || head.mapping != 0 {
                return "frame \(pfn) is free in the pool, but in use"
            }
        }
        if Set(pool.free).count != pool.free.count { return "a huge page is free twice" }
        var used: Set<PFN> = []
        for mapping in liveMappings() where mapping.pointee.kind == .hugeTLB {
            if let problem = checkPoolFile(mapping, &used) {
                return "\(names[Int(mapping.pointee.name)]): \(problem)"
            }
        }
        for (_, mm) in liveAddressSpaces {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                guard vma.pointee.flags.has(.hugeTLB) else { continue }
                forEachPoolEntry(mm, vma.pointee.start, vma.pointee.end) { _, entry in
                    if let folio = poolFolio(entry.pointee) { used.insert(folio.pfn) }
                }
            }
        }
        for pfn in pinReferences().keys where page(pfn).pointee.has(.hugeTLB) { used.insert(pfn) }
        if pool.total != Int64(pool.free.count + used.count) {
            return "the pool has \(pool.total) pages, \(pool.free.count) are free and \(used.count) in use"
        }
        if pool.surplus > pool.total { return "more pages are surplus than there are" }
        // Promised pages may be more than the free ones: one that comes back from a child is promised, and goes to the allocator where the
        // pool has surplus pages.
        return checkPromises(used)
    }

    private func checkPoolFile(_ mapping: Handle<FileMapping>, _ used: inout Set<PFN>) -> String? {
        var pages: UInt64 = 0
        var next: UInt64 = 0
        while let found = mapping.pointee.pages.next(from: next, through: .max) {
            let head = page(found.cached.head).pointee
            if !found.cached.isPage || found.order != 9 || !head.has(.hugeTLB) {
                return "page \(found.index) is no huge page"
            }
            if head.fileMapping != mapping || head.index != found.index {
                return "page \(found.index) belongs elsewhere"
            }
            guard let map = hugePool.maps[mapping.pointee.reserveMap], map.contains(found.index / 512) else {
                return "page \(found.index) came without a trace in the map of reservations"
            }
            used.insert(found.cached.head)
            pages += 512
            next = found.lastIndex + 1
        }
        return pages == mapping.pointee.pageCount ? nil : "nrpages is \(mapping.pointee.pageCount), there are \(pages)"
    }

    /// What is reserved is what maps of files have beyond their pages, what private mappings have not used up, and what moves forgot.
    private func checkPromises(_ used: Set<PFN>) -> String? {
        var promised = hugePool.lost
        var holders: [UInt32: Int] = [:]
        for mapping in liveMappings() where mapping.pointee.kind == .hugeTLB {
            let number = mapping.pointee.reserveMap
            holders[number, default: 0] += 1
            let count = hugePool.maps[number]?.count(in: 0..<ReserveMap.end) ?? 0
            promised += Int64(count) - Int64(mapping.pointee.pageCount / 512)
        }
        for (_, mm) in liveAddressSpaces {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                guard vma.pointee.flags.has(.hugeTLB), let map = hugePool.maps[vma.pointee.ownReservation] else {
                    continue
                }
                holders[vma.pointee.ownReservation, default: 0] += 1
                let range = vma.pointee.hugeIndex(vma.pointee.start)..<vma.pointee.hugeIndex(vma.pointee.end)
                promised += Int64(map.missing(in: range))
            }
        }
        // A pinned page that nobody maps any more is promised when it comes back.
        for pfn in used where page(pfn).pointee.has(.restoresReserve) { promised -= 1 }
        for (number, map) in hugePool.maps {
            if let problem = map.checkInvariants() { return "map \(number) of reservations: \(problem)" }
            if holders[number] != map.holders {
                return "map \(number) of reservations counts \(map.holders) holders, there are \(holders[number] ?? 0)"
            }
        }
        return promised == hugePool.reserved
            ? nil : "the pool counts \(hugePool.reserved) promised pages, mappings and files have \(promised)"
    }
}
