/// An address space to start a process with, as an ELF loader would leave it.
public struct InitialAddressSpace: Sendable {
    /// One VMA.
    public struct Region: Sendable {
        /// What stands behind it.
        public enum Content: Sendable, Equatable {
            case anonymous
            /// A page-cache file with the name; the offset is in bytes.
            case image(name: String, offset: UInt64)
            /// A mapping that the kernel makes for itself, such as `[vdso]`.
            case special(name: String)
            /// Grows down.
            case stack
        }

        /// The first address.
        public var start: UInt64
        /// The address after the last.
        public var end: UInt64
        /// Whether programs may write to it.
        public var isWritable: Bool
        /// Whether programs may execute it.
        public var isExecutable: Bool
        /// What stands behind it.
        public var content: Content

        /// Precondition: page-aligned, `start < end`.
        public init(
            start: UInt64, end: UInt64, isWritable: Bool = false, isExecutable: Bool = false, content: Content
        ) {
            self.start = start
            self.end = end
            self.isWritable = isWritable
            self.isExecutable = isExecutable
            self.content = content
        }
    }

    /// In the order of addresses.
    public var regions: [Region]
    /// Where placement begins: top-down, or bottom-up for a legacy layout.
    public var mmapBase: UInt64
    /// Where bottom-up placement begins when the top-down area is full (`TASK_UNMAPPED_BASE`).
    public var bottomUpBase = AddressRandomizer.unmappedBase
    /// Where the heap begins.
    public var startBrk: UInt64
    /// The stack pointer at the start.
    public var startStack: UInt64
    /// True for the bottom-up layout of old programs (`ADDR_COMPAT_LAYOUT`).
    public var isLegacyLayout = false
    /// True where places were drawn: MAP_32BIT draws its own then.
    public var isRandomized = false
    /// Ranges that the program touches before its first call: written where writable, else read.
    public var touched: [Range<UInt64>]

    /// Describes an address space.
    public init(regions: [Region], mmapBase: UInt64, startBrk: UInt64, startStack: UInt64, touched: [Range<UInt64>]) {
        self.regions = regions
        self.mmapBase = mmapBase
        self.startBrk = startBrk
        self.startStack = startStack
        self.touched = touched
    }

    /// The tiny static program that runs scenarios, without address-space randomisation.
    public static let scenarioAgent = InitialAddressSpace(
        regions: [
            Region(start: 0x40_0000, end: 0x40_1000, content: .image(name: "/agent", offset: 0)),
            Region(
                start: 0x40_1000, end: 0x40_2000, isExecutable: true,
                content: .image(name: "/agent", offset: 0x1000)),
            Region(start: 0x40_2000, end: 0x40_7000, isWritable: true, content: .anonymous),
            Region(start: 0x7fff_f7ff_7000, end: 0x7fff_f7ff_b000, content: .special(name: "[vvar]")),
            Region(start: 0x7fff_f7ff_b000, end: 0x7fff_f7ff_d000, content: .special(name: "[vvar_vclock]")),
            Region(
                start: 0x7fff_f7ff_d000, end: 0x7fff_f7ff_f000, isExecutable: true,
                content: .special(name: "[vdso]")),
            Region(start: 0x7fff_fffd_e000, end: 0x7fff_ffff_f000, isWritable: true, content: .stack),
        ],
        mmapBase: 0x7fff_f7ff_f000, startBrk: 0x40_7000, startStack: 0x7fff_ffff_e000,
        touched: [0x40_0000..<0x40_3000, 0x7fff_ffff_e000..<0x7fff_ffff_f000])
}

extension InitialAddressSpace {
    /// The same address space with places drawn from a seed as the kernel draws them for a program with fixed addresses:
    /// its own regions stay, the stack, the kernel's mappings, the mmap area and the heap move.
    public func randomized(seed: UInt64, settings: KernelSettings = KernelSettings()) -> InitialAddressSpace {
        var places = AddressRandomizer(seed: seed, settings: settings)
        guard places.isOn else { return self }
        var result = self
        let bases = places.mmapBases(stackLimit: ResourceLimits().stack)
        result.bottomUpBase = bases.bottomUp
        result.mmapBase = isLegacyLayout ? bases.bottomUp : bases.topDown
        result.isRandomized = true
        let stackMove = places.stackTop() &- (regions.last { $0.content == .stack }?.end ?? startStack)
        for index in regions.indices {
            switch regions[index].content {
            case .stack: result.regions[index].move(by: stackMove)
            case .special: result.regions[index].move(by: result.mmapBase &- mmapBase)
            case .anonymous, .image: break
            }
        }
        let stacks = regions.filter { $0.content == .stack }.map { $0.start..<$0.end }
        result.startStack = startStack &+ stackMove
        result.touched = touched.map { range in
            guard stacks.contains(where: { $0.overlaps(range) }) else { return range }
            return range.lowerBound &+ stackMove..<range.upperBound &+ stackMove
        }
        result.startBrk = places.heapStart(startBrk, isMoved: false)
        return result
    }
}

