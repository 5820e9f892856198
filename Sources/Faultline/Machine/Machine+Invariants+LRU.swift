extension Machine {
    /// Every page that says so is on exactly one LRU list, the one that its flags name, or counts as unevictable; every other page of
    /// a program waits in a batch; the lists are whole; the group's usage is what it is charged for.
    func checkLRU(_ census: FrameCensus) -> String? {
        if let problem = checkShadowNodes() { return problem }
        var listed: Set<PFN> = []
        for position in 0..<LRULists.vectorCount * LRUKind.count where position % LRUKind.count != LRUKind.unevictable {
            if let problem = checkList(position, &listed) { return "LRU list \(position): \(problem)" }
        }
        var unevictable: [UInt64] = [0, 0]
        var charged: UInt64 = 0
        let waiting = batchReferences()
        for pfn in knownPages(census).union(waiting.keys) {
            let record = page(pfn).pointee
            let pages = PageRecord.folioPages(page(pfn))
            if record.has(.charged) { charged += pages }
            if record.has(.lru), record.has(.unevictable) { unevictable[record.vector] += pages }
            let isListed = record.has(.lru) && !record.has(.unevictable)
            if isListed != listed.contains(pfn) {
                return isListed
                    ? "frame \(pfn) is on no LRU list" : "frame \(pfn) is on an LRU list, but does not say so"
            }
            if !record.has(.lru), waiting[pfn] == nil { return "frame \(pfn) is neither on an LRU list nor in a batch" }
        }
        for (_, mm) in liveAddressSpaces where !census.tables.contains(mm.pointee.pgd) {
            if page(mm.pointee.pgd).pointee.has(.charged) { charged += 1 }
        }
        for table in census.tables where page(table).pointee.has(.charged) { charged += 1 }
        for vector in 0..<LRULists.vectorCount
        where lruLists.count(vector, LRUKind.unevictable) != unevictable[vector] {
            return "lruvec \(vector) counts \(lruLists.count(vector, LRUKind.unevictable)) unevictable pages, "
                + "there are \(unevictable[vector])"
        }
        return charged == memoryGroup.usage
            ? nil : "the memory cgroup is charged for \(memoryGroup.usage) pages, there are \(charged)"
    }

    /// From the first to the last, and back.
    private func checkList(_ position: Int, _ listed: inout Set<PFN>) -> String? {
        let list = lruLists[position]
        var link = list.first
        var previous = FrameLink.none
        var count: UInt64 = 0
        while link != FrameLink.none {
            let pfn = PFN(link)
            let record = page(pfn).pointee
            if !record.has(.lru) || record.lruPosition != position { return "frame \(pfn) belongs elsewhere" }
            if record.prev != previous { return "frame \(pfn) has another page before it" }
            if record.refcount <= 0 { return "frame \(pfn) is free" }
            if !listed.insert(pfn).inserted { return "frame \(pfn) is on two lists" }
            count += PageRecord.folioPages(page(pfn))
            previous = link
            link = record.next
        }
        if previous != list.last { return "its last page is another one" }
        return count == list.count ? nil : "it counts \(list.count) pages, there are \(count)"
    }

    /// The first frames of pages that processes map and files hold.
    private func knownPages(_ census: FrameCensus) -> Set<PFN> {
        let mapped = census.mapped.keys.map { folio(of: $0) }.filter { !$0.head.pointee.has(.hugeTLB) }
        var pages = Set(mapped.map(\.pfn)).union(swapCachedFrames())
        for mapping in liveMappings() {
            var next: UInt64 = 0
            while let found = mapping.pointee.pages.next(from: next, through: .max) {
                if found.cached.isPage, mapping.pointee.kind != .hugeTLB { pages.insert(found.cached.head) }
                if found.lastIndex == .max { break }
                next = found.lastIndex + 1
            }
        }
        return pages
    }
}
