/// A simulated x86-64 machine with its kernel: processes, address spaces, page tables in simulated RAM, files.
///
/// A machine is single-threaded and owns all its state; the same calls give the same bytes on every run.
public final class Machine {
    // The parts below are leaves: none of them calls back into the machine, so that no access can overlap another one.
    // The dynamic check that would prove it once more costs as much as a translation.
    /// Settings of the simulated kernel.
    public let settings: KernelSettings
    @exclusivity(unchecked) var physical: PhysicalMemory
    /// Of `physical`.
    let frames: FrameTable
    @exclusivity(unchecked) var cpu: CPU
    /// The other CPUs.
    @exclusivity(unchecked) var processors = Processors()
    @exclusivity(unchecked) var mms = Arena<MMStruct>()
    @exclusivity(unchecked) var vmas = Arena<VMArea>()
    @exclusivity(unchecked) var anonVMAs = Arena<AnonVMA>()
    @exclusivity(unchecked) var chains = Arena<AnonVMAChain>()
    @exclusivity(unchecked) var openFiles = Arena<OpenFile>()
    @exclusivity(unchecked) var mappings = Arena<FileMapping>()
    @exclusivity(unchecked) var diskFiles = Arena<DiskFile>()
    @exclusivity(unchecked) var userfaultContexts = Arena<UserfaultContext>()
    let vmaNodes = NodePool(blockBytes: VMATreeNode.blockBytes)
    let arrayNodes = NodePool(blockBytes: XArrayNode.blockBytes)
    /// Those of the blocks that files have on the disk, which the kernel keeps elsewhere.
    let blockMapNodes = NodePool(blockBytes: XArrayNode.blockBytes)
    @exclusivity(unchecked) var slabCaches = Arena<SlabCache>()
    /// `kmalloc_caches`, by type and class, and the caches of the kernel's own records, by ``KernelObjectKind``.
    let kmallocCaches = HandleTable<SlabCache>(count: KmallocClasses.types.count * KmallocClasses.slots)
    let objectCaches = HandleTable<SlabCache>(count: KernelObjectKind.allCases.count)
    @exclusivity(unchecked) var vmapAreas = Arena<VmapArea>()
    /// See ``KernelSettings/chargesKernelObjects``.
    let chargesKernelObjects: Bool
    /// See ``setKernelProbe(_:)``.
    @exclusivity(unchecked) var kernelProbe: ((KernelFault) -> ProbeAnswer)?
    /// See ``watchKernelMemory(_:)``.
    @exclusivity(unchecked) var kernelWatches: [Int: MemoryWatch] = [:]
    /// The kernel's own memory.
    @exclusivity(unchecked) var kernel = KernelSpace()
    /// Every process ever made, by its index; those that ended have `isAlive` false.
    @exclusivity(unchecked) var processes: [Process] = []
    /// Pages that the kernel has promised (`vm_committed_as`).
    @exclusivity(unchecked) var committedPages: Int64 = 0
    /// Those among them that no unmapping gives back: `acct_stack_growth` charges the growth of every stack, `exit_mmap` and
    /// munmap return accounted VMAs only.
    @exclusivity(unchecked) var unreturnedPages: Int64 = 0
    /// The frame that reads of untouched anonymous memory see (`empty_zero_page`).
    let zeroFrame: PFN
    /// What the host shows of address spaces; see `FaultlineWindow`.
    @exclusivity(unchecked) var windows = WindowList()
    /// Flushes of the TLB so far.
    @exclusivity(unchecked) var flushes = FlushCounts()
    @exclusivity(unchecked) var shm = ShmNamespace()
    /// The userfaultfds, and who waits for them.
    @exclusivity(unchecked) var userfaults = UserfaultState()
    @exclusivity(unchecked) var disk: DiskDevice
    /// The swap area and what goes with it.
    @exclusivity(unchecked) var swap = SwapSpace()
    /// Simulated time; it passes in `advance`, and while someone waits for the disk.
    @exclusivity(unchecked) var clock = Clock()
    /// In the order in which those that wake at the same time run.
    let kernelThreads: [KernelThreadEntry] = [.journal, .flusher, .compactor, .statistics, .hugePages]
    /// File systems that programs mounted, by their number less 1.
    @exclusivity(unchecked) var tmpfsMounts: [TmpfsMount] = []
    /// Names of mappings, by `FileMapping.name`.
    @exclusivity(unchecked) var names = NameTable()
    /// Address spaces, anon_vmas and mappings made so far: gives them their serial numbers.
    @exclusivity(unchecked) var serials = Serials()
    /// Pages in the order in which reclaim looks at them, and what it knows of the lists.
    @exclusivity(unchecked) var lruLists = LRULists()
    @exclusivity(unchecked) var lruVectors = InlineArray<2, LRUVector>(repeating: LRUVector())
    /// What reclaim did so far.
    @exclusivity(unchecked) public internal(set) var reclaimFigures = ReclaimFigures()
    /// Nodes that hold what evicted pages left.
    @exclusivity(unchecked) var shadowNodes = ShadowNodes()
    /// Runs of kswapd that freed nothing, one after the other.
    @exclusivity(unchecked) var kswapdFailures = 0
    /// The memory cgroup of the program, where it has one.
    @exclusivity(unchecked) var memoryGroup = MemoryGroup()
    /// Random numbers for processes that were started with a seed.
    @exclusivity(unchecked) var random = SplitMix64(seed: 0)
    /// TLB contexts that are free again.
    @exclusivity(unchecked) var freeContexts: [UInt32] = []
    @exclusivity(unchecked) var nextContext: UInt32 = 1
    @exclusivity(unchecked) var events: [Event] = []
    /// See ``handEventsOver(every:to:)``.
    @exclusivity(unchecked) var eventLimit = Int.max
    @exclusivity(unchecked) var eventTaker: (([Event]) -> Void)?
    /// For ``takeUnmodelled()``: what was met and not told yet, and all that was ever met.
    @exclusivity(unchecked) var metUnmodelled: [Unmodelled] = []
    @exclusivity(unchecked) var everUnmodelled: Set<Unmodelled> = []
    /// Huge pages: settings, and what is known of them.
    @exclusivity(unchecked) var huge = HugePages()
    /// Samepage merging: settings, and what ksmd knows.
    @exclusivity(unchecked) var ksm = KSM()
    @exclusivity(unchecked) var ksmSlots = Arena<KSMSlot>()
    @exclusivity(unchecked) var ksmItems = Arena<KSMItem>()
    @exclusivity(unchecked) var ksmNodes = Arena<KSMNode>()
    /// The pool of 2 MiB pages.
    @exclusivity(unchecked) var hugePool = HugePagePool()
    /// For ``takeOutOfMemoryKills()``.
    @exclusivity(unchecked) var kills: [OutOfMemoryKill] = []
    /// Whether events are collected; see ``takeEvents()``.
    @exclusivity(unchecked) public internal(set) var isTracing = false
    /// For ``takeRefusal()``; `hearsRefusals` is true also while events are collected.
    @exclusivity(unchecked) var lastRefusal: Refusal?
    @exclusivity(unchecked) var keepsRefusals = false
    @exclusivity(unchecked) var hearsRefusals = false
    /// How many callers around the current one go on past a refusal.
    @exclusivity(unchecked) var passedOver = 0