extension InitialAddressSpace.Region {
    fileprivate mutating func move(by distance: UInt64) {
        start &+= distance
        end &+= distance
    }
}

extension Machine {
    /// Starts a process with an address space (`execve`).
    ///
    /// - Returns: its index, to be given to all calls.
    /// - Throws: ENOMEM when the machine is too small; EINVAL when regions overlap or are not page-aligned.
    public func start(_ space: InitialAddressSpace = .scenarioAgent) throws(Errno) -> Int {
        let layout = MMStruct.Layout(
            mmapBase: space.mmapBase, bottomUpBase: space.isLegacyLayout ? space.mmapBase : space.bottomUpBase,
            isTopDown: !space.isLegacyLayout, isRandomized: space.isRandomized, startBrk: space.startBrk,
            brk: space.startBrk, startData: 0, endData: 0, startStack: space.startStack)
        let task = try makeProcess(layout)
        var images: [String: Handle<OpenFile>] = [:]
        for region in space.regions { try add(region, to: task, &images) }
        for file in images.values { putFile(file) }
        for range in space.touched { touch(task, range) }
        drainBatches()
        return task.index
    }

    func makeProcess(_ layout: MMStruct.Layout) throws(Errno) -> Process {
        guard let mm = makeMM(layout: layout) else { throw .ENOMEM }
        let task = Process(index: processes.count, parent: -1, mm: mm, limits: ResourceLimits())
        processes.append(task)
        return task
    }

    func add(
        _ region: InitialAddressSpace.Region, to task: Process, _ images: inout [String: Handle<OpenFile>]
    ) throws(Errno) {
        guard region.start.isPageAligned, region.end.isPageAligned, region.start < region.end,
            findVMA(task.mm, region.start, region.end) == nil
        else { throw .EINVAL }
        var flags: VMFlags = [.read, .mayRead, .mayWrite, .mayExec]
        if region.isWritable { flags.formUnion([.write, .account]) }
        if region.isExecutable { flags.formUnion(.exec) }
        var vma = VMArea(
            start: region.start, end: region.end, flags: flags, pgoff: region.start >> 12, mm: task.mm,
            anonVMA: nil, chainFirst: nil, chainLast: nil, file: nil, kind: .anonymous)
        switch region.content {
        case .anonymous: break
        case .stack: vma.flags.formUnion(.growsDown)
        case .special(let name):
            vma.kind = .special
            // The vdso's data are frames without a struct page, its code is not.
            vma.flags.formUnion(region.isExecutable ? [.dontExpand] : [.dontExpand, .dontDump, .io, .pfnMap])
            vma.pgoff = UInt64(nameNumber(name))
        case .image(let name, let offset):
            let file: Handle<OpenFile>
            if let known = images[name] { file = known } else { file = makeImage(name) }
            images[name] = file
            vma.kind = .file
            vma.file = file
            vma.pgoff = offset >> 12
            file.pointee.refcount += 1
            try addImagePages(file.pointee.mapping, upTo: (offset + region.end - region.start) >> 12)
        }
        if vma.flags.has(.account) { try chargeMemory(vma.pageCount, of: task.mm) }
        account(task.mm, vma.flags, Int64(vma.pageCount))
        insertVMA(vmas.allocate(vma))
    }

    private func makeImage(_ name: String) -> Handle<OpenFile> {
        let mapping = mappings.allocate(
            FileMapping(
                kind: .image, size: 0, pages: XArray(nodes: arrayNodes.reference), name: nameNumber(name),
                serial: serials.mapping))
        serials.mapping += 1
        return openFiles.allocate(OpenFile(mapping: mapping, canRead: true, canWrite: false))
    }

    private func addImagePages(_ mapping: Handle<FileMapping>, upTo count: UInt64) throws(Errno) {
        for index in mapping.pointee.pageCount..<max(count, mapping.pointee.pageCount) {
            guard let pfn = allocateZeroedPage() else { throw .ENOMEM }
            let record = page(pfn)
            record.pointee.mapping = mapping.bits
            record.pointee.index = index
            record.pointee.set(PageFlag.uptodate | PageFlag.swapBacked | PageFlag.lru)
            mapping.pointee.pages.store(index, pfn + 1)
            mapping.pointee.pageCount += 1
        }
        mapping.pointee.size = max(mapping.pointee.size, count << 12)
    }

    /// Accesses every page of a range, written where that is allowed.
    func touch(_ task: Process, _ range: Range<UInt64>) {
        for address in stride(from: range.lowerBound, to: range.upperBound, by: 4096) {
            if case .signal = access(task, address, .write) { _ = access(task, address, .read) }
        }
    }

    /// The number of a name in the machine's table.
    func nameNumber(_ name: String) -> Int32 {
        if let found = names.firstIndex(of: name) { return Int32(found) }
        names.append(name)
        return Int32(names.count - 1)
    }
}
