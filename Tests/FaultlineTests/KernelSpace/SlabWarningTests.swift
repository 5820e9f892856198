import Testing

@testable import Faultline

/// What the kernel's log has of mistakes with slab caches, and of memory that is short.
struct SlabWarningTests {
    private func machine(_ debug: String?) throws -> (Machine, Int) {
        var settings = KernelSettings()
        if let debug { try settings.set("slab_debug=\(debug)") }
        let machine = try Machine(ramBytes: 64 << 20, settings: settings)
        return (machine, try machine.start())
    }

    private static let kernel = UInt64(GFPFlags.kernel.rawValue)

    @Test("an object given back to another cache goes to its own, with a warning; no object is warned of once")
    func wrongCache() throws {
        let (machine, process) = try machine(nil)
        let one = try machine.createSlabCache(process, name: "one", size: 64, align: 0, flags: 0)
        let two = try machine.createSlabCache(process, name: "two", size: 2048, align: 0, flags: 0)
        let object = try machine.allocateObject(process, cache: one, gfp: Self.kernel)
        try machine.freeObject(process, cache: two, object)
        let log = machine.takeKernelLog()
        let wrong = /cache_from_obj: Wrong slab cache. \S+ but object is from \S+/
        #expect(log.contains { $0.wholeMatch(of: wrong) != nil })
        #expect(log.contains { $0.hasSuffix(" at mm/slub.c:6784 kmem_cache_free+0x42c/0x580") })
        #expect(try machine.allocateObject(process, cache: one, gfp: Self.kernel) == object)
        let page = try machine.vmalloc(process, 4096)
        for expected in [true, false] {
            #expect(throws: Errno.EINVAL) { try machine.freeObject(process, cache: one, page) }
            #expect(machine.takeKernelLog().contains("virt_to_cache: Object is not a Slab page!") == expected)
        }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a double free names the function that made it")
    func freer() throws {
        let (machine, process) = try machine(nil)
        let cache = try machine.createSlabCache(process, name: "named", size: 720, align: 0, flags: 0)
        let frees: [(String, (UInt64) throws -> Void)] = [
            ("kfree+0x347/0x450", { try machine.kfree(process, $0) }),
            ("kmem_cache_free+0x51e/0x580", { try machine.freeObject(process, cache: cache, $0) }),
        ]
        for (symbol, free) in frees {
            let object = try machine.allocateObject(process, cache: cache, gfp: Self.kernel)
            try free(object)
            try free(object)
            #expect(machine.takeKernelLog().contains("RIP: 0010:\(symbol)"))
            machine.kernel.hasOopsed = false
        }
    }

    @Test("a cache may have small objects and any alignment that rounds up to a power of two; what is refused says why")
    func limits() throws {
        let (machine, process) = try machine(nil)
        let small = try machine.createSlabCache(process, name: "small", size: 3, align: 3, flags: 0)
        _ = try machine.allocateObject(process, cache: small, gfp: Self.kernel)
        #expect(machine.takeKernelLog().isEmpty)
        #expect(throws: Errno.EINVAL) {
            try machine.createSlabCache(process, name: "large", size: 5 << 20, align: 0, flags: 0)
        }
        #expect(machine.takeKernelLog() == ["__kmem_cache_create_args(large) failed with error -22"])
        #expect(throws: Errno.EINVAL) {
            try machine.createSlabCache(process, name: "odd", size: 64, align: 24, flags: 0)
        }
        #expect(throws: Errno.EINVAL) { try machine.kmalloc(process, 64, gfp: 1 << 40) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("more than the largest block is warned of once; a cache without memory tells of itself")
    func shortage() throws {
        let (machine, process) = try machine(nil)
        for expected in [true, false] {
            #expect(throws: Errno.ENOMEM) { try machine.kmalloc(process, .max, gfp: Self.kernel) }
            let log = machine.takeKernelLog()
            #expect(log.contains { $0.hasSuffix("__alloc_frozen_pages_noprof+0x2d9/0x340") } == expected)
            #expect(!log.contains { $0.contains("page allocation failure") })
        }
        // Nobody waits, and nobody is killed.
        let atomic = 0x820 as UInt64
        for _ in 0..<40_000 {
            do { _ = try machine.kmalloc(process, 2000, gfp: atomic) } catch { break }
        }
        let log = machine.takeKernelLog()
        #expect(log.contains { $0.contains("page allocation failure: order:0, mode:0x820(GFP_ATOMIC)") })
        let line = try #require(log.firstIndex { $0.hasPrefix("SLUB: Unable to allocate memory on CPU 0 (of node 0)") })
        #expect(log[line].hasSuffix("on node -1, gfp=0x820(GFP_ATOMIC)"))
        #expect(log[line + 1].hasPrefix("  cache: kmalloc-2k, object size: 2048, buffer size: 2048, default order: "))
        #expect(log[line + 2].hasPrefix("  node 0: slabs: ") && log[line + 2].hasSuffix(", free: 0"))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a report of a slab ends with the kernel's warning, which the next one's heading knows of")
    func warning() throws {
        let (machine, process) = try machine("FZPU")
        machine.callLine = 3
        let object = try machine.kmalloc(process, 40, gfp: UInt64(GFPFlags.kernel.rawValue))
        try machine.kfree(process, object)
        try machine.kfree(process, object)
        let log = machine.takeKernelLog()
        let cut = try #require(log.firstIndex(of: "------------[ cut here ]------------"))
        #expect(log[cut + 1] == "WARNING: CPU: 0 PID: 1000 at mm/slub.c:1231 object_err+0x1d2/0x1e9")
        #expect(log[cut + 2].contains("Comm: process 0 Tainted: G    B               "))
        #expect(
            Array(log[(cut + 3)...(cut + 9)]) == [
                "Tainted: [B]=BAD_PAGE", "RIP: 0010:object_err+0x1d2/0x1e9", "Call Trace:", " <TASK>", " line:3",
                " </TASK>", "---[ end trace 0000000000000000 ]---",
            ])
        #expect(log[cut + 10].hasPrefix("FIX kmalloc-64: Object at 0x"))
        let size = try machine.createSlabCache(process, name: "left", size: 64, align: 0, flags: 0)
        _ = try machine.allocateObject(process, cache: size, gfp: UInt64(GFPFlags.kernel.rawValue))
        #expect(throws: Errno.EBUSY) { try machine.destroySlabCache(process, cache: size) }
        let end = machine.takeKernelLog()
        #expect(end.contains("WARNING: CPU: 0 PID: 1000 at mm/slub.c:1256 __slab_err+0x19/0x30"))
        #expect(end.contains("WARNING: CPU: 0 PID: 1000 at mm/slab_common.c:531 kmem_cache_destroy+0x155/0x170"))
        #expect(end.contains("Tainted: [B]=BAD_PAGE, [W]=WARN"))
    }
}
