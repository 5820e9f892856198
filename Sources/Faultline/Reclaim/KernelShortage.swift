/// Memory is short for the kernel itself: what `__alloc_pages_slowpath` does from `__alloc_pages_direct_reclaim` on.
extension Machine {
    /// Makes an allocation in the place of a process, again and again while memory can be relieved for it.
    ///
    /// - Returns: nil where it fails for good, or the process was killed for it.
    func waiting<T>(_ task: Process, _ request: AllocationRequest, _ allocate: () -> T?) -> T? {
        // A round frees a page, or ends a process.
        var rounds = physical.totalPages
        while rounds > 0 {
            if let made = allocate() { return made }
            if !relieve(task, request) { break }
            rounds -= 1
        }
        if task.isAlive { warn(task, request.flags, "page allocation failure: order:\(request.order)") }
        return nil
    }

    /// The first line of `warn_alloc`; the stack and the state of memory behind it are not told.
    func warn(_ task: Process, _ flags: GFPFlags, _ what: String) {
        if flags.contains(.noWarn) { return }
        let mode = "0x" + String(flags.rawValue, radix: 16) + "(\(flags.text))"
        printk("process \(task.index): \(what), mode:\(mode), nodemask=(null),cpuset=/,mems_allowed=0")
    }

    /// Reclaims for an allocation that failed, and if nothing comes of it kills someone.
    ///
    /// - Returns: whether the process may try again.
    func relieve(_ task: Process, _ request: AllocationRequest) -> Bool {
        if physical.failures != nil || physical.hostShortage != nil || !request.mayReclaim { return false }
        if reclaimForAllocation() { return true }
        return request.mayKill && killForMemory(task)
    }
}

extension AllocationRequest {
    /// Whether reclaim may go on until pages come: above PAGE_ALLOC_COSTLY_ORDER nobody waits for it.
    fileprivate var mayReclaim: Bool { flags.contains(.directReclaim) && order <= 3 }

    /// `__alloc_pages_may_oom` and `out_of_memory`: not for those who go on without, for low zones, or in a file system.
    fileprivate var mayKill: Bool {
        flags.isDisjoint(with: [.noRetry, .retryMayFail, .thisNode, .dma, .dma32]) && flags.contains(.fileSystem)
    }
}
