extension Machine {
    /// The outcome of an access. Accesses are made by the million: the process is borrowed where it was the last one's, since
    /// its reference count costs as much as a hit in the TLB.
    @inline(__always)
    func access(
        _ index: Int, _ address: VirtualAddress, _ kind: AccessKind
    ) throws(Errno) -> AccessResult {
        try borrowed(index)._withUnsafeGuaranteedRef { access($0, address, kind) }
    }

    /// The process that makes a call, without a reference of its own. - Throws: ESRCH.
    @inline(__always)
    private func borrowed(_ index: Int) throws(Errno) -> Unmanaged<Process> {
        if index == Int(cpu.current), let process = cpu.task { return process }
        // SAFETY: `processes` keeps it for as long as the machine lives; exit takes it away from here.
        return Unmanaged.passUnretained(try caller(index))
    }

    /// How many processes have ended so far.
    package var endings: UInt64 { serials.ending }

    /// True while the process runs.
    package func isAlive(_ process: Int) -> Bool { processes.indices.contains(process) && processes[process].isAlive }

    /// True for a process that the out-of-memory killer ended.
    package func wasKilled(_ process: Int) -> Bool {
        processes.indices.contains(process) && processes[process].wasKilled
    }

    /// How many processes were ever started.
    public var processCount: Int { processes.count }

    /// The minor and major faults of a process so far, as getrusage(2) counts them; of one that ended, its last.
    ///
    /// - Throws: ESRCH for one that never was.
    package func faultCounts(_ process: Int) throws(Errno) -> (minor: UInt64, major: UInt64) {
        guard processes.indices.contains(process) else { throw refuse(.ESRCH, .noProcess("\(process)")) }
        return (processes[process].minorFaults, processes[process].majorFaults)
    }

    // MARK: Memory

    /// mmap(2). - Throws: as the manual page says.
    @discardableResult
    package func mmap(
        _ process: Int, _ address: UInt64, _ length: UInt64, prot: UInt64, flags: UInt64, fd: Int32 = -1,
        offset: UInt64 = 0
    ) throws(Errno) -> VirtualAddress {
        let task = try caller(process)
        do {
            let place = try mmap(task, address, length, prot: prot, flags: flags, fd: fd, offset: offset)
            return try concluded(task, place)
        } catch { return try concluded(task, error) }
    }

    /// munmap(2). - Throws: EINVAL, ENOMEM, EPERM.
    package func munmap(_ process: Int, _ address: UInt64, _ length: UInt64) throws(Errno) {
        let task = try caller(process)
        do {
            try munmap(task, address, length)
            _ = try concluded(task, 0)
        } catch { _ = try concluded(task, error) }
    }

    /// mprotect(2). - Throws: EINVAL, ENOMEM, EACCES, EPERM.
    package func mprotect(_ process: Int, _ address: UInt64, _ length: UInt64, prot: UInt64) throws(Errno) {
        try mprotect(try caller(process), address, length, prot: prot)
    }

    /// mremap(2). - Throws: EINVAL, EFAULT, EAGAIN, ENOMEM, EPERM.
    @discardableResult
    package func mremap(
        _ process: Int, _ old: UInt64, _ oldLength: UInt64, _ newLength: UInt64, flags: UInt64, new: UInt64 = 0
    ) throws(Errno) -> VirtualAddress {
        let task = try caller(process)
        physical.isShort = false
        do {
            let place = try mremap(task, old, oldLength, newLength, flags: flags, new)
            return try concluded(task, place)
        } catch { return try concluded(task, gaveUp(error)) }
    }

    /// madvise(2). - Throws: as the manual page says.
    package func madvise(_ process: Int, _ address: UInt64, _ length: UInt64, advice: Int32) throws(Errno) {
        let task = try caller(process)
        do { try madvise(task, address, length, advice) } catch { _ = try concluded(task, error) }
    }

