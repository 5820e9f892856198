/// An address space to start a process with, as an ELF loader would leave it.
public struct InitialAddressSpace: Sendable {
    /// One VMA.
    public struct Region: Sendable {
        /// What stands behind it.
        public enum Content: Sendable, Equatable {
            case anonymous
            /// A page-cache file with the name; the offset is in bytes.
            case image(name: String, offset: UInt64)
            /// A regular file of zeros that is not in memory yet; the offset is in bytes.
            case file(name: String, offset: UInt64)
            /// A file of tmpfs, such as shared anonymous memory or a memory file; the offset is in bytes.
            case memory(name: String, offset: UInt64)
            /// A device, or an object of the kernel such as `anon_inode:[io_uring]`: pages of zeros; the offset is in bytes.
            case device(name: String, offset: UInt64)
            /// A mapping that the kernel makes for itself, such as `[vdso]`.
            case special(name: String)
            /// Grows down.
            case stack
        }

        /// The first address.
        public var start: UInt64
        /// The address after the last.
        public var end: UInt64
        /// Whether programs may read it.
        public var isReadable = true
        /// MAP_SHARED.
        public var isShared = false
        /// Whether programs may write to it.
        public var isWritable: Bool
        /// Whether programs may execute it.
        public var isExecutable: Bool
        /// What stands behind it.
        public var content: Content
        /// Tells files of one name apart; regions with equal ones map the same file.
        public var file = ""
        /// `vm_flags`; nil for what the properties above give.
        public var flags: VMFlags?
        /// Pages that are there at the start, in the order of addresses.
        public var pages: [InitialPages] = []

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
    /// Where it ends; nil for an empty heap.
    public var brk: UInt64?
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
        var places = AddressRandomizer(seed: seed, settings: settings.clamped)
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
            case .anonymous, .image, .file, .memory, .device: break
            }
        }
        let stacks = regions.filter { $0.content == .stack }.map { $0.start..<$0.end }
        result.startStack = startStack &+ stackMove
        result.touched = touched.map { range in
            guard stacks.contains(where: { $0.overlaps(range) }) else { return range }
            let (lower, upper) = (range.lowerBound &+ stackMove, range.upperBound &+ stackMove)
            return lower < upper ? lower..<upper : range
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
