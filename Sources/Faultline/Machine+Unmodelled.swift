extension Machine {
    /// What programs met since the last call that the model lacks, each kind once in a machine's life.
    public func takeUnmodelled() -> [Unmodelled] {
        noteReclaimablePages()
        defer { metUnmodelled.removeAll() }
        return metUnmodelled
    }

    /// Notes that a program met something that the model lacks.
    @inline(never)
    func meet(_ lack: Unmodelled) {
        if everUnmodelled.insert(lack).inserted { metUnmodelled.append(lack) }
    }

    /// Private memory is now advised to have huge pages, or a fault makes a table for such memory.
    func meetHugePages(_ vma: Handle<VMArea>) {
        if isHugePageEligible(vma) { meet(.hugePages) }
    }

    /// Where memory was low since the last call, looks whether the kernel would have reclaimed some.
    func noteReclaimablePages() {
        guard physical.wasLow, !everUnmodelled.contains(.reclaim) else { return }
        // Each time that memory is found to be low costs one look.
        physical.wasLow = false
        if hasReclaimablePages { meet(.reclaim) }
    }

    /// Whether reclaim (`shrink_folio_list`) would find something without swap: clean pages of files on the disk, or pages that
    /// MADV_FREE gave away. Costs a look at every page that is mapped.
    private var hasReclaimablePages: Bool {
        if disk.cachedPages > disk.dirtyPages + disk.writebackPages { return true }
        for process in processes where process.isAlive {
            var cursor = process.mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                var found = false
                forEachPresentEntry(vma, vma.pointee.start, vma.pointee.end) { _, entry in
                    let record = page(PTE(rawValue: entry.pointee).pfn)
                    if record.pointee.isAnonymous, !record.pointee.has(PageFlag.swapBacked) { found = true }
                }
                if found { return true }
            }
        }
        return false
    }

    /// Tells the machine that a program will use the byte that it has read at an address.
    public func noteByteRead(_ process: Int, _ address: VirtualAddress) {
        if !knowsBytes(process, at: address) { meet(.programBytes) }
    }

    /// Whether the bytes at an address are those that the program would find: false in the files of programs and in the vdso,
    /// of which the machine knows the places only.
    private func knowsBytes(_ process: Int, at address: VirtualAddress) -> Bool {
        guard processes.indices.contains(process), processes[process].isAlive,
            let vma = lookupVMA(processes[process].mm, address)
        else { return true }
        if vma.pointee.kind == .special { return false }
        let entry = readPTE(vma.pointee.mm, address)
        guard entry.isPresent, !entry.isSpecial, let mapping = page(entry.pfn).pointee.fileMapping else { return true }
        return !mapping.pointee.lacksContents
    }

    /// Why the run cannot go on, once the host has no memory left for simulated RAM; else nil. Whatever asked for memory last may
    /// have failed for that reason.
    public var hostShortage: MachineError? { physical.hostShortage }
}
