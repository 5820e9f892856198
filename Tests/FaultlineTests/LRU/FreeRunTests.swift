import Testing

@testable import Faultline

/// Pages that are freed in runs, which nobody sees: a machine whose events are collected frees page by page.
struct FreeRunTests {
    private let base: UInt64 = 0x1000_0000_0000
    private let pages: UInt64 = 2048

    /// What frees leave behind: all lists in their order, and what the allocator goes by.
    private func state(_ machine: Machine) -> [UInt64] {
        var words: [UInt64] = []
        for place in 0..<LRULists.vectorCount * LRUKind.count {
            let list = machine.lruLists[place]
            words += [UInt64(list.first), UInt64(list.last), list.count]
            guard place % LRUKind.count != LRUKind.unevictable else { continue }
            var link = list.first
            while link != FrameLink.none {
                words.append(UInt64(link))
                link = machine.page(PFN(link)).pointee.next
            }
        }
        for zone in machine.physical.zones {
            let lists = zone.perCPU
            words += [
                zone.free, zone.freedPages, UInt64(lists.count), UInt64(lists.freeCount), UInt64(lists.allocFactor),
            ]
            words += [UInt64(lists.limit), lists.wasHighOrder ? 1 : 0]
            for list in 0..<PerCPUPages.listCount { lists.rings[list].forEach { words.append($0) } }
        }
        return words
    }

    /// Random calls of a few processes: maps, stores, forks, advice, locks, unmaps, exits.
    private func work(_ machine: Machine, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var processes = [try machine.start()]
        try machine.mmap(processes[0], base, pages << 12, prot: 3, flags: 0x32)
        for _ in 0..<120 {
            let process = processes[Int(random.next() % UInt64(processes.count))]
            let first = random.next() % pages
            let count = min(1 + random.next() % 600, pages - first)
            let start = base + first << 12
            switch random.next() % 12 {
            case 0...4: for page in 0..<count { _ = try machine.store(process, start + page << 12, 1) }
            case 5: for page in 0..<count { _ = try machine.store(process, start + (count - 1 - page) << 12, 1) }
            case 6: try? machine.munmap(process, start, count << 12)
            case 7: try? machine.mmap(process, start, count << 12, prot: 3, flags: 0x32)
            case 8: try? machine.madvise(process, start, count << 12, advice: random.next() % 2 == 0 ? 4 : 8)
            case 9: if processes.count < 4 { processes.append(try machine.fork(process)) }
            case 10: try? machine.mlock(process, start, min(count, 8) << 12)
            default:
                guard processes.count > 1 else { continue }
                try machine.exit(process)
                processes.removeAll { $0 == process }
            }
        }
    }

    @Test("pages freed in runs leave the lists as pages freed one by one do", arguments: 1...6 as ClosedRange<UInt64>)
    func sameAsOneByOne(seed: UInt64) throws {
        let inRuns = try Machine(ramBytes: 1 << 30)
        let oneByOne = try Machine(ramBytes: 1 << 30)
        oneByOne.isTracing = true
        try work(inRuns, seed: seed)
        try work(oneByOne, seed: seed)
        #expect(state(inRuns) == state(oneByOne), "seed \(seed)")
        #expect(inRuns.checkInvariants() == nil, "seed \(seed)")
    }
}
