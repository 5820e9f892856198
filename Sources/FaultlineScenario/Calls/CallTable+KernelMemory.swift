import Faultline

extension CallTable {
    /// What a kernel does for itself. The live kernel cannot be asked for these.
    static let kernelMemory: [CallDefinition] = [
        CallDefinition(
            "kmalloc", ["size", "gfp"], faults: .never, isLive: false,
            about: """
                kmalloc: an object of `size` bytes from the size class that fits, or whole pages above 8K. `gfp` is such as \
                GFP_KERNEL; with __GFP_ZERO the bytes are 0. The result is its address in the direct map. ENOMEM stands for NULL.
                """,
            example: "p = kmalloc(100, GFP_KERNEL)", value: { try $0.machine.kmalloc($0.process, $0[0], gfp: $0[1]) }),
        CallDefinition(
            "kfree", ["p"], faults: .never, isLive: false,
            about: """
                kfree: gives an object back. NULL is nobody's. A second free is what it is in the kernel: noticed where \
                `slab_debug` looks, or where it is the first free object, and else a list that runs in a circle. EINVAL for an \
                address where no object begins: the kernel would take the bytes there for one, and the machine does not.
                """,
            example: "kfree(p)", done: { try $0.machine.kfree($0.process, $0[0]) }),
        CallDefinition(
            "kmem_cache_create", [.text("name"), "size", "align", "flags"], result: .ok, faults: .never, isLive: false,
            about: """
                kmem_cache_create: a slab cache of objects of `size` bytes, or one that is there and fits; NAME takes its number. \
                `flags` are SLAB_ constants.
                """,
            example: "c = kmem_cache_create(\"box\", 120, 8, 0)",
            value: {
                try $0.machine.createSlabCache($0.process, name: $0.call.text, size: $0[0], align: $0[1], flags: $0[2])
            }),
        CallDefinition(
            "kmem_cache_destroy", ["cache"], faults: .never, isLive: false,
            about: "kmem_cache_destroy: EBUSY while objects are in use, of which the kernel's log has a line.",
            example: "kmem_cache_destroy(c)", done: { try $0.machine.destroySlabCache($0.process, cache: $0[0]) }),
        CallDefinition(
            "kmem_cache_shrink", ["cache"], faults: .never, isLive: false,
            about: "kmem_cache_shrink: gives the cache's empty slabs back to the page allocator.",
            example: "kmem_cache_shrink(c)", done: { try $0.machine.shrinkSlabCache($0.process, cache: $0[0]) }),
        CallDefinition(
            "kmem_cache_alloc", ["cache", "gfp"], faults: .never, isLive: false,
            about: "kmem_cache_alloc: an object of the cache. The result is its address.",
            example: "p = kmem_cache_alloc(c, GFP_KERNEL)",
            value: { try $0.machine.allocateObject($0.process, cache: $0[0], gfp: $0[1]) }),
        CallDefinition(
            "kmem_cache_free", ["cache", "p"], faults: .never, isLive: false,
            about: "kmem_cache_free: gives an object of the cache back, as `kfree` does.",
            example: "kmem_cache_free(c, p)", done: { try $0.machine.freeObject($0.process, cache: $0[0], $0[1]) }),
        CallDefinition(
            "kmem_cache_alloc_bulk", ["cache", "gfp", "n", "p"], faults: .never, isLive: false,
            about: """
                kmem_cache_alloc_bulk: `n` objects (to 65536) or none, whose addresses it writes to `p`, an array in the kernel's memory, 8 bytes \
                each. The result is `n`; ENOMEM stands for 0.
                """,
            example: "kmem_cache_alloc_bulk(c, GFP_KERNEL, 16, p)",
            value: { try $0.machine.allocateObjects($0.process, cache: $0[0], gfp: $0[1], count: $0[2], to: $0[3]) }),
        CallDefinition(
            "kmem_cache_free_bulk", ["cache", "n", "p"], faults: .never, isLive: false,
            about: """
                kmem_cache_free_bulk: gives back the `n` objects whose addresses are at `p`. Those of one slab go back together, so that \
                the first of them is handed out first.
                """,
            example: "kmem_cache_free_bulk(c, 16, p)",
            done: { try $0.machine.freeObjects($0.process, cache: $0[0], count: $0[1], from: $0[2]) }),
        CallDefinition(
            "vmalloc", ["size"], faults: .never, isLive: false,
            about: """
                vmalloc: pages that lie side by side in the kernel's addresses, with a page behind them that is not mapped. The \
                result is the address.
                """,
            example: "v = vmalloc(64K)", value: { try $0.machine.vmalloc($0.process, $0[0]) }),
        CallDefinition(
            "vmalloc_huge", ["size"], faults: .never, isLive: false,
            about: "vmalloc_huge: as `vmalloc`, in pages of 2 MiB where the size has some.",
            example: "v = vmalloc_huge(4M)", value: { try $0.machine.vmalloc($0.process, $0[0], isHuge: true) }),
        CallDefinition(
            "vmap", ["addr", "pages"], faults: .never, isLive: false,
            about: """
                vmap: maps pages that the process has at `addr` into the kernel's addresses, too; EFAULT where one is not \
                present. `vfree` takes the mapping away, in the place of vunmap.
                """,
            example: "k = vmap(W, 4)", value: { try $0.machine.vmap($0.process, $0[0], pages: $0[1]) }),
        CallDefinition(
            "ioremap", ["phys", "size"], faults: .never, isLive: false,
            about: """
                ioremap: maps registers of a device, which must not be RAM. Nothing answers there: reads give 255. `vfree` takes \
                the mapping away, in the place of iounmap.
                """,
            example: "d = ioremap(0xfee00000, 4K)", value: { try $0.machine.ioremap($0.process, $0[0], $0[1]) }),
        CallDefinition(
            "vfree", ["p"], faults: .never, isLive: false,
            about: "vfree, vunmap and iounmap: EINVAL where no area begins, of which the kernel's log has a line.",
            example: "vfree(v)", done: { try $0.machine.vfree($0.process, $0[0]) }),
        CallDefinition(
            "set_memory_ro", ["addr", "pages"], faults: .never, isLive: false,
            about: """
                set_memory_ro: the kernel cannot write to the pages any more. A large page of the direct map is split where only \
                a part of it is meant.
                """,
            example: "set_memory_ro(v, 1)",
            done: { try $0.machine.setKernelMemory($0.process, $0[0], pages: $0[1], isWritable: false) }),
        CallDefinition(
            "set_memory_rw", ["addr", "pages"], faults: .never, isLive: false,
            about: "set_memory_rw: the opposite of `set_memory_ro`. What was split stays split.",
            example: "set_memory_rw(v, 1)",
            done: { try $0.machine.setKernelMemory($0.process, $0[0], pages: $0[1], isWritable: true) }),
        CallDefinition(
            "kload", ["p"], faults: .never, isLive: false,
            about: """
                Reads the byte at an address of the kernel's. Where nothing is mapped the kernel's log has an oops, and the \
                process ends with SIGSEGV.
                """,
            example: "kload(p)", custom: { try $0.executor.kernelLoad($0) }),
        CallDefinition(
            "kstore", ["p", "v"], result: .ok, faults: .never, isLive: false,
            about: "Writes the low byte of `v` to an address of the kernel's.", example: "kstore(p, 7)",
            done: { try $0.machine.kernelStore($0.process, $0[0], $0.byte(1)) }),
    ]
}

extension SimulatorExecutor {
    /// The byte; where the kernel came upon an error, the caller ends the process.
    func kernelLoad(_ call: SimulatedCall) throws -> StatementResult {
        StatementResult(.value(UInt64(try machine.kernelLoad(call.process, call[0]) ?? 0)))
    }
}
