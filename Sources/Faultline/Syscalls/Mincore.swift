extension Machine {
    /// mincore(2): whether each page of a range is resident.
    ///
    /// - Throws: EINVAL for an address within a page, ENOMEM for a range that is not all mapped.
    func mincore(_ task: Process, _ start: UInt64, _ length: UInt64) throws(Errno) -> [Bool] {
        if !start.isPageAligned { throw refuse(.EINVAL, .unaligned("addr", start)) }
        if start > AddressSpaceLimit.taskSize || length > AddressSpaceLimit.taskSize - start {
            throw refuse(.ENOMEM, .beyondUserSpace(start, length))
        }
        let pages = (length >> 12) + (length & (PageSize.base - 1) == 0 ? 0 : 1)
        var result: [Bool] = []
        var address = start
        let end = start &+ pages << 12
        while address < end {
            guard let vma = lookupVMA(task.mm, address) else {
                throw refuse(.ENOMEM, .hole(at: address, in: start, end))
            }
            let stop = min(vma.pointee.end, end)
            // can_do_mincore: of a file that the process may not write to, nothing is told but that it is there.
            let isTold = vma.pointee.file.map { mayManage(task, $0.pointee.mapping) } ?? true
            while address < stop {
                result.append(!isTold || isResident(vma, address))
                address &+= PageSize.base
            }
        }
        return result
    }

    /// `mincore_hugetlb`: the entry says so; only where no table holds one, the page cache.
    private func isPoolResident(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> Bool {
        if let entry = poolEntry(vma.pointee.mm, address) { return poolFolio(entry.pointee) != nil }
        guard let file = vma.pointee.file else { return false }
        return cachedPage(file.pointee.mapping, vma.pointee.pageIndex(address)) != nil
    }

    /// `mincore_pte_range`: the entry says so, or else the page cache.
    private func isResident(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> Bool {
        // can_do_mincore: special mappings are always reported resident.
        if vma.pointee.kind == .special { return true }
        if vma.pointee.flags.has(.hugeTLB) { return isPoolResident(vma, address) }
        let entry = readPTE(vma.pointee.mm, address)
        if entry.isPresent { return true }
        // mincore_swap: what is in the swap area is resident while it is in the swap cache.
        if case .swap(let swapped) = EntryState(lastLevel: entry.rawValue) {
            return swap.area?.cachedFrame(swapped.offset) != nil
        }
        guard let file = vma.pointee.file else { return false }
        return mincoreBit(file.pointee.mapping, vma.pointee.pageIndex(address))
    }
}
