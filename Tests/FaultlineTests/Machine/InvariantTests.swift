import Testing

@testable import Faultline

/// The self-checks find what is wrong; each test breaks one thing.
struct InvariantTests {
    private let base: UInt64 = 0x1000_0000_0000

    private func machineWithPages() throws -> (Machine, PFN, Handle<VMArea>) {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        try machine.mmap(process, base, 0x4000, prot: 3, flags: 0x32)
        #expect(try machine.store(process, base + 0x1000, 1) == nil)
        _ = try machine.fork(process)
        let mm = machine.processes[process].mm
        let vma = try #require(machine.findVMA(mm, base))
        #expect(machine.checkInvariants() == nil)
        return (machine, machine.readPTE(mm, base + 0x1000).pfn, vma)
    }

    @Test("a map count that does not equal the page tables is reported")
    func mapCount() throws {
        let (machine, pfn, _) = try machineWithPages()
        machine.page(pfn).pointee.mapcount += 1
        #expect(machine.checkInvariants()?.contains("mapcount") == true)
    }

    @Test("a reference without a holder is reported")
    func refcount() throws {
        let (machine, pfn, _) = try machineWithPages()
        machine.page(pfn).pointee.refcount += 1
        #expect(machine.checkInvariants()?.contains("refcount") == true)
    }

    @Test("an index that leads the reverse map astray is reported")
    func index() throws {
        let (machine, pfn, _) = try machineWithPages()
        machine.page(pfn).pointee.index += 1
        #expect(machine.checkInvariants()?.contains("index") == true)
    }

    @Test("a resident-set counter that is off is reported")
    func counters() throws {
        let (machine, _, vma) = try machineWithPages()
        vma.pointee.mm.pointee.anonPages += 1
        #expect(machine.checkInvariants()?.contains("rss") == true)
    }

    @Test("a total that the VMAs do not add up to is reported")
    func totals() throws {
        let (machine, _, vma) = try machineWithPages()
        vma.pointee.mm.pointee.totalVM += 1
        #expect(machine.checkInvariants()?.contains("total_vm") == true)
    }

    @Test("a shared frame that is writable is reported")
    func writableShared() throws {
        let (machine, _, vma) = try machineWithPages()
        let entry = try #require(machine.findPTE(vma.pointee.mm, base + 0x1000))
        entry.pointee |= PTE.writeBit
        #expect(machine.checkInvariants()?.contains("exclusive") == true)
    }

    @Test("a commitment that nobody holds is reported")
    func commitment() throws {
        let (machine, _, _) = try machineWithPages()
        machine.committedPages += 1
        #expect(machine.checkInvariants()?.contains("Committed_AS") == true)
    }

    @Test("a lost page table is reported")
    func tables() throws {
        let (machine, _, vma) = try machineWithPages()
        vma.pointee.mm.pointee.tableFrames += 1
        #expect(machine.checkInvariants()?.contains("pgtables_bytes") == true)
    }

    @Test("locked pages that the VMAs do not add up to are reported")
    func lockedPages() throws {
        let (machine, _, vma) = try machineWithPages()
        vma.pointee.mm.pointee.lockedVM += 1
        #expect(machine.checkInvariants()?.contains("locked_vm") == true)
    }

