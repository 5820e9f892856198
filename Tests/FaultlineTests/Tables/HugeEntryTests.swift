import Testing

@testable import Faultline

/// A huge entry behaves as the pages that it stands for: two machines, one with 2 MiB mapped by one entry, the other by 512, do
/// the same.
struct HugeEntryTests {
    private static let base: UInt64 = 0x1000_0000_0000
    private static let large = PageSize.large

    /// A process with 6 MiB of anonymous memory, the middle 2 MiB of which are there.
    private struct Twin {
        let machine: Machine
        let process: Int
        var processes: [Int]

        init(huge: Bool) throws {
            machine = try Machine(ramBytes: 1 << 30)
            process = try machine.start()
            processes = [process]
            try machine.mmap(process, base, 3 * large, prot: 3, flags: 0x32)
            // The anon_vma, and the upper tables.
            #expect(try machine.store(process, base, 1) == nil)
            try install(huge: huge)
            #expect(machine.checkInvariants() == nil)
        }

        private func install(huge: Bool) throws {
            let mm = machine.processes[process].mm
            let address = base + large
            let vma = try #require(machine.findVMA(mm, address))
            let taken = machine.physical.allocate(AllocationRequest(.highUserMovable, order: 9))
            let block = try #require(taken)
            var protection: UInt64 = 0
            for page in 0..<512 as Range<UInt64> {
                let record = machine.page(block + page)
                record.pointee.flags = []
                record.pointee.refcount = 1
                record.pointee.lines = 0
                CompactContents.reset(record)
                let place = address + page << 12
                var scratch: UInt64 = 0
                let entry = huge ? nil : try #require(machine.allocatePTE(mm, place))
                withUnsafeMutablePointer(to: &scratch) {
                    machine.mapNewAnonymousPage(block + page, vma, place, entry ?? $0, machine.pageProtection(vma))
                }
                protection = scratch & ~PTE.addressMask
            }
            if huge { #expect(machine.mapHuge(mm, address, PageTableLevel.pmd, block, protection)) }
            machine.drainBatches()
        }

        /// What everyone has, with frames numbered as they come.
        func state() throws -> [String] {
            var lines: [String] = []
            var frames: [PFN: Int] = [:]
            for process in processes where machine.isAlive(process) {
                let snapshot = try machine.snapshot(process)
                lines.append("process \(process) pgtables=\(snapshot.pageTablesKiB) rss=\(snapshot.rssKiB)")
                for vma in snapshot.vmas where vma.start >= base && vma.end <= base << 1 {
                    lines.append("\(vma.start) \(vma.end) \(vma.flags) \(vma.figures)")
                    for var page in vma.pages {
                        if case .frame(let pfn) = page.content {
                            let number = frames[pfn] ?? frames.count
                            frames[pfn] = number
                            page.content = .frame(PFN(number))
                        }
                        lines.append("\(page)")
                    }
                }
            }
            return lines
        }
    }

    private typealias Step = (Twin, inout SeededGenerator) throws -> String

    /// An address in the area, on a page boundary.
    private static func place(_ random: inout SeededGenerator) -> UInt64 { base + random.next() % (3 * 512) << 12 }

    /// Makes one call on both machines; the outcome as text.
    private static func call(_ twin: inout Twin, _ random: inout SeededGenerator) throws -> String {
        let machine = twin.machine
        let process = twin.processes[Int(random.next() % UInt64(twin.processes.count))]
        guard machine.isAlive(process) else { return "gone" }
        let address = random.next() % 4 == 0 ? base + large : place(&random)
        let length = random.next() % 4 == 0 ? large : (random.next() % 700 + 1) << 12
        let choice = random.next() % 12
        do {
            switch choice {
            case 0:
                if twin.processes.count < 5 { twin.processes.append(try machine.fork(process)) }
                return "fork"
            case 1: try machine.munmap(process, address, length)
            case 2: try machine.mprotect(process, address, length, prot: random.next() % 2 == 0 ? 1 : 3)
            case 3:
                let advice: [Int32] = [4, 8, 20, 21, 102, 103]
                try machine.madvise(process, address, length, advice: advice[Int(random.next() % 6)])
            case 4:
                let target = base * 2 - (random.next() % 2 == 0 ? large * 8 : 0x30_5000)
                _ = try machine.mremap(process, address, length, length, flags: 3, new: target)
            case 5: try machine.mlock(process, address, length)
            case 6: return "\(try machine.mincore(process, address, min(length, 64 << 12)))"
            case 7 where process != twin.process: try machine.exit(process)
            case 8, 9: return "\(String(describing: try machine.load(process, address)))"
            default: return "\(String(describing: try machine.store(process, address, UInt8(choice))))"
            }
        } catch { return "\(error)" }
        return "done"
    }

    @Test(
        "what calls make of a huge entry is what they make of its 512 pages", arguments: 1...40 as ClosedRange<UInt64>)
    func twins(seed: UInt64) throws {
        var huge = try Twin(huge: true)
        var small = try Twin(huge: false)
        #expect(try huge.state() == small.state())
        var random = SeededGenerator(seed: seed)
        for step in 0..<25 {
            var same = random
            let results = try (Self.call(&huge, &random), Self.call(&small, &same))
            let problem = huge.machine.checkInvariants() ?? small.machine.checkInvariants()
            if let problem {
                Issue.record("\(problem) after step \(step); replay: seed \(seed)")
                return
            }
            let states = try (huge.state(), small.state())
            if results.0 != results.1 || states.0 != states.1 {
                let lines = zip(states.0, states.1).first { $0 != $1 }.map { "\n\($0)\n\($1)" } ?? ""
                Issue.record("step \(step): \(results.0) and \(results.1)\(lines); replay: seed \(seed)")
                return
            }
        }
    }
}
