import Testing

@testable import Faultline

/// Tables of random entries, walked and changed, against a dictionary of pages.
struct TableCursorTests {
    private static let start: VirtualAddress = 0x1000_0000_0000
    /// Seven gibibytes: the walks cross entries of every level but the top one; the second area crosses that too.
    private static let areas: [(start: VirtualAddress, pages: UInt64)] = [
        (start, 7 << 18), (start + (1 << 39) - (2 << 30), 4 << 18),
    ]

    /// What each page has: its last-level entry, as it is or as a huge entry stands for it.
    private struct Model {
        var entries: [UInt64: UInt64] = [:]

        func slice(_ first: VirtualAddress, _ end: VirtualAddress) -> [UInt64: UInt64] {
            entries.filter { $0.key >= first >> 12 && $0.key < end >> 12 }
        }
    }

    private struct Bench {
        let machine: Machine
        let mm: Handle<MMStruct>
        var model = Model()
        var random: SeededGenerator

        init(seed: UInt64) throws {
            machine = try Machine(ramBytes: 1 << 30)
            mm = try #require(machine.makeMM(layout: MMStruct.Layout(mmapBase: 0), owner: 0))
            random = SeededGenerator(seed: seed)
        }

        mutating func pick(_ count: UInt64) -> UInt64 { random.next() % count }

        /// An address of an area on a boundary of `1 << shift`, with as much room behind it.
        mutating func place(_ shift: UInt64) -> VirtualAddress {
            let area = TableCursorTests.areas[Int(pick(2))]
            let spans = (area.pages << 12) >> shift
            return area.start + pick(max(spans, 1)) << shift
        }

        /// An entry of the last level of any kind but a table.
        mutating func smallEntry() -> UInt64 {
            let pfn = pick(1 << 18)
            return switch pick(8) {
            case 0: SwapEntry(type: UInt8(pick(28)), offset: pick(1 << 30)).rawValue
            case 1: EntryMarker.guardRegion.entry
            case 2: MigrationEntry(pfn: pfn, access: .write).entry
            case 3: PTE(pfn: pfn, protection: PTE.presentBit | PTE.specialBit).rawValue
            case 4: PTE(pfn: pfn, protection: PTE.protNoneBit | PTE.accessedBit).rawValue
            default: PTE(pfn: pfn, protection: PTE.presentBit | PTE.userBit | PTE.writeBit).rawValue
            }
        }

        mutating func addSmall() throws {
            let first = place(12)
            for page in 0..<pick(40) {
                let address = first + page << 12
                guard
                    TableCursorTests.areas.contains(where: {
                        $0.start <= address && address < $0.start + $0.pages << 12
                    })
                else { return }
                let entry = smallEntry()
                // A huge page in the way is split by it.
                try #require(machine.allocateEntry(mm, address)).pointee = entry
                model.entries[address >> 12] = entry
            }
        }

        mutating func addHuge() {
            let level = pick(30) == 0 ? PageTableLevel.pud : PageTableLevel.pmd
            let address = place(level)
            let end = address + 1 << level
            guard model.slice(address, end).isEmpty, isHole(address, level) else { return }
            // Inside RAM: a split looks at the record of the first frame.
            let pfn = level == PageTableLevel.pud ? 0 : pick(512) << 9
            let rights = PTE.presentBit | PTE.userBit | PTE.dirtyBit
            guard machine.mapHuge(mm, address, level, pfn, rights) else { return }
            for page in 0..<(1 << (level - 12)) as Range<UInt64> {
                model.entries[address >> 12 + page] = PTE(pfn: pfn + page, protection: rights).rawValue
            }
        }

        /// Whether not even an empty table stands in the way.
        private func isHole(_ address: VirtualAddress, _ level: UInt64) -> Bool {
            var cursor = TableCursor(machine.frames, root: mm.pointee.pgd, address, address + 1 << level)
            guard case .hole(let found) = cursor.step() else { return false }
            return found >= level
        }

