/// A place in the kernel's code that a warning or a BUG is of: the address as `%pS` shows it, and the file and line that
/// `__bug_table` has for it.
///
/// They are those of ``modelledKernel`` with this configuration, read from that table of the running kernel; another build has others.
struct KernelSite {
    let symbol: String
    let file: String
    let line: Int

    /// `WARN_ON` at the end of `object_err` and of `__slab_err`.
    static let objectError = KernelSite(symbol: "object_err+0x1d2/0x1e9", file: "mm/slub.c", line: 1231)
    static let slabError = KernelSite(symbol: "__slab_err+0x19/0x30", file: "mm/slub.c", line: 1256)
    /// `BUG_ON` of `set_freepointer`, in the functions that it is part of.
    static let freeOfKmalloc = KernelSite(symbol: "kfree+0x347/0x450", file: "mm/slub.c", line: 631)
    static let freeOfCache = KernelSite(symbol: "kmem_cache_free+0x51e/0x580", file: "mm/slub.c", line: 631)
    static let freeToSlab = KernelSite(symbol: "__slab_free+0xed/0x2f0", file: "mm/slub.c", line: 631)
    static let freeDebugged = KernelSite(symbol: "free_to_partial_list+0x3dd/0x490", file: "mm/slub.c", line: 631)
    static let freeOfMany = KernelSite(symbol: "kmem_cache_free_bulk+0x21d/0x400", file: "mm/slub.c", line: 631)
    static let linkOfMany = KernelSite(symbol: "build_detached_freelist+0x28b/0x3c0", file: "mm/slub.c", line: 631)
    /// `BUG_ON(free <= 0)`.
    static let shrink = KernelSite(symbol: "__kmem_cache_do_shrink+0x324/0x340", file: "mm/slub.c", line: 8303)
    /// `WARN_ON_ONCE` of a page that kmalloc has not given.
    static let freeOfPages = KernelSite(symbol: "free_large_kmalloc+0x71/0x90", file: "mm/slub.c", line: 6813)
    /// `WARN` of `cache_from_obj` and `WARN_ONCE` of `virt_to_cache`.
    static let wrongCache = KernelSite(symbol: "kmem_cache_free+0x42c/0x580", file: "mm/slub.c", line: 6784)
    static let cacheOfPage = KernelSite(symbol: "kmem_cache_free+0x203/0x580", file: "mm/slub.c", line: 6770)
    static let allocatePages = KernelSite(
        symbol: "__alloc_frozen_pages_noprof+0x2d9/0x340", file: "mm/page_alloc.c", line: 5499)
    static let destroyCache = KernelSite(
        symbol: "kmem_cache_destroy+0x155/0x170", file: "mm/slab_common.c", line: 531)
    static let freeArea = KernelSite(symbol: "vfree.part.0+0x105/0x2d0", file: "mm/vmalloc.c", line: 3430)
    static let removeArea = KernelSite(symbol: "remove_vm_area+0x69/0x70", file: "mm/vmalloc.c", line: 3295)
    static let mapDevice = KernelSite(
        symbol: "__ioremap_caller.isra.0+0x262/0x2b0", file: "arch/x86/mm/ioremap.c", line: 216)
    static let changeAttributes = KernelSite(
        symbol: "__cpa_process_fault+0x68a/0x6d0", file: "arch/x86/mm/pat/set_memory.c", line: 1821)
    static let allocatePerCPU = KernelSite(symbol: "pcpu_alloc_noprof+0x7cc/0x8d0", file: "mm/percpu.c", line: 1766)
}

extension Machine {
    /// `__warn`: what the log has of a `WARN` or `WARN_ON`, without the registers and the code of the compiled function.
    ///
    /// - Parameter message: the line of a `WARN`.
    func reportWarning(_ site: KernelSite, _ message: String? = nil) {
        printk("------------[ cut here ]------------")
        if let message { printk(message) }
        printk("WARNING: CPU: \(cpu.number) PID: \(reportedProcess) at \(site.file):\(site.line) \(site.symbol)")
        printProcess()
        printk("RIP: 0010:\(site.symbol)")
        printCallTrace()
        printk("---[ end trace 0000000000000000 ]---")
        kernel.taints.insert(.warn)
    }
}