    /// What events tell of locks of VMAs; a setting of the one who listens.
    @exclusivity(unchecked) var vmaLocks = VMALockTrace()
    /// NUMA balancing: settings, counters, and what is known of areas and pages.
    @exclusivity(unchecked) var numa = NUMABalancing()
    /// The page that is on its way to another frame; none between calls.
    @exclusivity(unchecked) var migration: Migration?
    /// Every memory policy that was ever asked for; its number is its place, from 1.
    @exclusivity(unchecked) var policies: [MemoryPolicy] = []
    /// What processes have of policies, by their index; those behind the last have nothing.
    @exclusivity(unchecked) var taskPolicies: [TaskPolicy] = []
    /// Policies of files in memory.
    @exclusivity(unchecked) var sharedPolicies: [Handle<FileMapping>: SharedPolicy] = [:]
    /// Whether allocations look at policies: there are several nodes, and somebody has set one.
    @exclusivity(unchecked) var placesByPolicy = false
    /// Where the page of the present fault belongs; none between faults.
    @exclusivity(unchecked) var faultPlace: PolicyPlace?
    /// Rings that programs have set up, by their numbers; nil for those that are closed.
    @exclusivity(unchecked) var rings: [Ring?] = []
    /// Blocks that programs took from the page allocator by `alloc_pages`, by their first frame: their orders.
    @exclusivity(unchecked) var kernelBlocks: [PFN: Int] = [:]

