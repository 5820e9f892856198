extension Machine {
    /// Checks what a call of a process may have changed around some addresses: VMAs and their neighbours, entries and frames of the
    /// pages beside each address, what the machine remembers, and the flushes.
    ///
    /// Its cost does not grow with what is mapped. ``checkInvariants()`` finds what this overlooks.
    ///
    /// - Parameters:
    ///   - process: one that is gone has nothing to check.
    ///   - addresses: any; nothing need be mapped there.
    /// - Returns: what is wrong first, or nil.
    package func checkInvariants(of process: Int, near addresses: [VirtualAddress]) -> String? {
        if let problem = checkRememberedByCPU() ?? checkFlushes() { return problem }
        guard processes.indices.contains(process), processes[process].isAlive else { return nil }
        let mm = processes[process].mm
        if mm.pointee.mapCount != mm.pointee.tree.count {
            return "process \(process): map_count is \(mm.pointee.mapCount), VMAs are \(mm.pointee.tree.count)"
        }
        for address in Set(addresses.map { $0 & ~0xfff }) {
            guard let vma = findVMA(mm, address) else { continue }
            if let problem = checkNeighbours(of: vma) ?? checkEntries(of: vma, near: address) {
                return "process \(process): \(problem)"
            }
        }
        return nil
    }

    private func checkNeighbours(of vma: Handle<VMArea>) -> String? {
        let (start, end) = (vma.pointee.start, vma.pointee.end)
        if let previous = previousVMA(vma), previous.pointee.end > start { return "VMAs overlap at \(hex(start))" }
        if let next = nextVMA(vma), next.pointee.start < end { return "VMAs overlap at \(hex(end))" }
        return checkVMA(vma).map { "VMA \(hex(start)): \($0)" }
    }

    /// The pages of a VMA that lie up to eight pages from an address.
    private func checkEntries(of vma: Handle<VMArea>, near address: VirtualAddress) -> String? {
        let reach = 8 * PageSize.base
        let first = max(vma.pointee.start, address < reach ? 0 : address - reach)
        let end = min(vma.pointee.end, address > .max - reach ? .max : address + reach)
        if first >= end { return nil }
        var problem: String?
        forEachEntry(vma, first, end) { place, pte in
            guard problem == nil, pte.isPresent, !pte.isSpecial else { return }
            problem = checkEntry(vma, place, pte, folio(of: pte.pfn))
        }
        return problem
    }
}
