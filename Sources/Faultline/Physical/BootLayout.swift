/// What a boot makes of the firmware's map: `setup_arch` and `free_area_init`, step by step, up to where the page allocator begins.
public struct BootLayout: Sendable {
    /// Zones of all nodes that have memory, by address.
    let zones: [ZoneLayout]
    /// For each node, in which order zones serve it: indices into `zones`.
    let zonelists: [[Int]]
    /// The first frame behind all RAM.
    let endFrame: PFN
    /// How many nodes there are.
    public let nodeCount: Int
    /// The node of each CPU; 0 for those behind the last.
    let cpuNodes: [Int]
    /// Where the first chunk of per-CPU memory is, of a boot that makes one.
    let perCPU: PerCPUMemory?
    /// Where struct pages are, of a memory model that was asked for.
    public let records: FrameRecords?
    /// What the kernel maps at PAGE_OFFSET, in the order in which it does.
    let directMap: [DirectMapPiece]
    /// What happened, in order.
    public let events: [BootEvent]

    /// A boot with this kernel's options.
    ///
    /// - Throws: ``FirmwareMapError`` for options that do not fit the map.
    public init(_ map: FirmwareMap, _ options: BootOptions) throws(FirmwareMapError) {
        var boot = Boot(options)
        boot.readMap(map)
        if boot.memblock.memory.isEmpty { throw .option("mem= leaves no memory; give more") }
        try boot.reserve(map)
        directMap = boot.mapMemory()
        try boot.makeNodes()
        if let model = options.memoryModel { try boot.reserveRecords(model) }
        try boot.reserveContiguous()
        let starts = boot.movableStarts()
        boot.makeZones(starts)
        if options.hasPerCPU { boot.reservePerCPU() }
        boot.makeZonelists()
        boot.freeAll()
        zones = boot.zones
        zonelists = boot.zonelists
        endFrame = boot.memblock.end >> 12
        cpuNodes = options.cpuNodes
        nodeCount = boot.nodeRanges.count
        records = boot.records
        perCPU = boot.perCPU
        events = boot.events
    }

    /// The machine that a size of RAM asks for: one node, and nothing reserved but the first 1 MiB. Per-CPU memory is the page allocator's
    /// there.
    ///
    /// - Throws: ``MachineError/ramSize(bytes:)``.
    public init(ramBytes: UInt64) throws(MachineError) {
        let map = try FirmwareMap.ofPC(ramBytes: ramBytes)
        var options = BootOptions()
        options.hasPerCPU = false
        do { self = try BootLayout(map, options) } catch {
            preconditionFailure("a map without options boots")
        }
    }
}

/// The boot under way.
struct Boot {
    let options: BootOptions
    var memblock = Memblock()
    var events: [BootEvent] = []
    /// From the first byte of each node's memory to behind its last.
    var nodeRanges: [Range<PhysicalAddress>] = []
    var cma: Range<PhysicalAddress>?
    var records: FrameRecords?
    var perCPU: PerCPUMemory?
    var zones: [ZoneLayout] = []
    var zonelists: [[Int]] = []

    init(_ options: BootOptions) { self.options = options }

    mutating func log(_ function: String, _ text: String) { events.append(BootEvent(function: function, text: text)) }
    mutating func note(_ function: String, _ text: String) {
        events.append(BootEvent(function: function, text: text, isLogged: false))
    }

    // MARK: Firmware

    /// `e820__memory_setup`, `trim_bios_range` and `e820__memblock_setup`.
    mutating func readMap(_ map: FirmwareMap) {
        log("e820__memory_setup", "BIOS-provided physical RAM map:")
        for line in map.log { log("e820__memory_setup", line) }
        log("e820__end_of_ram_pfn", "last_pfn = 0x\(String(map.endFrame, radix: 16)) max_arch_pfn = 0x400000000")
        var usable = Memblock()
        for entry in map.entries where entry.kind == .usable { usable.add(entry.range) }
        // BIOSes write to the first page, and nothing in the ISA hole is RAM, whatever they say.
        log("trim_bios_range", "e820: update [mem 0x00000000-0x00000fff] usable ==> reserved")
        usable.remove(0..<4096)
        log("trim_bios_range", "e820: remove [mem 0x000a0000-0x000fffff] usable")
        usable.remove(0xa_0000..<0x10_0000)
        if let limit = options.limit { usable.remove(min(limit, 1 << 62)..<1 << 62) }
        for region in usable.memory {
            memblock.add(region.range)
            note("memblock_add", "memory [mem \(FirmwareMap.range(region.range))]")
        }
        memblock.trim(4096)
    }

    // MARK: Reservations

    /// `early_reserve_memory`, `reserve_initrd`, `reserve_bios_regions` and `reserve_real_mode`.
    mutating func reserve(_ map: FirmwareMap) throws(FirmwareMapError) {
        if let image = options.kernelImage { reserve("early_reserve_memory", image, "the kernel's image") }
        reserve("early_reserve_memory", 0..<0x1_0000, "the first 64 KiB")
        if let disk = options.initialRAMDisk {
            guard
                memblock.memory.contains(where: {
                    $0.range.contains(disk.lowerBound) && disk.upperBound <= $0.range.upperBound
                })
            else { throw .option("initrdmem= [mem \(FirmwareMap.range(disk))] is not in RAM; give another place") }
            reserve("early_reserve_initrd", disk, "the initial RAM disk")
            log("reserve_initrd", "RAMDISK: [mem \(Self.short(disk))]")
        }
        reserve("reserve_real_mode", 0..<0x10_0000, "the first 1 MiB, for the real mode")
    }

    mutating func reserve(_ function: String, _ range: Range<PhysicalAddress>, _ what: String) {
        memblock.reserve(range)
        note(function, "reserved [mem \(FirmwareMap.range(range))]: \(what)")
    }

    private static func short(_ range: Range<PhysicalAddress>) -> String {
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return "0x" + String(repeating: "0", count: max(8 - digits.count, 0)) + digits
        }
        return hex(range.lowerBound) + "-" + hex(range.upperBound - 1)
    }

    /// `init_mem_mapping`.
    mutating func mapMemory() -> [DirectMapPiece] {
        let pieces = memblock.directMap()
        for piece in pieces {
            let size = piece.shift == 30 ? "1G" : piece.shift == 21 ? "2M" : "4k"
            note("init_memory_mapping", "[mem \(FirmwareMap.range(piece.range))] page \(size)")
        }
        return pieces
    }

    /// `dma_contiguous_reserve`: as high as it goes below 4 GiB's zones, in whole blocks of the allocator's.
    mutating func reserveContiguous() throws(FirmwareMapError) {
        if options.cma == 0 { return }
        let size = (options.cma + 1 << 22 - 1) & ~(1 << 22 - 1)
        guard let place = memblock.allocate(size, alignment: 1 << 22, node: 0) else {
            throw .option("cma=\(options.cma): node 0 has no free range as large; ask for less")
        }
        cma = place
        log("cma_declare_contiguous", "cma: Reserved \(size >> 20) MiB at \(FirmwareMap.hex(place.lowerBound))")
    }
}
