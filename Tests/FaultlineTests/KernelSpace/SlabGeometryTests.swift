import Foundation
import Testing

@testable import Faultline

/// The layout of slab caches beside that of the live kernel.
struct SlabGeometryTests {
    /// What `/sys/kernel/slab` says of a cache.
    private struct LiveCache {
        let name: String
        let folder: String

        func text(_ file: String) -> String? {
            try? String(contentsOfFile: folder + "/" + file, encoding: .utf8).trimmingCharacters(in: .newlines)
        }

        func number(_ file: String) -> UInt32? { text(file).flatMap(UInt32.init) }

        var flags: SlabFlags {
            let files: [(String, SlabFlags)] = [
                ("hwcache_align", .hardwareCacheAligned), ("cache_dma", .dma), ("reclaim_account", .reclaimAccount),
                ("destroy_by_rcu", .typesafeByRCU), ("red_zone", .redZone), ("poison", .poison),
                ("store_user", .storeUser), ("sanity_checks", .consistencyChecks),
            ]
            var flags: SlabFlags = []
            for (file, flag) in files where number(file) == 1 { flags.insert(flag) }
            return flags
        }
    }

    private static let root = "/sys/kernel/slab"

    private static let live: [LiveCache] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.sorted().map { LiveCache(name: $0, folder: root + "/" + $0) }.filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: $0.folder)) == nil && $0.number("order") != nil
                // Without CONFIG_SLUB_CPU_PARTIAL no CPU keeps partial slabs.
                && $0.number("cpu_partial") != nil
        }
    }()

    private static var processors: Int {
        let text = (try? String(contentsOfFile: "/sys/devices/system/cpu/present", encoding: .utf8)) ?? "0"
        return text.trimmingCharacters(in: .newlines).split(separator: ",").reduce(0) { sum, range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            return sum + (ends.last ?? 0) - (ends.first ?? 0) + 1
        }
    }

    @Test(
        "order, objects, sizes and partial slabs of every cache of the live kernel follow from its size, alignment and flags",
        .enabled(if: !live.isEmpty, "/sys/kernel/slab cannot be read here: it takes root and a kernel with SLUB"))
    func equalsLiveKernel() throws {
        for cache in Self.live {
            let size = try #require(cache.number("object_size"))
            let align = try #require(cache.number("align"))
            let slabSize = try #require(cache.number("slab_size"))
            // Where the free pointer stands inside of an object that RCU readers may see is not in /sys; the size tells.
            let isInside = slabSize == SlabGeometry.up(size, align)
            let found = SlabGeometry(
                objectSize: size, align: align, flags: cache.flags, hasConstructor: cache.text("ctor") != "",
                freePointerOffset: isInside ? 0 : nil, processors: Self.processors)
            let geometry = try #require(found, "\(cache.name)")
            #expect(geometry.size == slabSize, "\(cache.name): slab_size")
            #expect(geometry.order == cache.number("order").map(Int.init), "\(cache.name): order")
            #expect(geometry.objectsPerSlab == cache.number("objs_per_slab"), "\(cache.name): objs_per_slab")
            #expect(geometry.cpuPartial == cache.number("cpu_partial"), "\(cache.name): cpu_partial")
            #expect(geometry.minimumPartial == cache.number("min_partial"), "\(cache.name): min_partial")
        }
    }

    @Test(
        "the caches that the simulated kernel makes have the layout of the live kernel's of the same name",
        .enabled(if: !live.isEmpty, "/sys/kernel/slab cannot be read here: it takes root and a kernel with SLUB"))
    func ownCachesEqualLiveOnes() throws {
        var settings = KernelSettings()
        settings.presentCPUs = Self.processors
        // The processor's own part of a process's record is the one that usercopy may touch.
        let record = LiveCache(name: "task_struct", folder: Self.root + "/task_struct")
        if let state = record.number("usersize") { settings.cpu.extendedStateBytes = Int(state) }
        let machine = try Machine.withKernelSpace(settings)
        for view in machine.slabCacheViews() {
            let cache = LiveCache(name: view.name, folder: Self.root + "/" + view.name)
            // Another version or configuration has other records.
            guard cache.number("object_size").map(Int.init) == view.objectSize else { continue }
            #expect(view.geometry.size == cache.number("slab_size"), "\(view.name)")
            #expect(view.geometry.order == cache.number("order").map(Int.init), "\(view.name)")
            #expect(view.geometry.objectsPerSlab == cache.number("objs_per_slab"), "\(view.name)")
            #expect(view.sheafCapacity == cache.number("sheaf_capacity").map(Int.init) ?? 0, "\(view.name)")
        }
    }

    @Test("debugging adds red zones, the pointer behind the object, owners and padding")
    func debugLayout() throws {
        let flags: SlabFlags = [.redZone, .poison, .storeUser, .consistencyChecks, .kmalloc]
        let geometry = try #require(SlabGeometry(objectSize: 64, align: 64, flags: flags, processors: 2))
        // 64 + a word of red zone, the pointer, two owners, the size, a word of padding, 64 before: 256 with the alignment.
        #expect(geometry.size == 256)
        #expect(geometry.offset == 72)
        #expect(geometry.leftRedZone == 64)
        #expect(geometry.cpuPartial == 0)
    }

    @Test("no cache has objects larger than the largest block")
    func tooLarge() {
        #expect(SlabGeometry(objectSize: (4 << 20) + 1, align: 8, flags: [], processors: 2) == nil)
        #expect(SlabGeometry(objectSize: 0, align: 8, flags: [], processors: 2) == nil)
    }
}
