/// What the kernel's command line, and the firmware's tables of nodes, say of memory.
public struct BootOptions: Sendable, Hashable {
    /// An amount of memory: bytes, or a percentage of all.
    public enum Amount: Sendable, Hashable {
        case bytes(UInt64)
        case percent(UInt64)

        /// Of so many frames.
        func frames(of total: UInt64) -> UInt64 {
            switch self {
            case .bytes(let bytes): bytes >> 12
            case .percent(let percent): total / 100 * percent + total % 100 * percent / 100
            }
        }
    }

    /// `mem=`: RAM ends here; nil for all of it.
    public var limit: UInt64?
    /// `initrdmem=`: where the initial RAM disk lies; nil for none.
    public var initialRAMDisk: Range<PhysicalAddress>?
    /// Where the kernel's image lies; nil for none.
    public var kernelImage: Range<PhysicalAddress>?
    /// `kernelcore=`: memory for everyone.
    public var kernelCore: Amount?
    /// `movablecore=`: memory for movable pages only.
    public var movableCore: Amount?
    /// `cma=`: bytes, rounded up to 4 MiB.
    public var cma: UInt64 = 0
    /// `numa=fake=`: so many nodes of about the same size; 0 for those of ``nodes``.
    public var fakeNodes = 0
    /// Where the memory of each node of the firmware's tables (SRAT) lies, in bytes; empty for one node.
    public var nodes: [Range<PhysicalAddress>] = []
    /// `node_distance` from each node to each; empty for 10 to itself and 20 to others.
    public var distances: [[Int]] = []
    /// CPUs.
    public var cpus = 1
    /// The node of each CPU, as the firmware's tables have it; 0 for those behind the last. Those of fake nodes are all of node 0.
    public var cpuNodes: [Int] = []
    /// Whether memory is taken for the first chunk of per-CPU memory, as every kernel does.
    public var hasPerCPU = true
    /// Where struct pages lie, whose memory is reserved then; nil for nowhere: the simulated machine's own are the host's.
    public var memoryModel: MemoryModel?

    /// One node, all of its memory for everyone.
    public init() {}
}

/// A step of the boot: what a line of the kernel's log tells, or what it does not tell.
public struct BootEvent: Sendable, Hashable {
    /// Which function did it.
    public var function: String
    /// As the kernel's log has it, or in a few words.
    public var text: String
    /// Whether the kernel prints it.
    public var isLogged = true
}