    @Test("what MREMAP_DONTUNMAP leaves in locked_vm, as the kernel does, is no fault")
    func unreturnedLock() throws {
        let (machine, _, vma) = try machineWithPages()
        try machine.mlock(0, base, 0x4000)
        try machine.mremap(0, base, 0x4000, 0x4000, flags: 7, new: base + 0x10_0000)
        #expect(vma.pointee.mm.pointee.lockedVM == 8)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("an entry that no VMA covers is reported, even of a frame that nobody else maps")
    func strayEntry() throws {
        let (machine, pfn, vma) = try machineWithPages()
        let entry = try #require(machine.findPTE(vma.pointee.mm, base + 0x9000))
        entry.pointee = PTE(pfn: pfn + 1000, protection: 0).setting(PTE.presentBit).rawValue
        #expect(machine.checkInvariants()?.contains("VMAs cover") == true)
    }

    @Test("a guard marker in a VMA that never had one is reported")
    func strayMarker() throws {
        let (machine, _, vma) = try machineWithPages()
        let entry = try #require(machine.findPTE(vma.pointee.mm, base + 0x2000))
        entry.pointee = EntryMarker.guardRegion.entry
        #expect(machine.checkInvariants()?.contains("guard marker") == true)
    }

    @Test("anon_vmas whose counts are off are reported", arguments: ["active", "children", "references"])
    func anonCounts(_ which: String) throws {
        let (machine, _, vma) = try machineWithPages()
        let anonVMA = try #require(vma.pointee.anonVMA)
        switch which {
        case "active": anonVMA.pointee.activeVMACount += 1
        case "children": anonVMA.pointee.childCount -= 1
        default: anonVMA.pointee.refcount += 1
        }
        let name = ["active": "num_active_vmas", "children": "num_children", "references": "refcount"][which] ?? ""
        #expect(machine.checkInvariants()?.contains(name) == true)
    }

    @Test("a chain that hangs in no interval tree is reported")
    func lostChain() throws {
        let (machine, _, vma) = try machineWithPages()
        let chain = try #require(vma.pointee.chainFirst)
        chain.pointee.anonVMA.pointee.tree.remove(chain)
        #expect(machine.checkInvariants() != nil)
    }

    @Test("an anon_vma that no VMA leads to is reported")
    func leakedAnonVMA() throws {
        let (machine, _, _) = try machineWithPages()
        _ = machine.makeAnonVMA()
        #expect(machine.checkInvariants()?.contains("anon_vmas are alive") == true)
    }

    @Test("free frames that the lists do not add up to are reported")
    func freeFrames() throws {
        let (machine, _, _) = try machineWithPages()
        let last = machine.physical.zones.count - 1
        machine.physical.zones[last].free += 1
        #expect(machine.checkInvariants()?.contains("free is") == true)
    }

    // MARK: Files

    private func machineWithFile() throws -> (Machine, PFN, Handle<FileMapping>, Handle<VMArea>) {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 0x4000)
        try machine.mmap(process, base, 0x4000, prot: 3, flags: 0x11, fd: file)
        #expect(try machine.store(process, base + 0x1000, 1) == nil)
        let mm = machine.processes[process].mm
        let vma = try #require(machine.findVMA(mm, base))
        let pfn = machine.readPTE(mm, base + 0x1000).pfn
        #expect(machine.checkInvariants() == nil)
        return (machine, pfn, try #require(machine.page(pfn).pointee.fileMapping), vma)
    }

    @Test("a count of cached pages that is off is reported")
    func pageCount() throws {
        let (machine, _, mapping, _) = try machineWithFile()
        mapping.pointee.pageCount += 1
        #expect(machine.checkInvariants()?.contains("nrpages") == true)
    }

    @Test("a dirty page without its mark, and a mark without its page, are reported")
    func dirtyMark() throws {
        let (machine, _, mapping, _) = try machineWithFile()
        mapping.pointee.pages.clearMark(1, .dirty)
        #expect(machine.checkInvariants()?.contains("dirty flag and the mark") == true)
        mapping.pointee.pages.setMark(1, .dirty)
        mapping.pointee.pages.setMark(2, .writeback)
        #expect(machine.checkInvariants()?.contains("writeback flag and the mark") == true)
    }

    @Test("a dirty page without a buffer head, and a buffer head without a block, are reported")
    func bufferHeads() throws {
        let (machine, pfn, mapping, _) = try machineWithFile()
        machine.page(pfn).pointee.clear(PageFlag.private)
        machine.page(pfn).pointee.refcount -= 1
        #expect(machine.checkInvariants()?.contains("without a buffer head") == true)
        machine.attachBuffer(pfn)
        #expect(machine.checkInvariants() == nil)
        mapping.pointee.disk?.pointee.blocks.erase(1)
        #expect(machine.checkInvariants()?.contains("without a block") == true)
    }

    @Test("figures of the disk that its files do not add up to are reported")
    func diskFigures() throws {
        let (machine, _, mapping, _) = try machineWithFile()
        machine.nodeStatistics.dirty += 1
        #expect(machine.checkInvariants()?.contains("dirty pages") == true)
        machine.nodeStatistics.dirty -= 1
        machine.nodeStatistics.diskPages -= 1
        #expect(machine.checkInvariants()?.contains("pages in memory") == true)
        machine.nodeStatistics.diskPages += 1
        machine.noteClean(mapping)
        #expect(machine.checkInvariants()?.contains("the flusher does not know it") == true)
    }

    @Test("an i_mmap that does not fit the VMAs is reported")
    func mappers() throws {
        let (machine, _, mapping, vma) = try machineWithFile()
        mapping.pointee.writableMappings += 1
        #expect(machine.checkInvariants()?.contains("i_mmap_writable") == true)
        mapping.pointee.writableMappings -= 1
        vma.pointee.pgoff += 1
        #expect(machine.checkInvariants() != nil)
    }

    @Test("a page in another file's cache is reported")
    func pageOwner() throws {
        let (machine, pfn, mapping, _) = try machineWithFile()
        let cached = try #require(machine.cachedPage(mapping, 3))
        #expect(cached != pfn)
        machine.page(cached).pointee.index = 2
        #expect(machine.checkInvariants()?.contains("belongs elsewhere") == true)
    }
}
