/// One `struct anon_vma`, with the VMAs that its chains lead to.
public struct AnonVMAView: Sendable, Hashable {
    /// One `anon_vma_chain`.
    public struct Link: Sendable, Hashable {
        /// The first process that runs in the VMA's address space.
        public var process: ProcessID
        /// The VMA's bounds.
        public var range: Range<VirtualAddress>
        /// The pages of the interval, by `vm_pgoff`.
        public var pages: ClosedRange<UInt64>
        /// New pages of the VMA belong to this anon_vma.
        public var isOwn: Bool
    }

    /// Its number, in the order of creation.
    public var number: UInt64
    /// The number of its root, whose lock it uses; a root is its own.
    public var root: UInt64
    /// The number of its parent; a root is its own.
    public var parent: UInt64
    /// `num_children`, a root itself among them.
    public var children: Int
    /// `num_active_vmas`.
    public var activeVMAs: Int
    /// Its chains, in the order of its interval tree.
    public var links: [Link]
}

/// One VMA of the `i_mmap` of a file.
public struct FileMapper: Sendable, Hashable {
    /// The first process that runs in the VMA's address space.
    public var process: ProcessID
    /// The VMA's bounds.
    public var range: Range<VirtualAddress>
    /// Such as `rw-s`.
    public var permissions: String
    /// The pages of the file that it maps.
    public var pages: ClosedRange<UInt64>
}

extension Machine {
    /// Every anon_vma that a VMA of a live process is linked to, with their roots and parents, in the order of creation.
    public var anonVMAForest: [AnonVMAView] {
        var found: Set<Handle<AnonVMA>> = []
        for (_, mm) in liveAddressSpaces {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                var link = vma.pointee.chainFirst
                while let current = link {
                    var anonVMA = current.pointee.anonVMA
                    while found.insert(anonVMA).inserted { anonVMA = anonVMA.pointee.parent }
                    link = current.pointee.next
                }
            }
        }
        let owners = firstProcesses()
        return found.sorted { $0.pointee.serial < $1.pointee.serial }.map { describe($0, owners) }
    }

    private func describe(_ anonVMA: Handle<AnonVMA>, _ owners: [Handle<MMStruct>: ProcessID]) -> AnonVMAView {
        var links: [AnonVMAView.Link] = []
        var chains = anonVMA.pointee.tree.all()
        while let chain = chains.next() {
            let vma = chain.pointee.vma
            guard let process = owners[vma.pointee.mm] else { continue }
            links.append(
                AnonVMAView.Link(
                    process: process, range: vma.pointee.start..<vma.pointee.end,
                    pages: chain.pointee.interval.start...chain.pointee.interval.last,
                    isOwn: vma.pointee.anonVMA == anonVMA))
        }
        let record = anonVMA.pointee
        return AnonVMAView(
            number: record.serial, root: record.root.pointee.serial, parent: record.parent.pointee.serial,
            children: Int(record.childCount), activeVMAs: Int(record.activeVMACount), links: links)
    }

    /// The VMAs that map a file, in the order of its interval tree; empty for one that is not there.
    ///
    /// - Parameter number: as ``FileView/number``.
    public func mappers(ofFile number: UInt64) -> [FileMapper] {
        guard let mapping = liveMappings().first(where: { $0.pointee.serial == number }) else { return [] }
        let owners = firstProcesses()
        var mappers: [FileMapper] = []
        var all = mapping.pointee.mappers.all()
        while let vma = all.next() {
            guard let process = owners[vma.pointee.mm] else { continue }
            mappers.append(
                FileMapper(
                    process: process, range: vma.pointee.start..<vma.pointee.end,
                    permissions: vma.pointee.flags.permissions,
                    pages: vma.pointee.pgoff...(vma.pointee.pgoff + vma.pointee.pageCount - 1)))
        }
        return mappers
    }

    private func firstProcesses() -> [Handle<MMStruct>: ProcessID] {
        Dictionary(
            liveAddressSpaces.map { ($0.mm, ProcessID($0.process.index)) }, uniquingKeysWith: { first, _ in first })
    }
}
