import Faultline

extension CallTable {
    /// Memory of each CPU, fixed addresses, records of frames, and accesses that may fail. The live kernel cannot be asked for these.
    static let kernelAddresses: [CallDefinition] = perCPU + fixedAddresses + guardedAccesses

    private static let perCPU: [CallDefinition] = [
        CallDefinition(
            "alloc_percpu", ["size", "align"], faults: .never, isLive: false,
            about: """
                alloc_percpu: `size` bytes (to 32K) of every CPU's memory, zeroed, at the same place in each. The result is no address \
                but what `per_cpu_ptr` makes one of.
                """,
            example: "p = alloc_percpu(8, 8)",
            value: { try $0.machine.allocatePerCPU($0.process, $0[0], align: $0[1]) }),
        CallDefinition(
            "alloc_percpu_gfp", ["size", "align", "gfp"], faults: .never, isLive: false,
            about: """
                alloc_percpu_gfp: as `alloc_percpu` with flags. One that cannot wait, such as GFP_ATOMIC, gets pages only that have \
                frames already.
                """,
            example: "p = alloc_percpu_gfp(64, 8, GFP_ATOMIC)",
            value: { try $0.machine.allocatePerCPU($0.process, $0[0], align: $0[1], gfp: $0[2]) }),
        CallDefinition(
            "free_percpu", ["p"], faults: .never, isLive: false,
            about: "free_percpu: gives what `alloc_percpu` gave back. EINVAL for another pointer.",
            example: "free_percpu(p)", done: { try $0.machine.freePerCPU($0.process, $0[0]) }),
        CallDefinition(
            "per_cpu_ptr", ["p", "cpu"], faults: .never, isLive: false,
            about: "per_cpu_ptr: the address of a CPU's own bytes.", example: "a = per_cpu_ptr(p, 1)",
            value: { try $0.machine.perCPUAddress($0.process, $0[0], cpu: $0[1]) }),
    ]

    private static let fixedAddresses: [CallDefinition] = [
        CallDefinition(
            "set_fixmap", ["idx", "phys"], faults: .never, isLive: false,
            about: """
                set_fixmap: maps the page at a physical address at a fixed one, such as FIX_APIC_BASE. The result is that address. EINVAL \
                for a slot that there is not.
                """,
            example: "a = set_fixmap(FIX_APIC_BASE, 0xfee00000)",
            value: { try $0.machine.setFixmap($0.process, $0[0], $0[1]) }),
        CallDefinition(
            "clear_fixmap", ["idx"], faults: .never, isLive: false,
            about: "clear_fixmap: nothing is mapped at the slot any more.", example: "clear_fixmap(FIX_APIC_BASE)",
            done: { _ = try $0.machine.setFixmap($0.process, $0[0], nil) }),
        CallDefinition(
            "kmap_local", ["pfn"], faults: .never, isLive: false,
            about: """
                kmap_local_page: an address for a frame. On x86-64 it has one already, that of the direct map, so that nothing is mapped.
                """,
            example: "a = kmap_local(b)", value: { try $0.machine.mapLocally($0.process, $0[0]) }),
        CallDefinition(
            "pfn_to_page", ["pfn"], faults: .never, isLive: false,
            about: "pfn_to_page: where the record of a frame (`struct page`) stands in the kernel's addresses.",
            example: "r = pfn_to_page(b)", value: { try $0.machine.recordAddress($0.process, $0[0]) }),
        CallDefinition(
            "page_to_pfn", ["page"], faults: .never, isLive: false,
            about: "page_to_pfn: the frame that a record is of.", example: "page_to_pfn(r)",
            value: { try $0.machine.frame($0.process, ofRecord: $0[0]) }),
        CallDefinition(
            "slow_virt_to_phys", ["p"], faults: .never, isLive: false,
            about:
                "slow_virt_to_phys: the physical address that the kernel's tables have for one of its own; EFAULT for none.",
            example: "slow_virt_to_phys(v)", value: { try $0.machine.physicalAddress($0.process, mappedAt: $0[0]) }),
        CallDefinition(
            "vfree_atomic", ["p"], faults: .never, isLive: false,
            about: """
                vfree in an interrupt, which cannot wait: a worker frees the area before the next of these calls that is none of \
                `vfree_atomic`.
                """,
            example: "vfree_atomic(v)", done: { try $0.machine.vfreeAtomic($0.process, $0[0]) }),
        CallDefinition(
            "vm_unmap_aliases", faults: .never, isLive: false,
            about: "vm_unmap_aliases: flushes what freed areas wait for; their addresses are free then.",
            example: "vm_unmap_aliases()", done: { try $0.machine.unmapAliases($0.process) }),
    ]

    private static let guardedAccesses: [CallDefinition] = [
        CallDefinition(
            "get_user", ["p"], faults: .never, isLive: false,
            about: """
                get_user: the kernel reads a byte of the process's. Its instruction has a row in the exception table: where nothing is \
                mapped it is EFAULT, and no signal.
                """,
            example: "get_user(W)", value: { UInt64(try $0.machine.getUser($0.process, $0[0])) }),
        CallDefinition(
            "put_user", ["p", "v"], faults: .never, isLive: false,
            about: "put_user: the kernel writes a byte of the process's, as `get_user` reads one.",
            example: "put_user(W, 7)", done: { try $0.machine.putUser($0.process, $0[0], $0.byte(1)) }),
        CallDefinition(
            "kload_nofault", ["p"], faults: .never, isLive: false,
            about: """
                copy_from_kernel_nofault of a byte: as `kload`, but where nothing is mapped it is EFAULT, and no oops. ERANGE for an \
                address that is not the kernel's.
                """,
            example: "kload_nofault(v)", value: { UInt64(try $0.machine.loadWithoutOops($0.process, $0[0])) }),
    ]
}
