/// Who maps a frame, and how the kernel finds out: frame → anon_vma → anon_vma_chain → VMA → PTE, or
/// frame → address_space → i_mmap → VMA → PTE.
public struct ReverseMapSnapshot: Sendable, Equatable {
    /// Where the search goes from the frame.
    public enum Owner: Sendable, Equatable {
        /// `folio_anon_vma`. The numbers are in the order of creation; a root is its own root and parent.
        case anonVMA(number: UInt64, root: UInt64, parent: UInt64, activeVMAs: Int, children: Int)
        /// `folio_mapping`: the file's name and how many VMAs map it.
        case file(name: String, mappers: Int)
        /// `folio_stable_node`: the frame is one that ksmd merged, and has so many items of ksmd's.
        case stableNode(items: Int)
        /// The file was truncated, or the frame is the kernel's own.
        case none
    }

    /// One VMA that the owner's interval tree names for the page, whether or not it maps it.
    public struct Step: Sendable, Equatable {
        /// The process's index.
        public var process: Int
        /// The first address.
        public var start: VirtualAddress
        /// The address after the last.
        public var end: VirtualAddress
        /// Such as `rw-p`.
        public var permissions: String
        /// Where the page would be in the VMA.
        public var address: VirtualAddress
        /// The physical address of the entry, and the entry; nil where no table is.
        public var entryAddress: PhysicalAddress?
        /// The raw page-table entry; 0 where there is none.
        public var entry: UInt64
        /// Whether the entry maps this very frame.
        public var isMapped: Bool
    }

    /// The frame number.
    public var frame: PFN
    /// The page's index in its owner (`folio->index`).
    public var index: UInt64
    /// How many entries map the frame.
    public var mapCount: Int
    /// `folio_ref_count`.
    public var referenceCount: Int
    /// `PageAnonExclusive`.
    public var isExclusive: Bool
    /// Where the search goes from the frame.
    public var owner: Owner
    /// The VMAs that the owner names, in the order of its interval tree.
    public var steps: [Step]
}

extension Machine {
    /// The reverse map of the frame that a process has at an address.
    ///
    /// - Returns: nil where no frame is mapped, or only the zero page.
    /// - Throws: ESRCH.
    package func reverseMap(_ process: Int, _ address: VirtualAddress) throws(Errno) -> ReverseMapSnapshot? {
        let pte = readPTE(try task(process).mm, address)
        guard pte.isPresent, !pte.isSpecial else { return nil }
        let folio = folio(of: pte.pfn)
        let record = folio.head.pointee
        let index = folio.index(of: pte.pfn)
        var result = ReverseMapSnapshot(
            frame: pte.pfn, index: index, mapCount: Int(folio.mapCount(of: pte.pfn)),
            referenceCount: Int(record.refcount), isExclusive: page(pte.pfn).pointee.has(.anonExclusive), owner: .none,
            steps: [])
        if record.isMerged {
            describeMerged(pte.pfn, &result)
        } else if record.isAnonymous {
            let anonVMA = record.anonVMA.pointee
            result.owner = .anonVMA(
                number: anonVMA.serial, root: anonVMA.root.pointee.serial, parent: anonVMA.parent.pointee.serial,
                activeVMAs: Int(anonVMA.activeVMACount), children: Int(anonVMA.childCount))
            var vmas: [Handle<VMArea>] = []
            var iterator = anonVMA.tree.overlapping(index, index)
            while let chain = iterator.next() { vmas.append(chain.pointee.vma) }
            result.steps = steps(vmas, index, pte.pfn)
        } else if let mapping = record.fileMapping {
            var vmas: [Handle<VMArea>] = []
            var iterator = mapping.pointee.mappers.overlapping(index, index)
            while let vma = iterator.next() { vmas.append(vma) }
            result.steps = steps(vmas, index, pte.pfn)
            var all = mapping.pointee.mappers.all()
            var count = 0
            while all.next() != nil { count += 1 }
            result.owner = .file(name: names[Int(mapping.pointee.name)], mappers: count)
        }
        return result
    }

    /// A step for each VMA.
    private func steps(_ vmas: [Handle<VMArea>], _ index: UInt64, _ pfn: PFN) -> [ReverseMapSnapshot.Step] {
        var steps: [ReverseMapSnapshot.Step] = []
        steps.reserveCapacity(vmas.count)
        for first in stride(from: 0, to: vmas.count, by: Self.stepsAbreast) {
            let group = vmas[first..<min(first + Self.stepsAbreast, vmas.count)]
            if group.count > 1 { fetchTables(group, index) }
            for vma in group { steps.append(step(vma, index, pfn)) }
        }
        return steps
    }

    /// How many processes' tables are under way together.
    private static var stepsAbreast: Int { 16 }

    /// Has the host fetch what steps will read. Each process has tables of its own, which no cache of the host holds where processes are many:
    /// level by level, so that the tables of all come at once.
    private func fetchTables(_ vmas: ArraySlice<Handle<VMArea>>, _ index: UInt64) {
        for vma in vmas { frames.prefetch(vma.raw) }
        for vma in vmas { frames.prefetch(vma.pointee.mm.raw) }
        var entries = InlineArray<16, EntryPointer?>(repeating: nil)
        for (place, vma) in vmas.enumerated() {
            let entry = topEntry(vma.pointee.mm, vma.pointee.address(ofPage: index))
            frames.prefetch(entry)
            entries[place] = entry
            let owner = Int(vma.pointee.mm.pointee.owner)
            if owner < processes.count { frames.prefetch(Unmanaged.passUnretained(processes[owner]).toOpaque()) }
        }
        for level in [PageTableLevel.pud, PageTableLevel.pmd, PageTableLevel.pte] {
            for (place, vma) in vmas.enumerated() {
                guard let entry = entries[place] else { continue }
                let next = table(under: entry).map {
                    $0 + PageTableLevel.index(vma.pointee.address(ofPage: index), level)
                }
                if let next { frames.prefetch(next) }
                entries[place] = next
            }
        }
    }

    /// A merged frame: the places that its node's items and their forks lead to.
    private func describeMerged(_ pfn: PFN, _ result: inout ReverseMapSnapshot) {
        result.owner = .stableNode(items: page(pfn).pointee.stableNode?.pointee.itemCount ?? 0)
        forEachMergedPlace(of: pfn) { vma, address in
            result.steps.append(step(vma, vma.pointee.pageIndex(address), pfn))
        }
    }

    private func step(_ vma: Handle<VMArea>, _ index: UInt64, _ pfn: PFN) -> ReverseMapSnapshot.Step {
        let mm = vma.pointee.mm
        let address = vma.pointee.address(ofPage: index)
        var pte = PTE.none
        var entryAddress: PhysicalAddress?
        switch lookup(mm, address) {
        case .none: break
        case .entry(let entry): (pte, entryAddress) = (PTE(rawValue: entry.pointee), frames.address(of: entry))
        case .huge(let entry, let level):
            (pte, entryAddress) = (PTE.small(entry.pointee, level, address), frames.address(of: entry))
        }
        return ReverseMapSnapshot.Step(
            process: firstProcess(in: mm)?.index ?? -1, start: vma.pointee.start,
            end: vma.pointee.end, permissions: vma.pointee.flags.permissions, address: address,
            entryAddress: entryAddress, entry: pte.rawValue, isMapped: pte.isPresent && pte.pfn == pfn)
    }
}