    /// brk(2) in its raw form: the new end of the heap, or the old one. - Throws: ESRCH only.
    @discardableResult
    package func brk(_ process: Int, _ address: UInt64) throws(Errno) -> VirtualAddress {
        let task = try caller(process)
        return try concluded(task, brk(task, address))
    }

    /// The VMA that an address is in, by its bounds (`vma_lookup`). - Throws: ESRCH.
    package func findVMA(
        _ process: Int, _ address: VirtualAddress
    ) throws(Errno) -> (start: VirtualAddress, end: VirtualAddress)? {
        try borrowed(process)._withUnsafeGuaranteedRef({ $0.mm }).pointee.tree.findBounds(address)
    }

    // MARK: Locking and residency

    /// mlock(2). - Throws: EINVAL, ENOMEM, EAGAIN.
    package func mlock(_ process: Int, _ address: UInt64, _ length: UInt64) throws(Errno) {
        let task = try caller(process)
        do { try mlock(task, address, length) } catch { _ = try concluded(task, error) }
    }

    /// mlock2(2). - Throws: EINVAL, ENOMEM, EAGAIN.
    package func mlock2(_ process: Int, _ address: UInt64, _ length: UInt64, flags: UInt64) throws(Errno) {
        let task = try caller(process)
        do { try mlock2(task, address, length, flags: flags) } catch { _ = try concluded(task, error) }
    }

    /// munlock(2). - Throws: EINVAL, ENOMEM.
    package func munlock(_ process: Int, _ address: UInt64, _ length: UInt64) throws(Errno) {
        try munlock(try caller(process), address, length)
    }

    /// mlockall(2). - Throws: EINVAL.
    package func mlockall(_ process: Int, flags: UInt64) throws(Errno) {
        let task = try caller(process)
        try mlockall(task, flags: flags)
        _ = try concluded(task, 0)
    }

    /// munlockall(2).
    package func munlockall(_ process: Int) throws(Errno) { munlockall(try caller(process)) }

    /// mincore(2): for each page whether it is resident. - Throws: EINVAL, ENOMEM.
    package func mincore(_ process: Int, _ address: UInt64, _ length: UInt64) throws(Errno) -> [Bool] {
        try mincore(try caller(process), address, length)
    }

    /// mseal(2). - Throws: EINVAL, ENOMEM.
    package func mseal(_ process: Int, _ address: UInt64, _ length: UInt64, flags: UInt64 = 0) throws(Errno) {
        try mseal(try caller(process), address, length, flags: flags)
    }

    // MARK: Settings of a process

    /// prctl(2). - Throws: EINVAL, EPERM.
    @discardableResult
    package func prctl(
        _ process: Int, _ option: Int32, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0
    ) throws(Errno) -> UInt64 {
        try prctl(try caller(process), option, a, b, c, d)
    }

    /// setrlimit(2), soft and hard. - Throws: EINVAL, EPERM.
    package func setrlimit(_ process: Int, resource: Int32, limit: UInt64) throws(Errno) {
        try setrlimit(try caller(process), resource: resource, limit: limit)
    }

    /// What the process is allowed from now on (capset(2)); its children inherit it. - Throws: ESRCH.
    package func setCapabilities(_ process: Int, _ capabilities: Capabilities) throws(Errno) {
        try caller(process).capabilities = capabilities
    }

    /// What the process is allowed (capget(2)). - Throws: ESRCH.
    package func capabilities(_ process: Int) throws(Errno) -> Capabilities { try task(process).capabilities }

    /// Pages that the kernel has promised: `Committed_AS` of /proc/meminfo, in KiB.
    public var committedKiB: UInt64 { UInt64(max(0, committedPages)) &* 4 }

    /// `CommitLimit` of /proc/meminfo, in KiB; it counts in overcommit mode 2 only.
    public var commitLimitKiB: UInt64 { commitLimit * 4 }

    // MARK: Processes

