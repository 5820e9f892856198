import Testing

@testable import Faultline

/// Who owns anonymous pages: anon_vmas, their chains, and when one is used again (`mm/rmap.c`).
struct AnonVMATests {
    private let base: UInt64 = 0x1000_0000_0000
    private let page: UInt64 = 4096

    private func machineWithPage() throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        try machine.mmap(process, base, 4 * page, prot: 3, flags: 0x32)
        #expect(try machine.store(process, base, 1) == nil)
        return (machine, process)
    }

    private func vma(_ machine: Machine, _ process: Int, _ address: UInt64) throws -> Handle<VMArea> {
        try #require(machine.lookupVMA(machine.processes[process].mm, address))
    }

    private func anonVMA(_ machine: Machine, _ process: Int) throws -> Handle<AnonVMA> {
        try #require(try vma(machine, process, base).pointee.anonVMA)
    }

    /// The anon_vmas of a VMA's chain, by number, oldest first.
    private func chain(_ machine: Machine, _ process: Int) throws -> [UInt64] {
        var numbers: [UInt64] = []
        var link = try vma(machine, process, base).pointee.chainFirst
        while let current = link {
            numbers.append(current.pointee.anonVMA.pointee.serial)
            link = current.pointee.next
        }
        return numbers.sorted()
    }

    @Test("a neighbour that differs in its rights alone gives its anon_vma, so that mprotect can join the two")
    func findsMergeable() throws {
        let (machine, process) = try machineWithPage()
        try machine.mprotect(process, base + 2 * page, 2 * page, prot: 7)
        let whole = try vma(machine, process, base)
        let split = try vma(machine, process, base + 2 * page)
        #expect(split.pointee.anonVMA == whole.pointee.anonVMA && whole.pointee.anonVMA?.pointee.activeVMACount == 2)
        // A VMA of its own, first touched beside them.
        try machine.mmap(process, base + 4 * page, page, prot: 1, flags: 0x32)
        try machine.mprotect(process, base + 4 * page, page, prot: 3)
        let last = try vma(machine, process, base + 4 * page)
        #expect(last != split)
        #expect(try machine.store(process, base + 4 * page, 1) == nil)
        #expect(last.pointee.anonVMA == split.pointee.anonVMA)
        try machine.mprotect(process, base + 2 * page, 2 * page, prot: 3)
        #expect(try machine.findVMA(process, base)?.end == base + 5 * page)
        #expect(try anonVMA(machine, process).pointee.activeVMACount == 1)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a neighbour with other flags gives none, nor does one whose chain fork made")
    func refusesToShare() throws {
        let (machine, process) = try machineWithPage()
        try machine.mmap(process, base + 4 * page, page, prot: 3, flags: 0x4032)
        #expect(try machine.store(process, base + 4 * page, 1) == nil)
        let other = try vma(machine, process, base + 4 * page)
        #expect(other.pointee.anonVMA != nil)
        #expect(try anonVMA(machine, process) != other.pointee.anonVMA)
        let child = try machine.fork(process)
        try machine.munmap(child, base + 4 * page, page)
        try machine.mmap(child, base + 4 * page, page, prot: 1, flags: 0x32)
        try machine.mprotect(child, base + 4 * page, page, prot: 7)
        #expect(try machine.store(child, base + 4 * page, 1) == nil)
        #expect(try vma(machine, child, base + 4 * page).pointee.anonVMA != anonVMA(machine, child))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a child has an anon_vma of its own below its parent's, and links to both")
    func forkMakesChild() throws {
        let (machine, process) = try machineWithPage()
        let child = try machine.fork(process)
        let (upper, lower) = (try anonVMA(machine, process), try anonVMA(machine, child))
        #expect(lower.pointee.parent == upper && lower.pointee.root == upper)
        #expect(upper.pointee.childCount == 2 && lower.pointee.childCount == 0)
        #expect(try chain(machine, process) == [upper.pointee.serial])
        #expect(try chain(machine, child) == [upper.pointee.serial, lower.pointee.serial])
    }

    @Test("an anon_vma that no VMA uses and that has one child is used again; the root never is")
    func reuses() throws {
        let (machine, process) = try machineWithPage()
        let second = try machine.fork(process)
        let middle = try anonVMA(machine, second)
        let third = try machine.fork(second)
        #expect(try anonVMA(machine, third).pointee.parent == middle)
        // Still used by the second process: the third one's child gets a new one.
        let early = try machine.fork(third)
        #expect(try chain(machine, early).count == 4)
        try machine.exit(early)
        try machine.exit(second)
        try machine.exit(process)
        #expect(middle.pointee.activeVMACount == 0 && middle.pointee.childCount == 1)
        let fourth = try machine.fork(third)
        #expect(try anonVMA(machine, fourth) == middle)
        #expect(try chain(machine, fourth) == chain(machine, third))
        // Now it is used: the next child needs one again.
        let fifth = try machine.fork(third)
        #expect(try chain(machine, fifth).count == 4)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("chains stay short where every process forks and exits")
    func staysShort() throws {
        let (machine, process) = try machineWithPage()
        var last = process
        var early = 0
        for generation in 0..<200 {
            let next = try machine.fork(last)
            #expect(try machine.store(next, base, UInt8(generation)) == nil)
            try machine.exit(last)
            last = next
            if generation == 20 { early = machine.anonVMAs.liveCount }
        }
        #expect(try chain(machine, last).count <= 4)
        #expect(machine.anonVMAs.liveCount == early)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("the walk through the reverse map visits those entries alone that map the page")
    func mappedWalk() throws {
        let (machine, process) = try machineWithPage()
        let children = try (0..<3).map { _ in try machine.fork(process) }
        #expect(try machine.store(children[0], base, 2) == nil)
        try machine.mremap(children[1], base, page, page, flags: 3, new: base + (1 << 30))
        try machine.munmap(children[2], base, page)
        let pfn = machine.readPTE(machine.processes[process].mm, base).pfn
        var found: [UInt64: UInt64] = [:]
        machine.forEachMapping(of: pfn) { vma, address, _ in
            found[UInt64(vma.pointee.mm.pointee.serial)] = address
        }
        let serial = { UInt64(machine.processes[$0].mm.pointee.serial) }
        #expect(found == [serial(process): base, serial(children[1]): base + (1 << 30)])
        #expect(machine.page(pfn).pointee.mapcount == 2)
        #expect(machine.checkInvariants() == nil)
    }
}
