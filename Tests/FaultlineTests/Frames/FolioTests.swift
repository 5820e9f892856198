import Testing

@testable import Faultline

/// Large folios: their counts as the kernel defines them.
struct FolioTests {
    /// A folio of 2 MiB in memory of its own.
    private func withFolio(_ body: (Folio, FrameTable) throws -> Void) throws {
        var memory = try PhysicalMemory(bytes: 64 << 20)
        let before = memory.freePages
        let taken = memory.allocate(AllocationRequest(.highUserMovable, order: 9))
        let pfn = try #require(taken)
        let folio = Folio.make(pfn, order: 9, in: memory.frames)
        try body(folio, memory.frames)
        // The body may have split it.
        guard folio.isLarge else { return }
        for part in stride(from: pfn, to: pfn + 512, by: Int(folio.pageCount)) {
            if memory.frames.folio(of: part).put() { memory.free(part) }
        }
        let problem = memory.checkInvariants()
        let free = memory.freePages
        #expect(problem == nil && free == before)
    }

    @Test("each frame leads to the head, and knows its place")
    func heads() throws {
        try withFolio { folio, frames in
            #expect(folio.order == 9 && folio.pageCount == 512 && folio.isLarge)
            folio.head.pointee.index = 1000
            for frame in folio.frames {
                #expect(frames.folio(of: frame).pfn == folio.pfn && frames.folio(of: frame).head == folio.head)
                #expect(folio.index(of: frame) == 1000 + frame - folio.pfn)
            }
        }
    }

    @Test("a folio mapped as a whole by one process and by page in another has the kernel's counts")
    func wholeAndPages() throws {
        try withFolio { folio, _ in
            folio.mapEntire(mm: 1)
            #expect(folio.mapCount == 1 && folio.entireMapCount == 1 && folio.mappedPages == 0x80_0000)
            #expect(!folio.isMaybeShared && folio.mapCount(of: folio.pfn + 7) == 1)
            folio.map(folio.pfn, count: 512, mm: 2)
            #expect(folio.mapCount == 513 && folio.entireMapCount == 1 && folio.mappedPages == 0x80_0000 + 512)
            #expect(folio.isMaybeShared && folio.mapCount(of: folio.pfn + 7) == 2)
            // As kpagecount shows it of such a folio when the second process unmaps one page.
            folio.unmap(folio.pfn + 1, mm: 2)
            #expect((0..<3).map { folio.mapCount(of: folio.pfn + $0) } == [2, 1, 2])
            #expect(folio.mapCount == 512 && folio.mappedPages == 0x80_0000 + 511 && folio.isMaybeShared)
            folio.splitMapping(mm: 1)
            #expect(folio.entireMapCount == 0 && folio.mapCount == 1023 && folio.mappedPages == 512)
            folio.unmap(folio.pfn, mm: 2)
            folio.unmap(folio.pfn + 2, count: 510, mm: 2)
            #expect(folio.mapCount == 512 && !folio.isMaybeShared)
            folio.unmap(folio.pfn, count: 512, mm: 1)
            #expect(folio.mapCount == 0 && folio.mappedPages == 0 && !folio.isMaybeShared)
        }
    }

    @Test("a third process has no slot: the folio counts as shared until one slot has all mappings")
    func threeProcesses() throws {
        try withFolio { folio, _ in
            for mm in 1...3 as ClosedRange<UInt32> { folio.map(folio.pfn, count: 4, mm: mm) }
            folio.unmap(folio.pfn, count: 4, mm: 1)
            folio.unmap(folio.pfn, count: 4, mm: 2)
            // The third maps it alone, but nobody knows.
            #expect(folio.mapCount == 4 && folio.isMaybeShared)
            folio.map(folio.pfn + 4, count: 4, mm: 3)
            folio.unmap(folio.pfn, count: 4, mm: 3)
            #expect(folio.mapCount == 4)
            folio.unmap(folio.pfn + 4, count: 4, mm: 3)
            #expect(folio.mapCount == 0 && !folio.isMaybeShared)
        }
    }

