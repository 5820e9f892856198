import CBench
import CShim

extension Section {
    /// Translations through the TLB and the walker, beside the limit programs.
    ///
    /// The cache of page directory entries reaches over 16 GiB; processors have one that reaches over some 100 MiB, as the rows with 16x4
    /// have.
    static let translation = Section(
        name: "translation",
        heading: "Translations (L1 64x4, L2 2048x8, page directory entries \(reachingPDE)x4; a translation)"
    ) { effort throws(BenchError) in
        var figures = try hits(effort)
        for (gibibytes, scalar, batched) in [(1, 2.6, 2.5), (16, 3.3, 1.3)] as [(UInt64, Double, Double)] {
            let material = try BenchTables(pages: gibibytes << 18, count: effort.translations, section: "translation")
            var tables = material.tables
            let count = UInt64(material.addresses.count)
            let addresses = material.addresses.baseAddress!
            let cpu = try BenchCPU(&tables, pdeSets: reachingPDE)
            let usual = try BenchCPU(&tables, pdeSets: usualPDE)
            material.useRandomAddresses()
            func independent() -> Double { fl_limit_walk_independent(&tables, addresses, count) }
            func abreast() -> Double { fl_limit_walk_batch(&tables, addresses, count, 64) }
            func add(_ name: String, _ goal: Double, isBatch: Bool, _ ours: @escaping () -> Double) {
                figures.append(
                    effort.figure(
                        name, goal: .timesLimit(goal),
                        limitName: isBatch ? "limit: walks 64 abreast" : "limit: independent walks", ours: ours,
                        limit: isBatch ? abreast : independent))
            }
            try cpu.verify(material)
            let name = "random over \(gibibytes) GiB"
            add("\(name), scalar", scalar, isBatch: false) { cpu.scalar(addresses, count) }
            add("\(name), batched", batched, isBatch: true) { cpu.batched(addresses, count) }
            guard gibibytes == 1 else {
                add("\(name), scalar with a look-ahead", 1.2, isBatch: false) { cpu.hinted(addresses, count) }
                continue
            }
            add("the same with \(usualPDE)x4, scalar", 2.8, isBatch: false) { usual.scalar(addresses, count) }
            add("the same with \(usualPDE)x4, batched", 2.7, isBatch: true) { usual.batched(addresses, count) }
            material.useSequentialPages()
            add("sequential pages, scalar", 2.6, isBatch: false) { cpu.scalar(addresses, count) }
            add("sequential pages, batched", 2.5, isBatch: true) { cpu.batched(addresses, count) }
        }
        return figures
    }

    /// Sets of 4 page directory entries: 8,192 reach over 16 GiB, 64 over 128 MiB.
    private static var reachingPDE: UInt32 { 2048 }
    private static var usualPDE: UInt32 { 16 }

    private static func hits(_ effort: Effort) throws(BenchError) -> [Figure] {
        // 256 pages fit the first level exactly.
        let material = try BenchTables(pages: 256, count: effort.translations, section: "translation")
        var tables = material.tables
        let cpu = try BenchCPU(&tables, pdeSets: usualPDE)
        material.useRandomAddresses()
        let addresses = material.addresses.baseAddress!
        let count = UInt64(material.addresses.count)
        func tagCompare() -> Double { fl_limit_tag_compare(64, 4, count, false, 1) }
        let limitName = "limit: AVX2 tag compare 64x4"
        return [
            effort.figure(
                "hit in L1, scalar", goal: .timesLimit(1.15), limitName: limitName,
                ours: { cpu.scalar(addresses, count) }, limit: tagCompare),
            effort.figure(
                "hit in L1, batched", goal: .timesLimit(1.15), limitName: limitName,
                ours: { cpu.batched(addresses, count) }, limit: tagCompare),
        ]
    }
}

/// A simulated CPU over a measurement's tables.
private final class BenchCPU {
    private let cpu: UnsafeMutablePointer<fl_cpu>

    init(_ tables: inout fl_bench_tables, pdeSets: UInt32) throws(BenchError) {
        cpu = .allocate(capacity: 1)
        var geometry = fl_tlb_geometry()
        let plru = FL_REPLACE_PLRU.rawValue
        func shape(_ sets: UInt32, _ ways: UInt32) -> fl_tlb_shape {
            fl_tlb_shape(sets: sets, ways: ways, replacement: plru)
        }
        geometry.shapes = (
            shape(64, 4), shape(8, 4), shape(64, 4), shape(8, 4), shape(4, 4), shape(2048, 8), shape(0, 0), shape(4, 4),
            shape(pdeSets, 4), shape(16, 4), shape(4, 4)
        )
        geometry.unified_l2 = true
        var paging = fl_paging()
        paging.physical_bits = 52
        paging.wp = true
        paging.nxe = true
        paging.gigabyte_pages = true
        var failed: UInt32 = 0
        // SAFETY: room for one CPU; the call copies what it is given.
        guard fl_cpu_create(cpu, &tables.ram, &geometry, &paging, &failed) == FL_TLB_OK else {
            cpu.deallocate()
            throw .outOfMemory(section: "translation", bytes: 1 << 20)
        }
        fl_cpu_set_controls(cpu, &paging, true, true)
        fl_cpu_load_cr3(cpu, tables.root_pfn << 12)
    }

    deinit {
        fl_cpu_destroy(cpu)
        cpu.deallocate()
    }

    /// The figures mean nothing if the translations are wrong.
    func verify(_ material: BenchTables) throws(BenchError) {
        var tables = material.tables
        var paging = cpu.pointee.paging
        for address in material.addresses.prefix(4096) {
            var walk = fl_walk()
            fl_walk_tables(&tables.ram, &paging, tables.root_pfn << 12, address, FL_READ, true, &walk)
            let got = fl_cpu_translate(cpu, address, FL_READ)
            guard got.status == FL_WALK_OK.rawValue, got.physical == walk.physical else {
                throw .wrongTranslation(section: "translation", address: address)
            }
        }
    }

    func scalar(_ addresses: UnsafeMutablePointer<UInt64>, _ count: UInt64) -> Double {
        fl_bench_translate(cpu, addresses, count)
    }

    /// With the page-table entry of an access some way ahead fetched beforehand.
    func hinted(_ addresses: UnsafeMutablePointer<UInt64>, _ count: UInt64) -> Double {
        fl_bench_translate_ahead(cpu, addresses, count)
    }

    func batched(_ addresses: UnsafeMutablePointer<UInt64>, _ count: UInt64) -> Double {
        fl_bench_translate_batch(cpu, addresses, count)
    }
}
