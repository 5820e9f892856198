import Foundation
import Testing

@testable import Faultline

/// Memory that each CPU has of its own.
struct PerCPUTests {
    @Test("units, parts and chunk sizes follow from the number of CPUs as pcpu_build_alloc_info has them")
    func layouts() {
        let two = PerCPULayout.embedded(cpus: 2)
        #expect(
            two.log(cpus: 2) == [
                "percpu: Embedded 53 pages/cpu s186136 r0 d30952 u1048576",
                "pcpu-alloc: s186136 r0 d30952 u1048576 alloc=1*2097152", "pcpu-alloc: [0] 0 1 ",
            ])
        let twelve = PerCPULayout.embedded(cpus: 12)
        #expect(twelve.log(cpus: 12).last == "pcpu-alloc: [0] 00 01 02 03 04 05 06 07 [0] 08 09 10 11 -- -- -- -- ")
        #expect(PerCPULayout.embedded(cpus: 3).log(cpus: 3).last == "pcpu-alloc: [0] 0 1 2 - ")
        #expect(PerCPULayout.embedded(cpus: 1).unitBytes == 2 << 20)
        #expect(PerCPULayout.embedded(cpus: 3).unitCount == 4)
        #expect(PerCPULayout.embedded(cpus: 8).unitBytes == 256 << 10)
        #expect(PerCPULayout.embedded(cpus: 9).unitCount == 12)
        let pages = PerCPULayout.byPages(cpus: 2)
        #expect(pages.unitBytes == 51 << 12 && pages.unitCount == 2)
    }

    private static let live: [String: Int]? = {
        guard let text = try? String(contentsOfFile: "/sys/kernel/debug/percpu_stats", encoding: .utf8) else {
            return nil
        }
        var figures: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":").map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2, let value = Int(parts[1]), figures[parts[0]] == nil { figures[parts[0]] = value }
        }
        return figures
    }()

    private static var possibleCPUs: Int {
        let text = (try? String(contentsOfFile: "/sys/devices/system/cpu/possible", encoding: .utf8)) ?? "0"
        return (text.trimmingCharacters(in: .newlines).split(separator: "-").last.flatMap { Int($0) } ?? 0) + 1
    }

    @Test(
        "the live kernel's unit and dynamic part follow from its static part",
        .enabled(if: live != nil, "/sys/kernel/debug/percpu_stats takes root, debugfs and CONFIG_PERCPU_STATS"))
    func equalsLiveKernel() throws {
        let live = try #require(Self.live)
        let (fixed, atom) = (try #require(live["static_size"]), try #require(live["atom_size"]))
        let reserved = try #require(live["reserved_size"])
        // PERCPU_MODULE_RESERVE: kernels with modules keep 8K more.
        let modules = FileManager.default.fileExists(atPath: "/proc/modules") ? 8192 : 0
        let layout = PerCPULayout(
            cpus: Self.possibleCPUs, staticBytes: fixed, reserved: reserved,
            dynamic: PerCPULayout.dynamicReserve + modules - reserved, atom: atom)
        #expect(layout.unitBytes == live["unit_size"])
        #expect(layout.dynamicBytes == live["dyn_size"])
        #expect(layout.allocationBytes == live["alloc_size"])
        // Percpu of meminfo: pages of a unit that have frames, times CPUs.
        let info = try String(contentsOfFile: "/proc/meminfo", encoding: .utf8)
        let line = try #require(info.split(separator: "\n").first { $0.hasPrefix("Percpu:") })
        let pages = try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }) / 4
        #expect(pages % Self.possibleCPUs == 0)
        #expect(pages / Self.possibleCPUs >= layout.usedBytes >> 12)
    }

    // MARK: The machine

    @Test("each CPU has its own bytes, zeroed, in the direct map first and then at the top of the area of vmalloc")
    func ownBytes() throws {
        let machine = try Machine.withKernelSpace()
        let pointer = try #require(machine.allocatePerCPU(16, align: 8, .kernel))
        let addresses = (0..<2).map { pointer &+ machine.perCPUOffset($0) }
        #expect(addresses[1] - addresses[0] == 1 << 20)
        #expect(machine.physicalAddress(addresses[0]) < 256 << 20)
        #expect(machine.kernelStore(addresses[0], 7) && machine.kernelStore(addresses[1], 9))
        #expect(machine.kernelLoad(addresses[0]) == 7 && machine.kernelLoad(addresses[1]) == 9)
        #expect(machine.kernelMemoryInfo()?.perCPU == 106)
        // The first chunk has no room for these.
        let large = try #require(machine.allocatePerCPU(32 << 10, align: 4096, .kernel))
        let place = large &+ machine.perCPUOffset(0)
        #expect(place == machine.kernelLayout.vmallocEnd - 4 << 20)
        #expect(machine.kernelStore(place + 32767, 1))
        #expect(machine.kernelLoad(large &+ machine.perCPUOffset(1) + 32767) == 0)
        // Eight pages for the area, and those that are kept for callers that cannot wait.
        #expect(machine.kernel.perCPU.emptyPages >= 2)
        #expect(machine.checkInvariants() == nil)
        try machine.freePerCPU(large)
        try machine.freePerCPU(pointer)
        #expect(throws: Errno.EINVAL) { try machine.freePerCPU(pointer) }
        #expect(throws: Errno.EINVAL) { try machine.freePerCPU(large + 4) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("chunks come with areas, go with them but for one, and give frames back that nobody needs")
    func chunksComeAndGo() throws {
        let machine = try Machine.withKernelSpace()
        _ = machine.allocatePerCPU(8, align: 8, .kernel)
        let pointers = try (0..<100).map { _ in try #require(machine.allocatePerCPU(32 << 10, align: 8, .kernel)) }
        #expect(machine.kernel.perCPU.statistics.chunks == 5)
        #expect(machine.checkInvariants() == nil)
        for pointer in pointers { try machine.freePerCPU(pointer) }
        #expect(machine.kernel.perCPU.statistics.chunks == 2)
        #expect(machine.kernel.perCPU.statistics.mostChunks == 5)
        #expect(machine.checkInvariants() == nil)
        #expect(machine.allocatePerCPU(40 << 10, align: 8, .kernel) == nil)
        #expect(machine.takeKernelLog().contains("illegal size (40960) or align (8) for percpu allocation"))
    }

    @Test("random areas come and go on machines of several sizes, and every invariant holds")
    func randomAreas() throws {
        for (seed, cpus) in zip([1, 2, 3] as [UInt64], [2, 1, 8]) {
            var settings = KernelSettings()
            settings.presentCPUs = cpus
            let machine = try Machine.withKernelSpace(settings)
            var random = SplitMix64(seed: seed)
            var live: [VirtualAddress] = []
            for step in 0..<800 {
                if live.isEmpty || random.chance(step % 400 < 200 ? 70 : 30) {
                    let size = UInt64([4, 8, 24, 200, 4000, 30000][random.below(6)])
                    let flags: GFPFlags = random.chance(10) ? .atomic.union(.noWarn) : .kernel
                    if let pointer = machine.allocatePerCPU(size, align: 8, flags) { live.append(pointer) }
                } else {
                    try machine.freePerCPU(live.remove(at: random.below(live.count)))
                }
                if step % 40 == 0 { #expect(machine.checkInvariants() == nil, "seed \(seed), step \(step)") }
            }
            for pointer in live { try machine.freePerCPU(pointer) }
            #expect(machine.checkInvariants() == nil, "seed \(seed)")
            #expect(machine.kernel.perCPU.statistics.current == 0)
        }
    }

    @Test("where no block of memory is as large, the first units are mapped page by page")
    func pageByPage() throws {
        var settings = KernelSettings()
        settings.presentCPUs = 40
        let machine = try Machine.withKernelSpace(settings)
        let pointer = try #require(machine.allocatePerCPU(8, align: 8, .kernel))
        #expect(!machine.kernel.perCPU.isEmbedded)
        #expect(machine.kernelStore(pointer &+ machine.perCPUOffset(39), 3))
        #expect(machine.kernelLoad(pointer &+ machine.perCPUOffset(38)) == 0)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("every allocation for per-CPU memory may fail, and all stays whole")
    func failures() throws {
        for failing in 1...60 as ClosedRange<UInt64> {
            let machine = try Machine.withKernelSpace()
            machine.physical.setFailures(AllocationFailures(failing...failing))
            let pointers = (0..<3).compactMap { _ in machine.allocatePerCPU(32 << 10, align: 8, .kernel) }
            #expect(machine.checkInvariants() == nil, "allocation \(failing)")
            for pointer in pointers { try machine.freePerCPU(pointer) }
            #expect(machine.checkInvariants() == nil, "allocation \(failing)")
        }
    }
}
