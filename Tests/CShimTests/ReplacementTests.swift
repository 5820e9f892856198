import CShim
import Testing

/// Hits, walks and what the paging-structure caches save, compared with a plain model, for many shapes.
struct ReplacementTests {
    private struct Shapes: CustomTestStringConvertible {
        var first: fl_tlb_shape
        var second: fl_tlb_shape
        var structures: [fl_tlb_shape]

        var testDescription: String {
            ([first, second] + structures).map { "\($0.sets)x\($0.ways)\($0.replacement == 0 ? "lru" : "plru")" }
                .joined(separator: " ")
        }
    }

    private static func lru(_ sets: UInt32, _ ways: UInt32) -> fl_tlb_shape {
        fl_tlb_shape(sets: sets, ways: ways, replacement: FL_REPLACE_LRU.rawValue)
    }

    private static func plru(_ sets: UInt32, _ ways: UInt32) -> fl_tlb_shape {
        fl_tlb_shape(sets: sets, ways: ways, replacement: FL_REPLACE_PLRU.rawValue)
    }

    private static let none = fl_tlb_shape()

    private static let all: [Shapes] = [
        // The shapes that have a path of their own: of 16 sets or more in the first level, and of fewer.
        Shapes(first: plru(16, 4), second: plru(32, 8), structures: [plru(4, 4), plru(1, 4), plru(1, 4)]),
        Shapes(first: plru(2, 4), second: plru(8, 8), structures: [plru(1, 4), plru(1, 4), none]),
        Shapes(first: lru(1, 64), second: lru(16, 5), structures: [lru(1, 7), lru(1, 2), lru(1, 1)]),
        Shapes(first: lru(4, 3), second: plru(16, 16), structures: [plru(2, 2), lru(1, 4), none]),
        Shapes(first: plru(1, 64), second: plru(4, 32), structures: [plru(1, 8), plru(1, 1), plru(1, 2)]),
        Shapes(first: plru(8, 1), second: plru(8, 2), structures: [none, plru(2, 4), plru(1, 1)]),
        Shapes(first: plru(4, 8), second: none, structures: [plru(1, 16), none, none]),
        // More ways than a word has bits.
        Shapes(first: lru(1, 72), second: lru(4, 24), structures: [lru(1, 64), lru(1, 4), lru(1, 4)]),
        Shapes(first: lru(1, 96), second: lru(1, 128), structures: [lru(1, 80), lru(1, 4), none]),
        Shapes(first: lru(2, 1), second: lru(1, 9), structures: [none, none, none]),
    ]

    @Test("replacement is true LRU and tree PLRU, and everything is counted", arguments: all, [false, true])
    private func countsAsTheModel(_ shapes: Shapes, _ batched: Bool) {
        let machine = ReplacementBench(shapes.first, shapes.second, shapes.structures)
        var model = TLBModel(
            code: shapes.first, data: shapes.first, second: shapes.second, structures: shapes.structures)
        var random = RandomSource(seed: 7)
        var queue: [fl_batch_access] = []
        for step in 0..<30_000 {
            // A path of its own is left while uses are checked; the counts stay the same.
            if step % 10_000 == 5_000 { fl_cpu_check_uses(&machine.cpu, true) }
            if step % 10_000 == 8_000 { fl_cpu_check_uses(&machine.cpu, false) }
            let address = machine.address(&random)
            let kind = random.below(3)
            model.access(address, Int(kind))
            queue.append(fl_batch_access(address: address, kind: UInt8(kind), user: true))
            if batched && queue.count < 50 && step % 1_000 != 999 { continue }
            machine.run(queue, batched: batched)
            queue.removeAll()
        }
        let counters = fl_cpu_counters(&machine.cpu)
        #expect(triple(counters.l1_hits) == model.firstHits)
        #expect(triple(counters.l2_hits) == model.secondHits)
        #expect(triple(counters.walks) == model.walks)
        #expect(counters.saved_loads == model.saved)
        let loads = counters.walk_loads
        #expect([loads.1, loads.2, loads.3, loads.4] == Array(model.loads[1...]))
        #expect(triple(counters.fills_by_kind.0) == model.walks)
        #expect(counters.fills.0 == model.walks.reduce(0, +) && counters.faults == 0 && counters.stale_uses == 0)
        #expect(model.walks.allSatisfy { $0 > 100 } && model.firstHits.allSatisfy { $0 > 100 }, "both occur")
    }

    private func triple(_ counts: (UInt64, UInt64, UInt64)) -> [UInt64] { [counts.0, counts.1, counts.2] }
}

/// A CPU over tables in which 2 x 4 x 8 page tables map pages of 4 KiB.
private final class ReplacementBench {
    var cpu = fl_cpu()
    private var ram = fl_ram()
    private var recent: UInt64 = 0

    init(_ first: fl_tlb_shape, _ second: fl_tlb_shape, _ structures: [fl_tlb_shape]) {
        precondition(fl_ram_create(&ram, 128 << 12) == FL_OK)
        var next: UInt64 = 2
        func fill(_ table: UInt64, _ level: Int) {
            for index in 0..<[0, 512, 8, 4, 2][level] {
                let child = level == 1 ? 127 : next
                if level > 1 { next += 1 }
                fl_ram_table(&ram, table)[index] = child << 12 | 0x67
                if level > 1 { fill(child, level - 1) }
            }
        }
        fill(1, 4)
        precondition(next <= 127)
        var geometry = fl_tlb_geometry()
        let none = fl_tlb_shape()
        geometry.shapes = (
            first, none, first, none, none, second, none, none, structures[0], structures[1], structures[2]
        )
        var paging = fl_paging()
        paging.physical_bits = 52
        (paging.nxe, paging.wp) = (true, true)
        var failed: UInt32 = 0
        precondition(fl_cpu_create(&cpu, &ram, &geometry, &paging, &failed) == FL_TLB_OK)
        precondition(fl_cpu_set_controls(&cpu, &paging, true, true) && fl_cpu_load_cr3(&cpu, 1 << 12 | 5))
    }

    deinit {
        fl_cpu_destroy(&cpu)
        fl_ram_destroy(&ram)
    }

    /// An address that is mapped: often near the one before, so that every level of the caches is of use.
    func address(_ random: inout RandomSource) -> UInt64 {
        switch random.below(8) {
        case 0: recent = random.below(2) << 39 | random.below(4) << 30 | random.below(8) << 21 | random.below(512) << 12
        case 1...2: recent = recent & ~0x1f_ffff | random.below(512) << 12
        case 3...4: recent = recent & ~0x1_ffff | random.below(32) << 12
        default: recent = recent & ~0x3fff | random.below(4) << 12
        }
        return recent | random.below(4096)
    }

    func run(_ accesses: [fl_batch_access], batched: Bool) {
        var results = [UInt64](repeating: 0, count: accesses.count)
        if batched {
            let words = accesses.map { $0.address | UInt64($0.kind) << UInt64(FL_ACCESS_KIND_SHIFT) }
            var stop = fl_translation()
            precondition(fl_cpu_run(&cpu, words, &results, UInt64(words.count), &stop) == words.count)
        } else {
            for (index, access) in accesses.enumerated() {
                let result = fl_cpu_translate(&cpu, access.address, fl_access_kind(UInt32(access.kind)))
                precondition(result.status == FL_WALK_OK.rawValue)
                results[index] = result.physical
            }
        }
        for (access, result) in zip(accesses, results) {
            precondition(result & 0xf_ffff_ffff_ffff == 127 << 12 | access.address & 4095)
        }
    }
}
