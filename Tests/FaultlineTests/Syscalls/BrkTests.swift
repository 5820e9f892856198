import Faultline
import Testing

/// brk(2) (`mm/mmap.c`). Every value was read from a live 6.18 kernel.
struct BrkTests {
    private let page = CallBench.page

    @Test("the end of the heap is a byte; what lies below the start is refused")
    func bytes() throws {
        let bench = try CallBench()
        let start = try bench.machine.brk(bench.process, 0)
        func brk(_ offset: Int64) throws -> Int64 {
            let end = try bench.machine.brk(bench.process, UInt64(bitPattern: Int64(start) + offset))
            return Int64(end) - Int64(start)
        }
        #expect(try brk(1) == 1)
        #expect(try brk(100) == 100)
        #expect(try brk(8192) == 8192)
        #expect(try brk(-1) == 8192)
        #expect(try brk(4101) == 4101)
        #expect(try bench.machine.load(bench.process, start + 8191) == .success(0))
        #expect(try brk(0) == 0)
        #expect(try bench.machine.load(bench.process, start) != .success(0))
        #expect(try brk(0x7fff_ffff_ffff) == 0)
        #expect(bench.machine.checkInvariants() == nil)
    }

    @Test("a page stays free below the next mapping; a heap that is unmapped cannot shrink")
    func neighbours() throws {
        let bench = try CallBench()
        let start = try bench.machine.brk(bench.process, 0)
        func brk(_ pages: UInt64, _ bytes: UInt64 = 0) throws -> UInt64 {
            try (bench.machine.brk(bench.process, start + pages * page + bytes) - start) / page
        }
        try bench.machine.mmap(bench.process, start + 4 * page, page, prot: 3, flags: 0x32)
        #expect(try brk(3) == 3)
        #expect(try brk(3, 1) == 3)
        #expect(try brk(4) == 3)
        #expect(try brk(8) == 3)
        try bench.machine.munmap(bench.process, start, 3 * page)
        for pages in [1, 3, 2, 0] as [UInt64] { #expect(try brk(pages) == 3) }
        try bench.machine.munmap(bench.process, start + 4 * page, page)
        // It grows over the hole.
        #expect(try brk(6) == 6)
        #expect(try bench.machine.load(bench.process, start) != .success(0))
        #expect(try bench.machine.load(bench.process, start + 3 * page) == .success(0))
        try bench.limit(2, 16 * page)
        #expect(try brk(20) == 6)
        #expect(bench.machine.checkInvariants() == nil)
    }

    @Test("after mlockall(MCL_FUTURE) the heap grows locked and filled")
    func locked() throws {
        let bench = try CallBench()
        let start = try bench.machine.brk(bench.process, 0)
        try bench.machine.mlockall(bench.process, flags: 2)
        #expect(try bench.machine.brk(bench.process, start + 2 * page) == start + 2 * page)
        #expect(try bench.lockedPages() == 2)
        #expect(try bench.machine.mincore(bench.process, start, 2 * page) == [true, true])
    }
}
