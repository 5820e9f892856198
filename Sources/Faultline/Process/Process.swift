/// A process: `struct task_struct`, as far as memory goes.
final class Process {
    /// Its place in the order of creation, from 0.
    let index: Int
    let parent: Int
    /// execve gives it another one.
    @exclusivity(unchecked) var mm: Handle<MMStruct>
    @exclusivity(unchecked) var isAlive = true
    /// The out-of-memory killer ended it.
    @exclusivity(unchecked) var wasKilled = false
    /// Open files by descriptor; copied by fork, as the descriptors are.
    @exclusivity(unchecked) var files: [Handle<OpenFile>?] = []
    /// Descriptors that execve closes (FD_CLOEXEC).
    @exclusivity(unchecked) var closedOnExec: Set<Int32> = []
    @exclusivity(unchecked) var limits: ResourceLimits
    /// `cred`: the real, effective, saved and file-system user alike.
    @exclusivity(unchecked) var user: UInt32 = 0
    @exclusivity(unchecked) var capabilities = Capabilities()
    /// `oom_score_adj` and `oom_score_adj_min`.
    @exclusivity(unchecked) var memoryScore = OutOfMemoryScore()
    /// It came of vfork (`vfork_done`), and runs in its parent's memory until it ends or becomes a program.
    @exclusivity(unchecked) var isVforked = false
    /// PF_NPROC_EXCEEDED.
    @exclusivity(unchecked) var hasTooManyProcesses = false
    /// The CPU that it runs on.
    @exclusivity(unchecked) var cpu: Int32 = 0
    /// The thread's register (`thread.pkru`).
    @exclusivity(unchecked) var pkru = PKRU.absent
    /// `min_flt` and `maj_flt`, as getrusage counts them.
    @exclusivity(unchecked) var minorFaults: UInt64 = 0
    @exclusivity(unchecked) var majorFaults: UInt64 = 0
    /// What NUMA balancing knows of it.
    @exclusivity(unchecked) var scan = TaskScan()
    /// What it sleeps for; nil while it runs.
    @exclusivity(unchecked) var wait: UserfaultWait?
    /// What is left of the call in which it sleeps; nil for an access of its own.
    @exclusivity(unchecked) var rest: CallRest?
    /// How often the fault that it makes again has waited.
    @exclusivity(unchecked) var faultTries = 0
    /// Attached System V segments count through their VMAs; see `Shm`.
    init(index: Int, parent: Int, mm: Handle<MMStruct>, limits: ResourceLimits) {
        self.index = index
        self.parent = parent
        self.mm = mm
        self.limits = limits
    }
}

extension Machine {
    /// A process that no other one started, in an empty address space. - Throws: ENOMEM.
    func makeProcess(
        _ layout: MMStruct.Layout, stackLimit: UInt64 = ResourceLimits().stack
    ) throws(Errno) -> Process {
        guard let mm = makeMM(layout: layout, owner: processes.count) else {
            throw refuse(.ENOMEM, .noFrame("a page table"))
        }
        var limits = ResourceLimits()
        limits.stack = stackLimit
        let task = Process(index: processes.count, parent: -1, mm: mm, limits: limits)
        // pkru_flush_thread
        if settings.cpu.protectionKeys { task.pkru = .initial }
        processes.append(task)
        if chargesKernelObjects { chargeProcess(task.index) }
        return task
    }

    /// Makes an empty address space with a top-level table for the process of an index; nil when no frame is free.
    func makeMM(layout: MMStruct.Layout, owner: Int) -> Handle<MMStruct>? {
        guard let pgd = allocateTableFrame() else { return nil }
        page(pgd).pointee.set(.table)
        if kernel.initMM.pgd != 0 { shareUpperHalf(pgd) }
        let context = freeContexts.popLast() ?? takeContext()
        defer { serials.mm += 1 }
        let mm = mms.allocate(
            MMStruct(
                pgd: pgd, context: context, tree: VMATree(nodes: vmaNodes.reference), layout: layout,
                owner: Int32(owner),
                keys: ProtectionKeys(hasKeys: settings.cpu.protectionKeys), serial: serials.mm,
                nextTrim: clock.now &+ Clock.trimInterval))
        if chargesKernelObjects { chargeObject(.mmStruct, mm.bits) }
        return mm
    }

    /// A number that no other address space has: two that shared one would read each other's bytes through the TLB.
    private func takeContext() -> UInt32 {
        defer { nextContext += 1 }
        return nextContext
    }

    /// Frees an address space that has no VMAs and no tables but the top one.
    func destroyMM(_ mm: Handle<MMStruct>) {
        precondition(mm.pointee.tree.isEmpty, "an address space is freed that still has VMAs")
        precondition(mm.pointee.tableFrames == 0, "an address space is freed that still has page tables")
        if mm.pointee.isScanned { leaveScanList(mm) }
        leaveMerging(mm)
        forgetSwapUser(mm)
        flushTLB(mm, .exit)
        if mm.pointee.pinnedVM > 0 { forgetAccount(mm) }
        if processors.areSeveral { dropContextElsewhere(mm.pointee.context) }
        cpu.mmu.dropContext(context: mm.pointee.context)
        windows.drop(context: mm.pointee.context)
        // ctx_id is never used again: a CPU may come upon what it keeps of an old one.
        if !processors.areSeveral { freeContexts.append(mm.pointee.context) }
        page(mm.pointee.pgd).pointee.clear(.table)
        forgetLastTable()
        putPage(mm.pointee.pgd)
        if chargesKernelObjects { unchargeObject(.mmStruct, mm.bits) }
        if !userfaults.contexts.isEmpty { forgetUserfaults(of: mm) }
        mms.deallocate(mm)
    }
}
