/// Stacks of the kernel (CONFIG_VMAP_STACK): 16 KiB of vmalloc for each process, where the machine charges the kernel's own records.
extension Machine {
    /// THREAD_SIZE.
    static var kernelStackBytes: UInt64 { 16384 }
    /// NR_CACHED_STACKS.
    private static var cachedStacks: Int { 2 }

    /// `dup_task_struct`: the records and the stack of a new process. The CPU keeps two stacks of processes that ended.
    func chargeProcess(_ index: Int) {
        for kind in KernelObjectKind.ofProcesses { chargeObject(kind, UInt64(index)) }
        if let stack = kernel.objects.freeStacks.popLast() ?? vmallocStack() { kernel.objects.stacks[index] = stack }
    }

    /// `release_task`, `put_task_stack`.
    func unchargeProcess(_ index: Int) {
        for kind in KernelObjectKind.ofProcesses { unchargeObject(kind, UInt64(index)) }
        guard let stack = kernel.objects.stacks.removeValue(forKey: index) else { return }
        if kernel.objects.freeStacks.count < Self.cachedStacks {
            kernel.objects.freeStacks.append(stack)
        } else {
            try? vfree(stack)
        }
    }

    /// `KernelStack` of meminfo, in pages: the kept ones count, too.
    var kernelStackPages: UInt64 {
        UInt64(kernel.objects.stacks.count + kernel.objects.freeStacks.count) * Self.kernelStackBytes >> 12
    }

    /// `get_stack_guard_info`: the stack of the current process whose guard page an address hits, below its end.
    func guardedStack(_ address: VirtualAddress) -> VirtualAddress? {
        guard cpu.current >= 0, let stack = kernel.objects.stacks[Int(cpu.current)] else { return nil }
        return address < stack && stack - address <= PageSize.base ? stack : nil
    }
}
