import Faultline
import Testing

@testable import FaultlineScenario

/// Programs that ask the kernel for memory of its own.
@Suite("The kernel's memory in programs")
struct KernelMemoryTests {
    private func run(_ source: String, _ settings: KernelSettings = KernelSettings()) throws -> (ScenarioRun, [String])
    {
        let executor = try SimulatorExecutor(ramBytes: 256 << 20, settings: settings)
        executor.selfCheck = .everyCall
        let run = try ScenarioSession(try Parser.parse(source), on: executor).run()
        return (run, executor.takeKills())
    }

    @Test("objects, caches and areas are made, used and given back; every expectation holds")
    func everyCall() throws {
        let (run, log) = try run(
            """
            p = kmalloc(100, GFP_KERNEL|__GFP_ZERO)
            kload(p) => 0
            kstore(p + 99, 7) => ok
            kload(p + 99) => 7
            kfree(p) => ok
            q = kmalloc(100, GFP_KERNEL)
            kload(q - p) => SIGSEGV SI_KERNEL
            """)
        #expect(run.failedExpectations.isEmpty)
        #expect(log.contains("BUG: kernel NULL pointer dereference, address: 0000000000000000"))
        let (other, _) = try self.run(
            """
            c = kmem_cache_create("box", 120, 8, SLAB_ACCOUNT)
            o = kmem_cache_alloc(c, GFP_KERNEL)
            kmem_cache_destroy(c) => EBUSY
            kmem_cache_free(c, o) => ok
            kmem_cache_free(c, o + 1) => EINVAL
            kmem_cache_shrink(c) => ok
            kmem_cache_destroy(c) => ok
            kmem_cache_alloc(c, GFP_KERNEL) => EINVAL
            v = vmalloc(20K)
            kstore(v + 20K - 1, 3) => ok
            h = vmalloc_huge(2M)
            kstore(h + 1M, 3) => ok
            set_memory_ro(v, 1) => ok
            kload(v) => 0
            set_memory_rw(v, 1) => ok
            vfree(v) => ok
            vfree(v) => EINVAL
            d = ioremap(0xfee00000, 4K)
            kload(d) => 255
            vfree(d) => ok
            ioremap(0x100000, 4K) => EINVAL
            mmap(W, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            vmap(W, 4) => EFAULT
            write_pages(W, 16K, 9)
            k = vmap(W, 4)
            kload(k + 8K) => 9
            kstore(k + 8K, 4)
            load(W + 8K) => 4
            vfree(k)
            kfree(W) => EINVAL
            """)
        #expect(other.failedExpectations.isEmpty, "\(other.failedExpectations)")
    }

    @Test("a program of these calls is known for one that the live kernel cannot run")
    func simulatedOnly() throws {
        #expect(try Parser.parse("load(W)\np = kmalloc(8, GFP_KERNEL)\n").simulatedOnly?.line == 2)
        #expect(try Parser.parse("load(W)\n").simulatedOnly == nil)
        let kernel = ScenarioGenerator.source(profile: .kernel, seed: 1)
        #expect(try Parser.parse(kernel).simulatedOnly != nil)
    }

    @Test("random programs of the kernel's memory keep every invariant", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func randomPrograms(_ seed: UInt64) throws {
        for debug in ["-", "FZPU"] {
            var settings = KernelSettings()
            settings.chargesKernelObjects = seed % 2 == 0
            try settings.set("slab_debug=\(debug)")
            let source = ScenarioGenerator.source(profile: .kernel, seed: seed, blocks: 12)
            let program = try Parser.parse(source)
            let executor = try SimulatorExecutor(ramBytes: 256 << 20, settings: settings)
            executor.selfCheck = .everyCall
            _ = try ScenarioSession(program, on: executor).run()
            // An address that a refused call did not give may end a process, but no list of objects is ever found wrong.
            let reports = executor.takeKills().filter { $0.hasPrefix("FIX") || $0.hasPrefix("kernel BUG") }
            #expect(reports == [], "faultline generate --profile kernel --seed \(seed) --blocks 12")
        }
    }

    @Test("slab_debug names the lines of the program that took and freed an object")
    func ownersAreLines() throws {
        var settings = KernelSettings()
        try settings.set("slab_debug=FZPU")
        let (_, log) = try run("p = kmalloc(64, GFP_KERNEL)\nkfree(p)\nkfree(p)\n", settings)
        #expect(log.contains("BUG kmalloc-64 (Not tainted): Object already free"))
        #expect(log.contains("Allocated in line:1 age=0 cpu=0 pid=1000"))
        #expect(log.contains("Freed in line:2 age=0 cpu=0 pid=1000"))
    }

    @Test("with kernel_objects=1 the records of a fork are objects, and all go with the process")
    func chargedObjects() throws {
        var settings = KernelSettings()
        settings.chargesKernelObjects = true
        let executor = try SimulatorExecutor(ramBytes: 256 << 20, settings: settings)
        executor.selfCheck = .everyCall
        let program = try Parser.parse(
            "p = mmap(W, 8K, 3, 0x32, -1, 0)\nstore(p, 1)\nc = fork()\nc: exit(0)\nf = tmpfs_file(64K)\n")
        let session = try ScenarioSession(program, on: executor)
        func used() -> [String: Int] {
            Dictionary(executor.machine.slabCacheViews().map { ($0.name, $0.usedObjects) }) { first, _ in first }
        }
        try session.go(to: 2)
        let before = used()
        try session.go(to: 3)
        let forked = used()
        func growth(_ name: String) -> Int { (forked[name] ?? 0) - (before[name] ?? 0) }
        #expect(forked["mm_struct"] == 2 && before["mm_struct"] == 1)
        #expect(forked["vm_area_struct"] == before["vm_area_struct"].map { $0 * 2 })
        // Each VMA of the child that has an anon_vma is linked to its parent's and to its own; the child's fs_struct shares the cache.
        let (anonVMAs, links) = (growth("anon_vma"), growth("anon_vma_chain"))
        #expect(anonVMAs > 0 && links == 2 * anonVMAs + 1)
        try session.go(to: 4)
        #expect(used()["vm_area_struct"] == before["vm_area_struct"])
        #expect(used()["anon_vma"] == before["anon_vma"])
        try session.go(to: 5)
        #expect(used()["shmem_inode_cache"] == (before["shmem_inode_cache"] ?? 0) + 1)
    }

    @Test("each process has a stack of the kernel's, below which lies a guard page")
    func stacks() throws {
        var settings = KernelSettings()
        settings.chargesKernelObjects = true
        let executor = try SimulatorExecutor(ramBytes: 256 << 20, settings: settings)
        executor.selfCheck = .everyCall
        let stack = try #require(executor.machine.vmapAreaViews().first)
        #expect(stack.end - stack.start == 20480 && stack.pages == 4)
        let source = "c = fork()\nc: exit(0)\nd = fork()\nkload(\(stack.start) - 8) => SIGSEGV SI_KERNEL\n"
        let run = try ScenarioSession(try Parser.parse(source), on: executor).run()
        #expect(run.failedExpectations.isEmpty)
        // The stack of the process that ended was kept for the next one.
        #expect(executor.machine.vmapAreaViews().count == 2)
        let hexadecimal = String(stack.start - 8, radix: 16)
        #expect(executor.takeKills().contains { $0.hasPrefix("BUG: TASK stack guard page was hit at \(hexadecimal)") })
    }
}
