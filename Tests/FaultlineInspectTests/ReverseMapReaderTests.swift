import Faultline
import FaultlineInspect
import Testing

/// What `faultline rmap` prints.
struct ReverseMapReaderTests {
    private let base: UInt64 = 0x1000_0000_0000

    @Test("an anonymous page leads to every process that shares it, and says who does not map it")
    func anonymousPage() throws {
        let machine = try Machine(ramBytes: 1 << 30)
        let parent = try machine.start()
        try machine.mmap(parent, base, 0x2000, prot: 3, flags: 0x32)
        #expect(try machine.store(parent, base, 1) == nil)
        let child = try machine.fork(parent)
        let shared = try #require(try machine.reverseMap(parent, base))
        #expect(shared.mapCount == 2 && !shared.isExclusive)
        #expect(shared.steps.map(\.process) == [parent, child] && shared.steps.allSatisfy(\.isMapped))
        // The child copies the page: the old frame's owner still names the child, whose entry maps another page.
        #expect(try machine.store(child, base, 2) == nil)
        let map = try #require(try machine.reverseMap(parent, base))
        let text = ReverseMapReader { $0 == parent ? "init" : "child" }.text(map)
        #expect(text.contains("mapcount=1 refcount="))
        #expect(text.contains("anon_vma#"))
        #expect(text.contains("    anon_vma_chain -> init vma 100000000000-100000002000 rw-p\n"))
        #expect(text.contains("    anon_vma_chain -> child vma 100000000000-100000002000 rw-p\n"))
        #expect(text.contains(", maps the frame\n") && text.contains(", maps another page\n"))
    }

    @Test("an address without a frame says what is there; a marker in another process is no page")
    func absences() throws {
        let machine = try Machine(ramBytes: 1 << 30)
        let parent = try machine.start()
        try machine.mmap(parent, base, 0x4000, prot: 3, flags: 0x32)
        #expect(try machine.store(parent, base, 1) == nil)
        #expect(try machine.load(parent, base + 0x1000) == .success(0))
        try machine.madvise(parent, base + 0x2000, 0x1000, advice: 102)
        let child = try machine.fork(parent)
        try machine.madvise(child, base, 0x1000, advice: 102)
        let reader = ReverseMapReader()
        let snapshot = try machine.snapshot(parent)
        let vma = "in the VMA 100000000000-100000004000 the entry "
        #expect(reader.absence(in: snapshot, at: base - 1) == "no VMA is there")
        #expect(
            reader.absence(in: snapshot, at: base + 0x1fff) == vma
                + "maps the shared zero page, which has no reverse map")
        #expect(reader.absence(in: snapshot, at: base + 0x2000) == vma + "is a guard marker")
        var special = snapshot
        let index = try #require(special.vmas.firstIndex { $0.start == base })
        special.vmas[index].name = "[vdso]"
        #expect(
            reader.absence(in: special, at: base + 0x1000) == vma
                + "maps a page of the kernel's own, which has no reverse map")
        #expect(reader.absence(in: snapshot, at: base + 0x3000) == vma + "is empty: nothing was faulted in")
        let text = reader.text(try #require(try machine.reverseMap(parent, base)))
        #expect(text.contains(", maps the frame\n") && text.contains(", a guard marker: not mapped here\n"))
    }

    @Test("a file page leads through i_mmap")
    func filePage() throws {
        let machine = try Machine(ramBytes: 1 << 30)
        let process = try machine.start()
        let fd = try machine.tmpfsFile(process, name: "file:f", size: 0x3000)
        try machine.mmap(process, base, 0x3000, prot: 1, flags: 0x11, fd: fd)
        _ = try machine.load(process, base + 0x1000)
        let map = try #require(try machine.reverseMap(process, base + 0x1000))
        let text = ReverseMapReader().text(map)
        #expect(text.contains("  address_space file:f (i_mmap: 1 VMAs)\n"))
        #expect(text.contains("    i_mmap -> process 0 vma 100000000000-100000003000 r--s\n"))
        #expect(try machine.reverseMap(process, base - 0x1000) == nil)
    }
}