    /// The shape of every CPU's TLB.
    let tlbGeometry: TLBGeometry
    /// Where the boot put per-CPU memory; nil for a machine without a boot.
    let bootPerCPU: PerCPUMemory?
    /// What the boot mapped at PAGE_OFFSET.
    let bootDirectMap: [DirectMapPiece]

    /// What the CPU had counted when its statistics were reset last.
    var tlbStatisticsBefore: TLBStatistics?

    struct Serials {
        var mm: UInt32 = 0
        var anonVMA: UInt64 = 0
        var mapping: UInt64 = 0
        /// Processes that have ended.
        var ending: UInt64 = 0
    }

    /// A machine without processes.
    ///
    /// - Parameters:
    ///   - ramBytes: simulated RAM, a multiple of 4 KiB; it costs what is touched.
    ///   - backing: where the host keeps it.
    /// - Throws: ``MachineError`` for a size that cannot be.
    public convenience init(
        ramBytes: UInt64 = 24 << 30, settings: KernelSettings = KernelSettings(), tlb: TLBGeometry = .standard,
        backing: RAMBacking = .private
    ) throws(MachineError) {
        let boot = try BootLayout(ramBytes: ramBytes)
        try self.init(boot: boot, settings: settings, tlb: tlb, backing: backing)
    }

    /// A machine without processes, whose memory is as a boot left it.
    ///
    /// - Throws: ``MachineError`` where the host refuses.
    public init(
        boot: BootLayout, allocator: AllocatorSettings = AllocatorSettings(),
        settings: KernelSettings = KernelSettings(), tlb: TLBGeometry = .standard, backing: RAMBacking = .private
    ) throws(MachineError) {
        var settings = settings.clamped
        if let memory = boot.perCPU { settings.presentCPUs = memory.units.count }
        bootPerCPU = boot.perCPU
        tlbGeometry = tlb
        bootDirectMap = boot.directMap
        self.settings = settings
        numa.settings = settings.balancing
        chargesKernelObjects = settings.chargesKernelObjects
        disk = DiskDevice(blocks: settings.diskBlocks)
        physical = try PhysicalMemory(boot, settings: allocator, backing: backing)
        frames = physical.frames
        let mmu: MMU
        do {
            mmu = try MMU(ram: frames.ram, geometry: tlb, settings: settings.cpu, ceiling: settings.flushCeiling)
        } catch {
            throw .tlb(error)
        }
        guard let zero = physical.allocate(.kernel) else { throw .noMemory }
        zeroFrame = zero
        cpu = CPU(mmu: mmu, lastTable: LastTable(key: LastTable.none, entries: frames.table(zero)))
        frames.page(zero).pointee.set(.reserved)
        if chargesKernelObjects { bringUpKernelSpace() }
        bringUpCPUs(min(settings.simulatedCPUs, settings.presentCPUs))
    }

    deinit {
        precondition(windows.isEmpty, "a machine goes while a window of it is open")
        for (_, mm) in liveAddressSpaces { releaseTree(mm) }
    }

    private func releaseTree(_ mm: Handle<MMStruct>) {
        // The nodes lie in the machine's own pool, which goes with it.
        mm.pointee.tree.destroy()
    }
}
