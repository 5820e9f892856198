import Testing

@testable import Faultline

/// From the firmware's map to zones.
struct BootTests {
    /// A virtual machine's of 24 GiB, with what its kernel (6.18) printed and /proc/zoneinfo says there, for 2 CPUs.
    static let log = """
        [    0.000000] BIOS-provided physical RAM map:
        [    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
        [    0.000000] BIOS-e820: [mem 0x000000000009fc00-0x00000000000fffff] reserved
        [    0.000000] BIOS-e820: [mem 0x0000000000100000-0x00000000bfffffff] usable
        [    0.000000] BIOS-e820: [mem 0x00000000eec00000-0x00000000febfffff] reserved
        [    0.000000] BIOS-e820: [mem 0x0000000100000000-0x000000063fffffff] usable
        [    0.000000] NX (Execute Disable) protection: active
        """

    private func boot(_ parameters: [String] = [], log: String = Self.log) throws -> BootLayout {
        var options = BootOptions()
        for parameter in parameters { try options.set(parameter) }
        return try BootLayout(FirmwareMap(log: log), options)
    }

    @Test("the kernel's own lines come of the map")
    func lines() throws {
        let lines = try boot().events.filter(\.isLogged).map(\.text)
        for line in [
            "last_pfn = 0x640000 max_arch_pfn = 0x400000000",
            "Faking a node at [mem 0x0000000000000000-0x000000063fffffff]",
            "  DMA      [mem 0x0000000000001000-0x0000000000ffffff]",
            "  DMA32    [mem 0x0000000001000000-0x00000000ffffffff]",
            "  Normal   [mem 0x0000000100000000-0x000000063fffffff]", "  Device   empty",
            "  node   0: [mem 0x0000000000001000-0x000000000009efff]",
            "  node   0: [mem 0x0000000000100000-0x00000000bfffffff]",
            "  node   0: [mem 0x0000000100000000-0x000000063fffffff]",
            "Initmem setup node 0 [mem 0x0000000000001000-0x000000063fffffff]",
            "On node 0, zone DMA: 1 pages in unavailable ranges", "On node 0, zone DMA: 97 pages in unavailable ranges",
            "Fallback order for Node 0: 0 ", "Built 1 zonelists, mobility grouping on.  Total pages: 6291358",
            "Policy zone: Normal",
        ] { #expect(lines.contains(line), "\(line)") }
    }

    @Test("zones span and have what the kernel says")
    func zones() throws {
        let zones = try boot().zones
        #expect(zones.map(\.span) == [1..<0x1000, 0x1000..<0x10_0000, 0x10_0000..<0x64_0000])
        let present = zones.map { $0.memory.reduce(0) { $0 + $1.count } }
        #expect(present == [3998, 782_336, 5_505_024])
        #expect(zones[0].free == [0x100..<0x1000], "the first 1 MiB is reserved")
    }

    @Test("watermarks, protection and per-CPU figures come of the managed frames as the kernel computes them")
    func figures() throws {
        // What was managed when /proc/zoneinfo was read: the kernel had freed the rest of Normal not yet.
        let managed: [UInt64] = [3840, 772_808, 2_260_992]
        let spans: [Range<PFN>] = [1..<0x1000, 0x1000..<0x10_0000, 0x10_0000..<0x64_0000]
        let kinds: [ZoneKind] = [.dma, .dma32, .normal]
        let zones = zip(zip(kinds, spans), managed).map { place, managed in
            let start = max(place.1.lowerBound, 0x100)
            return ZoneLayout(
                node: 0, kind: place.0, span: place.1, memory: [start..<start + managed],
                free: [start..<start + managed])
        }
        var settings = AllocatorSettings()
        settings.cpus = 2
        let nodes = try Nodes(zones: zones, zonelists: [[2, 1, 0]], endFrame: 0x64_0000)
        defer { nodes.destroy() }
        nodes.setUp(settings)
        #expect(nodes.minimumFree(settings) * 4 == 67_584)
        let marks = nodes.zones.map {
            [$0.watermarks.minimum, $0.watermarks.low, $0.watermarks.high, $0.watermarks.promo]
        }
        #expect(marks == [[21, 26, 31, 36], [4298, 5372, 6446, 7520], [12576, 15720, 18864, 22008]])
        let protection = nodes.zones.map { zone in (0..<5).map { zone.watermarks.reserves[$0] } }
        #expect(protection == [[0, 3018, 11850, 11850, 11850], [0, 0, 8832, 8832, 8832], [0, 0, 0, 0, 0]])
        let lists = nodes.zones.map { [$0.perCPU.batch, $0.perCPU.highMin, $0.perCPU.highMax] }
        #expect(lists == [[1, 13, 240], [63, 2686, 48300], [63, 7860, 141_312]])
    }

    @Test("movablecore makes ZONE_MOVABLE of the upper end of each node, and movable pages go there first")
    func movable() throws {
        let layout = try boot(["movablecore=4G", "numa=fake=2"])
        let movable = layout.zones.filter { $0.kind == .movable }
        #expect(layout.nodeCount == 2 && movable.map(\.node) == [0, 1])
        let frames = movable.reduce(0) { $0 + $1.span.count }
        #expect(frames > 1 << 20 - 2048 && frames < 1 << 20 + 2048)
        var memory = try PhysicalMemory(layout)
        let user = try #require({ memory.allocate(.anonymous) }())
        let table = try #require({ memory.allocateTable() }())
        let kinds = [user, table].map { memory.zones[memory.nodes.zoneIndex($0)].kind }
        #expect(kinds == [.movable, .normal])
        memory.free(user)
        memory.free(table)
        let problem = memory.checkInvariants()
        #expect(problem == nil)
    }

    @Test("nodes fall back to the nearest, and where several are as near to the next")
    func distances() throws {
        var options = BootOptions()
        options.nodes = [0..<8 << 30, 8 << 30..<16 << 30, 16 << 30..<25 << 30]
        options.distances = [[10, 20, 30], [20, 10, 20], [30, 20, 10]]
        let layout = try BootLayout(FirmwareMap(log: Self.log), options)
        let orders = layout.events.map(\.text).filter { $0.hasPrefix("Fallback") }
        #expect(
            orders == [
                "Fallback order for Node 0: 0 1 2 ", "Fallback order for Node 1: 1 2 0 ",
                "Fallback order for Node 2: 2 1 0 ",
            ])
        #expect(layout.zonelists[0].map { layout.zones[$0].kind } == [.normal, .dma32, .dma, .normal, .normal])
    }