    /// fork(2). - Returns: the child's index. - Throws: ENOMEM, EAGAIN.
    package func fork(_ process: Int) throws(Errno) -> Int {
        let task = try caller(process)
        let made = try relieving(task) { () throws(Errno) in try fork(task) }
        guard let child = made else { return Int(try concluded(task, 0)) }
        return child.index
    }

    /// exit(2).
    package func exit(_ process: Int) throws(Errno) { exit(try caller(process)) }

    // MARK: Accesses

    /// Reads a byte. - Returns: the byte, or the signal that the access ends in.
    package func load(_ process: Int, _ address: VirtualAddress) throws(Errno) -> Result<UInt8, AccessFault> {
        switch try access(process, address, .read) {
        case .physical(let physical): .success(self.frames.byte(physical))
        case .signal(let signal): .failure(AccessFault(signal: signal, address: address))
        }
    }

    /// Writes a byte. - Returns: nil, or the signal that the access ends in.
    package func store(_ process: Int, _ address: VirtualAddress, _ byte: UInt8) throws(Errno) -> AccessFault? {
        switch try access(process, address, .write) {
        case .physical(let physical):
            self.frames.setByte(physical, byte)
            return nil
        case .signal(let signal): return AccessFault(signal: signal, address: address)
        }
    }

    /// Writes a byte as it was, as an atomic OR of 0 does: one access for writing. - Returns: as `store`.
    package func touchForWriting(_ process: Int, _ address: VirtualAddress) throws(Errno) -> AccessFault? {
        if case .signal(let signal) = try access(process, address, .write) {
            return AccessFault(signal: signal, address: address)
        }
        return nil
    }

    /// Fetches a byte for execution. - Returns: the byte, or the signal that the fetch ends in. The entries of the vsyscall
    /// page can be executed, but not read.
    package func fetch(_ process: Int, _ address: VirtualAddress) throws(Errno) -> Result<UInt8, AccessFault> {
        switch try access(process, address, .execute) {
        case .physical(let physical): .success(self.frames.byte(physical))
        case .signal(.emulatedCall): .success(Vsyscall.firstByte)
        case .signal(let signal): .failure(AccessFault(signal: signal, address: address))
        }
    }
}

extension Machine {
    // MARK: The kernel's own calls

    /// `alloc_pages`. - Returns: the first frame's number.
    package func allocatePages(_ process: Int, order: UInt64, flags: UInt64) throws(Errno) -> PFN {
        try allocatePages(for: try caller(process), order: order, flags: flags)
    }

    /// `__free_pages` of a block that ``allocatePages(_:order:flags:)`` gave.
    package func freePages(_ process: Int, _ pfn: PFN) throws(Errno) {
        _ = try caller(process)
        try freePages(pfn)
    }

    /// `alloc_contig_range`: all frames of a range, from which everything moves away.
    package func allocateContiguous(_ process: Int, _ first: PFN, count: UInt64) throws(Errno) {
        _ = try caller(process)
        try allocateContiguous(first, count: count)
    }

    /// `free_contig_range`.
    package func freeContiguous(_ process: Int, _ first: PFN, count: UInt64) throws(Errno) {
        _ = try caller(process)
        try freeContiguous(first, count: count)
    }

    /// A write to /proc/sys/vm/compact_memory.
    package func compactMemory(_ process: Int) throws(Errno) {
        _ = try caller(process)
        compactAll()
    }

    /// A write to a file of /proc/sys that the page allocator has, such as `vm.min_free_kbytes`.
    package func setAllocator(_ process: Int, _ name: String, _ value: UInt64) throws(Errno) {
        _ = try caller(process)
        try setAllocator(name, value)
    }
}

/// The signal that an access ended in, and where.
public struct AccessFault: Error, Equatable, Sendable {
    /// Which signal, with its code.
    public let signal: FaultSignal
    /// The byte address of the access.
    public let address: VirtualAddress

    /// A signal at an address, to compare with.
    public init(signal: FaultSignal, address: VirtualAddress) {
        self.signal = signal
        self.address = address
    }
}
