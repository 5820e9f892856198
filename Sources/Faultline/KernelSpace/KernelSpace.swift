/// The kernel's own memory, beside what lies in arenas of the machine: where it stands, its slab caches, its messages.
///
/// A machine brings it up when something asks for it first (``Machine/bringUpKernelSpace()``): programs that use none of it find the
/// machine without it, frame for frame.
struct KernelSpace {
    var isUp = false
    /// No memory was left to bring it up: it stays away.
    var hasFailed = false
    var layout = KernelLayout()
    /// `slab_caches`, in the order in which they were made.
    var caches: [Handle<SlabCache>] = []
    /// By a cache's number: its name, the names that were merged into it, the order of its free objects (`s->random_seq`, as bytes
    /// from the slab's start), and its sheaves.
    var names: [String] = []
    var aliases: [[String]] = []
    var sequences: [[UInt32]] = []
    var sheaves: [SlabSheaves] = []
    /// NR_SLAB_UNRECLAIMABLE_B and NR_SLAB_RECLAIMABLE_B, in pages.
    var unreclaimablePages = 0
    var reclaimablePages = 0
    /// What kmalloc took from the page allocator, being larger than the largest class: its order by its first frame.
    var largeObjects: [PFN: Int] = [:]
    /// `get_random_u32` and its like.
    var random = SplitMix64(seed: 0x5eed_5ab5)
    /// The line of the program that is made now; 0 for none. It stands where the kernel notes a caller.
    var callLine = 0
    /// Lines of the kernel's log that were not taken yet.
    var log: [String] = []
    /// The kernel has come upon an error that ends the process; so often before.
    var hasOopsed = false
    /// The warnings that come once have come: of `ioremap`, of `virt_to_cache`, and of a block larger than any.
    var hasWarnedOfRAM = false
    var hasWarnedOfSlab = false
    var hasWarnedOfOrder = false
    var oopsCount = 0
    /// `tainted_mask`: what reports there were since the start.
    var taints: KernelTaint = []
    /// A program freed an object twice, or wrote where it had none: the caches' lists may be anything from here on, as the kernel's
    /// own would be.
    var wasMisused = false

    var initMM = InitMM()
    var vmalloc = VmallocSpace()
    /// What each CPU has of its own.
    var perCPU = PerCPUSpace()
    /// Pages that are watched.
    var watched = WatchedPages()
    /// What slab caches have for the kernel's own records.
    var objects = KernelObjects()

    /// Frames that the kernel's own memory has.
    var frameCount: Int {
        unreclaimablePages + reclaimablePages + largeObjects.values.reduce(0) { $0 + 1 << $1 } + initMM.tableCount
            + Int(vmalloc.pages) + perCPU.frameCount
    }
}

extension Machine {
    /// `printk`.
    func printk(_ line: String) { kernel.log.append(line) }

    /// Lines of the kernel's log since they were taken last.
    public func takeKernelLog() -> [String] {
        defer { kernel.log = [] }
        return kernel.log
    }

    /// Where a physical address stands in the direct map (`__va`).
    @inline(__always)
    func directMapped(_ address: PhysicalAddress) -> VirtualAddress { kernel.layout.directMap &+ address }

    /// `__pa` of an address of the direct map; what lies elsewhere gives a number beyond RAM.
    @inline(__always)
    func physicalAddress(_ address: VirtualAddress) -> PhysicalAddress { address &- kernel.layout.directMap }
}