    @Test("the records of a memory model take memory, and lead back to their frames", arguments: MemoryModel.allCases)
    func models(_ model: MemoryModel) throws {
        var options = BootOptions()
        options.memoryModel = model
        let layout = try BootLayout(FirmwareMap(log: Self.log), options)
        let records = try #require(layout.records)
        for pfn in [1, 0x9f, 0x1000, 0xb_ffff, 0x10_0000, 0x63_ffff] as [PFN] {
            let page = try #require(records.page(pfn))
            #expect(records.frame(of: page) == pfn)
        }
        // The hole below 4 GiB has records where there is one array for all.
        #expect((records.page(0xd_0000) == nil) == (model != .flat))
        let managed = layout.zones.reduce(0) { $0 + $1.free.reduce(0) { $0 + $1.count } }
        let perCPU = layout.perCPU.map { $0.units.reduce(0) { $0 + $1.count >> 12 } } ?? 0
        let reserved = 6_291_358 - 158 - managed - perCPU
        #expect(model == .flat ? reserved == 0x64_0000 / 64 : reserved == 98_304, "nr_memmap_boot_pages")
    }

    @Test("per-CPU memory is the highest there is, and what no CPU uses of it goes to the page allocator")
    func perCPU() throws {
        let layout = try boot(["nr_cpus=2"])
        let lines = layout.events.filter(\.isLogged).map(\.text)
        for line in [
            "setup_percpu: NR_CPUS:256 nr_cpumask_bits:2 nr_cpu_ids:2 nr_node_ids:1",
            "percpu: Embedded 53 pages/cpu s186136 r0 d30952 u1048576", "pcpu-alloc: [0] 0 1 ",
        ] { #expect(lines.contains(line), "\(line)") }
        let free = layout.zones.flatMap(\.free)
        let first: PFN = 0x64_0000 - 512
        #expect(!free.contains { $0.overlaps(first..<first + 53) })
        #expect(!free.contains { $0.overlaps(first + 256..<first + 256 + 53) })
        #expect(free.contains(first + 53..<first + 256) && free.contains(first + 309..<first + 512))

        let machine = try Machine(boot: layout)
        let before = machine.freePages
        let pointer = try #require(machine.allocatePerCPU(8, align: 8, .kernel))
        let place = pointer &+ machine.perCPUOffset(1)
        #expect((first + 256..<first + 309).contains(machine.physicalAddress(place) >> 12))
        #expect(machine.settings.presentCPUs == 2)
        #expect(before > machine.freePages, "the tables of the direct map")
        try machine.freePerCPU(pointer)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("where memory is small, a boot sets no per-CPU memory aside, and the page allocator serves it")
    func smallPerCPU() throws {
        let layout = try boot(log: "BIOS-e820: [mem 0x0000000000000000-0x00000000010fffff] usable")
        #expect(layout.perCPU == nil)
        let machine = try Machine(boot: layout)
        #expect(machine.allocatePerCPU(8, align: 8, .kernel) != nil)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a machine of 4 TiB costs no more than what is touched")
    func large() throws {
        var memory = try PhysicalMemory(bytes: (4 << 40) - (1 << 30))
        #expect(memory.totalPages == 1 << 30 - 1 << 18 - 0x100)
        let pfn = try #require({ memory.allocate(.anonymous) }())
        memory.free(pfn)
        let problem = memory.checkInvariants()
        #expect(problem == nil)
    }

    @Test(
        "maps and parameters that cannot be are refused with the place",
        arguments: [
            ("BIOS-e820: [mem 0x0-0xfff] nothing", "line 1"), ("", "dmesg"),
            ("BIOS-e820: [mem 0x0-0xfff] reserved", "usable"),
            ("BIOS-e820: [mem 0x0-0xffff] usable\nBIOS-e820: [mem 0x8000-0x1ffff] reserved", "overlap"),
            ("BIOS-e820: [mem 0x0-0xfff] type x", "line 1"),
        ])
    func badMaps(_ log: String, _ part: String) {
        #expect { _ = try FirmwareMap(log: log) } throws: { "\($0)".contains(part) }
    }

    @Test(
        "parameters with a wrong value name themselves",
        arguments: [
            "movablecore=2X", "kernelcore=mirror", "numa=fake=0", "initrdmem=1G", "kernelcore=101%", "quiet",
            "nr_cpus=x",
        ])
    func badParameters(_ parameter: String) {
        var options = BootOptions()
        #expect { try options.set(parameter) } throws: { "\($0)".contains(parameter) }
    }
}