    @Test("a folio of one frame counts in its record")
    func single() throws {
        var memory = try PhysicalMemory(bytes: 32 << 20)
        let taken = memory.allocate(.anonymous)
        let pfn = try #require(taken)
        let folio = memory.frames.folio(of: pfn)
        folio.map(pfn, mm: 1)
        folio.map(pfn, mm: 2)
        #expect(folio.mapCount == 2 && folio.mapCount(of: pfn) == 2 && folio.isMaybeShared && folio.order == 0)
        folio.unmap(pfn, mm: 1)
        #expect(folio.mappedPages == 1 && !folio.isMaybeShared && folio.frames == pfn..<pfn + 1)
        folio.unmap(pfn, mm: 2)
        folio.get()
        #expect(!folio.put())
        #expect(folio.put())
    }

    @Test("counts agree with a plain model", arguments: [1, 2, 3, 4] as [UInt64])
    func fuzz(seed: UInt64) throws {
        try withFolio { folio, _ in
            var random = SeededGenerator(seed: seed)
            var small: [UInt32: [Int]] = [1: [], 2: [], 3: []]
            var entire: [UInt32: Int] = [:]
            for step in 0..<3000 {
                let mm = UInt32(random.next() % 3 + 1)
                switch random.next() % 6 {
                case 0, 1:
                    let frame = Int(random.next() % 16)
                    folio.map(folio.pfn + UInt64(frame), mm: mm)
                    small[mm, default: []].append(frame)
                case 2:
                    folio.mapEntire(mm: mm)
                    entire[mm, default: 0] += 1
                case 3 where entire[mm, default: 0] > 0:
                    folio.unmapEntire(mm: mm)
                    entire[mm, default: 0] -= 1
                default:
                    guard let frame = small[mm]?.popLast() else { continue }
                    folio.unmap(folio.pfn + UInt64(frame), mm: mm)
                }
                let all = small.values.flatMap { $0 }
                let whole = entire.values.reduce(0, +)
                let owners = (1...3).count { !(small[$0] ?? []).isEmpty || entire[$0, default: 0] > 0 }
                let probe = Int(random.next() % 16)
                let pages = UInt32(Set(all).count) + (whole > 0 ? Folio.entirelyMapped : 0)
                if Int(folio.mapCount) != all.count + whole || folio.mappedPages != pages
                    || Int(folio.mapCount(of: folio.pfn + UInt64(probe))) != whole + all.count(where: { $0 == probe })
                    || owners > 1 && !folio.isMaybeShared
                {
                    Issue.record("the counts differ at step \(step); replay: seed \(seed)")
                    return
                }
            }
            for (mm, frames) in small { for frame in frames { folio.unmap(folio.pfn + UInt64(frame), mm: mm) } }
            for (mm, count) in entire { for _ in 0..<count { folio.unmapEntire(mm: mm) } }
            #expect(folio.mapCount == 0 && folio.mappedPages == 0)
        }
    }

    @Test("a split gives each part what the whole had", arguments: [0, 1, 4] as [UInt64])
    func split(order: UInt64) throws {
        try withFolio { folio, frames in
            folio.head.pointee.set([.uptodate, .swapBacked, .lru])
            folio.head.pointee.mapping = 0x1001
            folio.head.pointee.index = 512
            folio.head[5].set(.anonExclusive)
            folio.split(to: order)
            var next = folio.pfn
            while next < folio.pfn + 512 {
                let part = frames.folio(of: next)
                #expect(part.pfn == next && part.order == order && part.head.pointee.refcount == 1)
                #expect(part.head.pointee.index == 512 + next - folio.pfn && part.head.pointee.mapping == 0x1001)
                #expect(part.head.pointee.hasAny([.uptodate]) && part.mapCount == 0)
                next += part.pageCount
            }
            #expect(frames.page(folio.pfn + 5).pointee.has(.anonExclusive) && !folio.head.pointee.has(.anonExclusive))
        }
    }

    @Test("a folio that is mapped cannot be freed or split")
    func mapped() async {
        await #expect(processExitsWith: .failure) {
            var memory = try PhysicalMemory(bytes: 32 << 20)
            let folio = Folio.make(
                memory.allocate(AllocationRequest(.highUserMovable, order: 2))!, order: 2, in: memory.frames)
            folio.map(folio.pfn + 3, mm: 1)
            memory.free(folio.pfn)
        }
    }
}
