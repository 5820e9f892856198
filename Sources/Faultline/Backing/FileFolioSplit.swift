/// Splitting a large folio of a file (`__folio_split` in `mm/huge_memory.c`).
extension Machine {
    /// `split_folio`, `folio_split`: the folio is unmapped and makes room in the file for its parts; faults bring them back. Parts beyond
    /// the end of the file are gone.
    ///
    /// - Parameters:
    ///   - frame: what contains it is halved until it is a single page, so that the parts are as large as they can be; nil makes single
    ///     pages of all.
    ///   - isIsolated: the folio is on no LRU list; each part is held once more by the caller then, and on none.
    /// - Returns: the parts behind the first one, or nil where others than its entries, the file and the caller hold it; nothing has changed
    ///   then.
    /// - Precondition: the caller holds the folio, and the first of the parts then.
    func splitFileFolio(_ folio: Folio, around frame: PFN?, isIsolated: Bool) -> [PFN]? {
        let (first, order, count) = (folio.pfn, folio.order, folio.pageCount)
        let isWhole = order == 9
        guard let mapping = folio.head.pointee.fileMapping, mapping.pointee.kind != .disk || releasesBuffers(folio),
            folio.head.pointee.refcount == folio.mapCount + Int32(count) + 1
        else {
            if isWhole { huge.counts.failedSplits += 1 }
            return nil
        }
        unmapFileFolio(folio, .split)
        precondition(folio.mapCount == 0, "a folio is split that is mapped")
        let index = folio.head.pointee.index
        divide(folio, around: frame)
        mapping.pointee.pages.erase(index)
        var parts: [PFN] = []
        // Each round goes to the next part.
        var place = first
        while place < first + count {
            let part = self.folio(of: place)
            let word = CacheEntry(page: place, order: part.order).rawValue
            mapping.pointee.pages.store(index + (place - first), word, order: part.order)
            if place > first { parts.append(place) }
            place += part.pageCount
        }
        if isWhole {
            huge.counts.shared -= 1
            huge.counts.splits += 1
        }
        if isIsolated {
            for part in parts { page(part).pointee.refcount += 1 }
        } else {
            list(parts, before: first)
        }
        emit(.folioSplit, .split, order, first)
        return dropBeyondEnd(mapping, parts, isIsolated)
    }

    /// The same of one that is on its list, into single pages. - Returns: whether it was split.
    func splitFileFolio(_ folio: Folio) -> Bool { splitFileFolio(folio, around: nil, isIsolated: false) != nil }

    private func divide(_ folio: Folio, around frame: PFN?) {
        guard let frame else {
            folio.split(to: 0)
            return
        }
        var rest = folio
        while rest.isLarge {
            rest.split(to: rest.order - 1)
            rest = self.folio(of: frame)
        }
    }

    /// Parts beyond the end of the file, and behind the pages that fallocate(2) promised, leave it; the references that the split gave go.
    private func dropBeyondEnd(_ mapping: Handle<FileMapping>, _ parts: [PFN], _ isIsolated: Bool) -> [PFN] {
        let end = max(mapping.pointee.endIndex, mapping.pointee.allocatedEnd)
        var stayed: [PFN] = []
        for part in parts {
            if page(part).pointee.index < end {
                stayed.append(part)
            } else {
                removeFromCache(part)
                if isIsolated { putPage(part) }
            }
            putPage(part)
        }
        return stayed
    }

    /// `unmap_folio` of a folio of a file (`try_to_unmap`): its entries go; what they say of writes, the folio says.
    func unmapFileFolio(_ folio: Folio, _ reason: Event.Reason) {
        for (vma, mapped) in mappers(of: folio) where folio.mapCount > 0 {
            let mm = vma.pointee.mm
            let start = vma.pointee.address(ofPage: folio.index(of: mapped.lowerBound))
            if case .huge(let entry, let level) = lookup(mm, start), hugeFolio(entry)?.pfn == folio.pfn {
                splitHuge(mm, entry, level, start)
                if vma.pointee.flags.locksPages { unlockPage(folio.pfn) }
                continue
            }
            var isChanged = false
            for frame in mapped where unmapFilePage(folio, frame, vma) { isChanged = true }
            let end = start &+ UInt64(mapped.count) << 12
            if isChanged { flushTLB(mm, start, end, .unmapFolio, reason) }
        }
        if !cpu.batches.lock.isEmpty { drainLockBatch() }
    }

    /// `try_to_unmap_one` of one page. - Returns: whether it was mapped there.
    private func unmapFilePage(_ folio: Folio, _ frame: PFN, _ vma: Handle<VMArea>) -> Bool {
        let address = vma.pointee.address(ofPage: folio.index(of: frame))
        guard case .entry(let entry) = lookup(vma.pointee.mm, address),
            case .page(frame) = EntryState(lastLevel: entry.pointee)
        else { return false }
        let pte = PTE(rawValue: entry.pointee)
        if pte.isDirty { folio.head.pointee.set(.dirty) }
        // pte_install_uffd_wp_if_needed
        let leaves = pte.rawValue & PTE.userfaultWPBit != 0 && vma.pointee.flags.has(.userfaultWP)
        entry.pointee = leaves ? EntryMarker.userfaultWP.entry : 0
        removeRmap(frame, vma)
        putPage(folio.pfn, folio.head)
        return true
    }
}
