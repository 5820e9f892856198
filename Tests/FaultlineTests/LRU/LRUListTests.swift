import Testing

@testable import Faultline

/// The LRU lists, and the self-checks of them.
struct LRUListTests {
    private let base: UInt64 = 0x1000_0000_0000

    /// A machine with written pages of anonymous memory, all on a list.
    private func machine(pages: Int) throws -> (machine: Machine, frames: [PFN]) {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        try machine.mmap(process, base, UInt64(pages) << 12, prot: 3, flags: 0x32)
        machine.drainBatches()
        for page in 0..<UInt64(pages) { #expect(try machine.store(process, base + page << 12, 1) == nil) }
        machine.drainBatches()
        let mm = machine.processes[process].mm
        return (machine, (0..<UInt64(pages)).map { machine.readPTE(mm, base + $0 << 12).pfn })
    }

    /// A list from its last page on, which reclaim takes first.
    private func pages(_ machine: Machine, _ kind: Int) -> [PFN] {
        var found: [PFN] = []
        var link = machine.lruLists[kind].last
        while link != FrameLink.none {
            found.append(PFN(link))
            link = machine.page(PFN(link)).pointee.prev
        }
        return found
    }

    @Test("pages come onto the inactive list in the order in which they were touched")
    func order() throws {
        let (machine, frames) = try machine(pages: 40)
        #expect(Array(pages(machine, LRUKind.inactiveAnon).suffix(40)) == frames)
        #expect(machine.checkInvariants() == nil)
    }

    @Test(
        "a page that is used twice comes in front of the active list, one that is deactivated in front of the inactive one"
    )
    func activation() throws {
        let (machine, frames) = try machine(pages: 4)
        machine.markAccessed(frames[1])
        machine.markAccessed(frames[1])
        machine.drainBatches()
        #expect(pages(machine, LRUKind.activeAnon) == [frames[1]])
        machine.deactivatePage(frames[1])
        machine.drainBatches()
        #expect(Array(pages(machine, LRUKind.inactiveAnon).suffix(4)) == [frames[0], frames[2], frames[3], frames[1]])
        #expect(machine.checkInvariants() == nil)
    }

    @Test("pages given to MADV_FREE are on the file list, locked ones on none")
    func kinds() throws {
        let (machine, frames) = try machine(pages: 4)
        try machine.madvise(0, base, 0x1000, advice: 8)
        try machine.mlock(0, base + 0x1000, 0x1000)
        machine.drainBatches()
        #expect(pages(machine, LRUKind.inactiveFile) == [frames[0]])
        #expect(machine.lruLists.count(0, LRUKind.unevictable) == 1)
        #expect(Array(pages(machine, LRUKind.inactiveAnon).suffix(2)) == [frames[2], frames[3]])
        try machine.munlock(0, base + 0x1000, 0x1000)
        machine.drainBatches()
        #expect(pages(machine, LRUKind.inactiveAnon).last == frames[1])
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a page that goes leaves its list")
    func goes() throws {
        let (machine, frames) = try machine(pages: 8)
        try machine.munmap(0, base + 0x2000, 0x4000)
        #expect(Array(pages(machine, LRUKind.inactiveAnon).suffix(4)) == Array(frames[0..<2] + frames[6..<8]))
        #expect(machine.checkInvariants() == nil)
    }

    @Test(
        "a list that is not whole is reported",
        arguments: [
            { machine, pfn in machine.page(pfn).pointee.next = FrameLink.none },
            { machine, pfn in machine.page(pfn).pointee.set(.active) },
            { machine, pfn in machine.page(pfn).pointee.clear(.lru) },
            { machine, pfn in machine.lruLists[LRUKind.inactiveAnon].count += 1 },
            { machine, pfn in machine.removeFromList(machine.page(pfn)) },
            { machine, pfn in machine.memoryGroup.usage += 1 },
        ] as [@Sendable (Machine, PFN) -> Void])
    func broken(breakIt: @Sendable (Machine, PFN) -> Void) throws {
        let (machine, frames) = try machine(pages: 8)
        breakIt(machine, frames[3])
        #expect(machine.checkInvariants() != nil)
    }
}
