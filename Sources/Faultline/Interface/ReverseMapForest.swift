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

/// One file, or the like, with the VMAs that map it: `struct address_space`.
public struct FileView: Sendable, Hashable {
    /// One VMA of its `i_mmap`.
    public struct Mapper: Sendable, Hashable {
        /// The first process that runs in the VMA's address space.
        public var process: ProcessID
        /// The VMA's bounds.
        public var range: Range<VirtualAddress>
        /// Such as `rw-s`.
        public var permissions: String
        /// The pages of the file that it maps.
        public var pages: ClosedRange<UInt64>
    }

    /// Its number, in the order of creation.
    public var number: UInt64
    /// As maps shows it, without ` (deleted)`.
    public var name: String
    /// `i_size`, in bytes.
    public var size: UInt64
    /// `nrpages`.
    public var pageCount: UInt64
    /// The frames of its pages, with the page's index, in the order of the file.
    public var pages: [(index: UInt64, frame: PFN)] = []
    /// Its `i_mmap`, in the order of the interval tree.
    public var mappers: [Mapper]

    /// By number.
    public static func == (a: FileView, b: FileView) -> Bool { a.number == b.number && a.mappers == b.mappers }
    /// By number.
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }
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

    /// Every file that a live process has open or maps, and those that the kernel keeps, in the order of creation.
    public var files: [FileView] {
        let owners = firstProcesses()
        return liveMappings().map { describe($0, owners) }
    }

    private func describe(_ mapping: Handle<FileMapping>, _ owners: [Handle<MMStruct>: ProcessID]) -> FileView {
        var mappers: [FileView.Mapper] = []
        var all = mapping.pointee.mappers.all()
        while let vma = all.next() {
            guard let process = owners[vma.pointee.mm] else { continue }
            mappers.append(
                FileView.Mapper(
                    process: process, range: vma.pointee.start..<vma.pointee.end,
                    permissions: vma.pointee.flags.permissions,
                    pages: vma.pointee.pgoff...(vma.pointee.pgoff + vma.pointee.pageCount - 1)))
        }
        var pages: [(UInt64, PFN)] = []
        var next: UInt64 = 0
        while let found = mapping.pointee.pages.next(from: next, through: .max) {
            pages.append((found.index, found.cached.frame(at: found.index)))
            next = found.lastIndex + 1
        }
        return FileView(
            number: mapping.pointee.serial, name: names[Int(mapping.pointee.name)], size: mapping.pointee.size,
            pageCount: mapping.pointee.pageCount, pages: pages, mappers: mappers)
    }

    private func firstProcesses() -> [Handle<MMStruct>: ProcessID] {
        Dictionary(
            liveAddressSpaces.map { ($0.mm, ProcessID($0.process.index)) }, uniquingKeysWith: { first, _ in first })
    }
}