        /// All that a walk finds in a range.
        func walk(_ first: VirtualAddress, _ end: VirtualAddress) -> [UInt64: UInt64] {
            var found: [UInt64: UInt64] = [:]
            var cursor = TableCursor(machine.frames, root: mm.pointee.pgd, first, end)
            var expected = first
            while let step = cursor.step() {
                #expect(cursor.address == expected && cursor.next > cursor.address && cursor.next <= end)
                expected = cursor.next
                switch step {
                case .hole: continue
                case .entries(let entries):
                    for index in 0..<cursor.count where entries[index] != 0 {
                        found[cursor.address >> 12 + UInt64(index)] = entries[index]
                    }
                case .huge(let entry, let level):
                    for address in stride(from: cursor.address, to: cursor.next, by: 4096) {
                        found[address >> 12] = PTE.small(entry.pointee, level, address).rawValue
                    }
                }
            }
            #expect(expected == end || first == end)
            return found
        }

        mutating func range() -> (VirtualAddress, VirtualAddress) {
            let area = TableCursorTests.areas[Int(pick(2))]
            let first = pick(area.pages)
            let length = min(area.pages - first, pick(4) == 0 ? pick(1 << 19) : pick(2000)) + 1
            return (area.start + first << 12, min(area.start + (first + length) << 12, area.start + area.pages << 12))
        }
    }

    @Test(
        "a walk finds what was put there, huge pages and swap entries among it",
        arguments: 1...12 as ClosedRange<UInt64>)
    func walks(seed: UInt64) throws {
        var bench = try Bench(seed: seed)
        for step in 0..<60 {
            if bench.pick(3) == 0 { bench.addHuge() } else { try bench.addSmall() }
            let (first, end) = bench.range()
            if bench.walk(first, end) != bench.model.slice(first, end) {
                Issue.record("a walk differs at step \(step); replay: seed \(seed)")
                return
            }
            let address = bench.place(12)
            #expect(
                bench.machine.readPTE(bench.mm, address).rawValue == bench.model.entries[address >> 12] ?? 0,
                "readPTE at step \(step); replay: seed \(seed)")
        }
    }

    @Test("a split changes nothing that a walk finds", arguments: 21...28 as ClosedRange<UInt64>)
    func splits(seed: UInt64) throws {
        var bench = try Bench(seed: seed)
        for _ in 0..<12 { bench.addHuge() }
        for step in 0..<30 {
            let address = bench.place(12)
            let entry = bench.machine.findPTE(bench.mm, address)
            #expect(
                entry?.pointee ?? 0 == bench.model.entries[address >> 12] ?? 0, "step \(step); replay: seed \(seed)")
        }
        for area in Self.areas {
            let end = area.start + area.pages << 12
            #expect(bench.walk(area.start, end) == bench.model.slice(area.start, end), "replay: seed \(seed)")
        }
    }

    @Test("what moves is found at its new place, and nothing at the old one", arguments: 41...60 as ClosedRange<UInt64>)
    func moves(seed: UInt64) throws {
        var bench = try Bench(seed: seed)
        for _ in 0..<20 { if bench.pick(2) == 0 { bench.addHuge() } else { try bench.addSmall() } }
        for step in 0..<12 {
            var (first, end) = bench.range()
            var target: VirtualAddress = 0x2000_0000_0000 + UInt64(step) << 40
            switch bench.pick(3) {
            case 0:
                // Whole huge pages at least.
                first &= ~(PageSize.large - 1)
                end = (end + PageSize.large - 1) & ~(PageSize.large - 1)
            case 1: target += first & (PageSize.huge - 1)
            default: target += bench.pick(1 << 19) << 12
            }
            let moved = bench.model.slice(first, end)
            #expect(bench.machine.moveTables(bench.mm, first, end, to: target) == end)
            for page in moved.keys { bench.model.entries[page] = nil }
            let found = bench.walk(target, target + (end - first))
            let wanted = Dictionary(uniqueKeysWithValues: moved.map { ($0 - first >> 12 + target >> 12, $1) })
            if found != wanted || !bench.walk(first, end).isEmpty {
                Issue.record("a move differs at step \(step); replay: seed \(seed)")
                return
            }
        }
    }
}
