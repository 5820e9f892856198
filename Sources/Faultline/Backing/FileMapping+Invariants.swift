extension Machine {
    /// Every file that a process, a descriptor or a segment holds, in the order of creation.
    func liveMappings() -> [Handle<FileMapping>] {
        var found: Set<Handle<FileMapping>> = []
        for process in processes where process.isAlive {
            for file in process.files { if let file { found.insert(file.pointee.mapping) } }
            var cursor = process.mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                if let file = vma.pointee.file { found.insert(file.pointee.mapping) }
            }
        }
        if let device = disk.mapping { found.insert(device) }
        for segment in shm.segments { if let segment { found.insert(segment.mapping) } }
        return found.sorted { $0.pointee.serial < $1.pointee.serial }
    }

    /// The page cache and i_mmap of every file against pages, VMAs and counters.
    ///
    /// - Returns: what is wrong, or nil.
    func checkFiles(_ census: FrameCensus) -> String? {
        var dirty: Int64 = 0
        var cached: Int64 = 0
        var underWay: Int64 = 0
        var shmem: Int64 = 0
        for mapping in liveMappings() {
            let name = names[Int(mapping.pointee.name)]
            if let problem = mapping.pointee.pages.checkInvariants() { return "page cache of \(name): \(problem)" }
            if let problem = mapping.pointee.mappers.checkInvariants() { return "i_mmap of \(name): \(problem)" }
            if let problem = checkMappers(mapping) { return "i_mmap of \(name): \(problem)" }
            if mapping.pointee.kind == .hugeTLB { continue }
            if let problem = checkPages(mapping, census, &dirty, &underWay) {
                return "page cache of \(name): \(problem)"
            }
            if mapping.pointee.kind == .shmem { shmem += Int64(mapping.pointee.pageCount) }
            if mapping.pointee.kind == .disk { cached += Int64(mapping.pointee.pageCount) }
            if mapping.pointee.pages.hasAnyMarked(.dirty), !disk.dirtyFiles.contains(mapping) {
                return "\(name) has dirty pages but the flusher does not know it"
            }
        }
        if let problem = checkDirtyFiles() { return problem }
        if dirty != nodeStatistics.dirty {
            return "the node counts \(nodeStatistics.dirty) dirty pages, there are \(dirty)"
        }
        let requested = disk.requests.reduce(0) { $0 + Int64(folio(of: $1.pfn).pageCount) }
        if underWay != nodeStatistics.writeback || underWay != requested {
            return "the node counts \(nodeStatistics.writeback) pages under way in \(disk.requests.count) requests, "
                + "there are \(underWay)"
        }
        if shmem != nodeStatistics.shmem {
            return "the node counts \(nodeStatistics.shmem) pages of shared memory, there are \(shmem)"
        }
        if cached != nodeStatistics.diskPages {
            return "the node counts \(nodeStatistics.diskPages) pages in memory, there are \(cached)"
        }
        return nil
    }

    /// The flusher's list has files that are there, once each, and each knows since when. It may have lost its last dirty page.
    private func checkDirtyFiles() -> String? {
        let live = Set(liveMappings())
        if Set(disk.dirtyFiles).count != disk.dirtyFiles.count { return "the flusher's list has a file twice" }
        var since: UInt64 = 0
        for file in disk.dirtyFiles {
            guard live.contains(file) else { return "the flusher's list has a file that is gone" }
            guard let dirtySince = file.pointee.disk?.pointee.dirtySince, dirtySince >= since else {
                return "\(names[Int(file.pointee.name)]) has no place in the order of the flusher's list"
            }
            since = dirtySince
        }
        for file in live where file.pointee.disk?.pointee.dirtySince != nil && !disk.dirtyFiles.contains(file) {
            return "\(names[Int(file.pointee.name)]) is dirty, but not on the flusher's list"
        }
        return nil
    }

    private func checkMappers(_ mapping: Handle<FileMapping>) -> String? {
        var writable: Int32 = 0
        var iterator = mapping.pointee.mappers.all()
        while let vma = iterator.next() {
            let interval = vma.pointee.interval
            if vma.pointee.file?.pointee.mapping != mapping { return "a VMA of another file is in it" }
            if interval.start != vma.pointee.pgoff || interval.last != vma.pointee.pgoff + vma.pointee.pageCount - 1 {
                return "the interval of the VMA at 0x\(String(vma.pointee.start, radix: 16)) is stale"
            }
            if vma.pointee.flags.isSuperset(of: [.shared, .mayWrite]) { writable += 1 }
        }
        return writable == mapping.pointee.writableMappings
            ? nil : "i_mmap_writable is \(mapping.pointee.writableMappings), there are \(writable)"
    }

    private func checkPages(
        _ mapping: Handle<FileMapping>, _ census: FrameCensus, _ dirty: inout Int64,
        _ underWay: inout Int64
    ) -> String? {
        var count: UInt64 = 0
        var swapped: UInt64 = 0
        var next: UInt64 = 0
        while let found = mapping.pointee.pages.next(from: next, through: .max) {
            if Self.shmemSlot(found.value, of: mapping) != nil {
                swapped += 1 << found.order
                next = found.lastIndex + 1
                continue
            }
            guard found.cached.isPage else {
                if mapping.pointee.kind != .disk { return "page \(found.index) is none" }
                next = found.index + 1
                continue
            }
            if found.cached.isLarge {
                if let problem = checkLarge(mapping, found, census) { return problem }
                let record = page(found.cached.head).pointee
                if mapping.pointee.kind == .disk, record.has(.dirty) { dirty += 1 << Int64(found.order) }
                if record.has(.writeback) { underWay += 1 << Int64(found.order) }
                count += 1 << found.order
                next = found.lastIndex + 1
                continue
            }
            let pfn = found.cached.frame(at: found.index)
            let record = page(pfn).pointee
            if record.isOfLargeFolio {
                return "frame \(pfn) at page \(found.index) is of a large folio, the entry of a page"
            }
            if record.fileMapping != mapping || record.index != found.index {
                return "frame \(pfn) at page \(found.index) belongs elsewhere"
            }
            if record.mapcount != census.mapped[pfn, default: 0] {
                return "frame \(pfn): mapcount is \(record.mapcount), page tables differ"
            }
            if record.has(PageFlag.swapBacked) != (mapping.pointee.kind != .disk) {
                return "frame \(pfn): swapbacked does not fit the kind of file"
            }
            if mapping.pointee.kind == .disk {
                if record.has(PageFlag.dirty) != mapping.pointee.pages.isMarked(found.index, .dirty) {
                    return "frame \(pfn): the dirty flag and the mark differ"
                }
                if record.has(PageFlag.writeback) != mapping.pointee.pages.isMarked(found.index, .writeback) {
                    return "frame \(pfn): the writeback flag and the mark differ"
                }
                if let problem = checkBuffer(mapping, found.index, record) { return "frame \(pfn): \(problem)" }
                if record.has(PageFlag.dirty) { dirty += 1 }
                if record.has(PageFlag.writeback) { underWay += 1 }
            }
            count += 1
            next = found.index + 1
        }
        if swapped != mapping.pointee.swappedCount {
            return "\(mapping.pointee.swappedCount) pages are counted in the swap area, there are \(swapped)"
        }
        return count == mapping.pointee.pageCount
            ? nil : "nrpages is \(mapping.pointee.pageCount), there are \(count)"
    }

    /// An entry of a large folio stands for all of it, at its place in the file.
    private func checkLarge(
        _ mapping: Handle<FileMapping>, _ found: XArrayEntry, _ census: FrameCensus
    ) -> String? {
        let folio = folio(of: found.cached.head)
        if folio.pfn != found.cached.head || folio.order != found.order {
            return "the entry at page \(found.index) has order \(found.order), its folio \(folio.order)"
        }
        let record = folio.head.pointee
        if record.fileMapping != mapping || record.index != found.index {
            return "folio \(folio.pfn) at page \(found.index) belongs elsewhere"
        }
        if record.has(.swapBacked) != (mapping.pointee.kind != .disk) {
            return "folio \(folio.pfn): swapbacked does not fit the kind of file"
        }
        if mapping.pointee.kind == .disk {
            if record.has(.dirty) != mapping.pointee.pages.isMarked(found.index, .dirty)
                || record.has(.writeback) != mapping.pointee.pages.isMarked(found.index, .writeback)
            {
                return "folio \(folio.pfn): the flags dirty and writeback, and the marks differ"
            }
            if record.hasAny([.dirty, .writeback]), !record.has(PageFlag.private) {
                return "folio \(folio.pfn): dirty without a buffer head"
            }
        }
        for frame in folio.frames where folio.mapCount(of: frame) != census.mapped[frame, default: 0] {
            return "frame \(frame): mapcount is \(folio.mapCount(of: frame)), page tables differ"
        }
        return nil
    }

    /// What will be written has a buffer head, and a buffer head has a block, be it a promised one.
    private func checkBuffer(_ mapping: Handle<FileMapping>, _ index: UInt64, _ record: PageRecord) -> String? {
        let state = blockState(mapping, index)
        if !record.has(PageFlag.private) {
            if record.hasAny([.dirty, .writeback]) { return "dirty without a buffer head" }
            return state == .delayed ? "its block is promised, but it has no buffer head" : nil
        }
        if state == .hole { return "a buffer head without a block" }
        return nil
    }
}
