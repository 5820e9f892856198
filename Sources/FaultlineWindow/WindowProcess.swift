public import Faultline

/// A process of a machine with windows. The calls are those of ``Machine`` for this process, from any thread.
public final class WindowProcess: Sendable {
    /// The machine that it runs on.
    public let machine: WindowMachine
    /// Its number there.
    public let id: ProcessID

    init(machine: WindowMachine, id: ProcessID) {
        self.machine = machine
        self.id = id
    }

    /// Maps memory. Corresponds to mmap(2); see ``Machine/mmap(_:at:length:protection:flags:file:offset:)``.
    ///
    /// - Returns: the simulated address.
    /// - Throws: the errnos of that call.
    @discardableResult
    public func mmap(
        at address: VirtualAddress? = nil, length: UInt64, protection: Protection = .readWrite,
        flags: MapFlags = [.private, .anonymous], file: FileDescriptor? = nil, offset: UInt64 = 0
    ) throws(Errno) -> VirtualAddress {
        try machine.withMachine { machine throws(Errno) in
            try machine.mmap(
                id, at: address, length: length, protection: protection, flags: flags, file: file, offset: offset)
        }
    }

    /// Unmaps a range of bytes. Corresponds to munmap(2). Code that touches it through a window afterwards is refused.
    ///
    /// - Throws: EINVAL, ENOMEM, EPERM, ESRCH.
    public func munmap(at address: VirtualAddress, length: UInt64) throws(Errno) {
        try machine.withMachine { machine throws(Errno) in try machine.munmap(id, at: address, length: length) }
    }

    /// Changes what a range allows. Corresponds to mprotect(2).
    ///
    /// - Throws: EACCES, EINVAL, ENOMEM, EPERM, ESRCH.
    public func mprotect(
        at address: VirtualAddress, length: UInt64, _ protection: Protection
    ) throws(Errno) {
        try machine.withMachine { machine throws(Errno) in
            try machine.mprotect(id, at: address, length: length, protection)
        }
    }

    /// Grows, shrinks or moves a mapping. Corresponds to mremap(2).
    ///
    /// - Returns: the simulated address.
    /// - Throws: EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM, ESRCH.
    @discardableResult
    public func mremap(
        at address: VirtualAddress, length: UInt64, to newLength: UInt64, flags: RemapFlags = [],
        newAddress: VirtualAddress = 0
    ) throws(Errno) -> VirtualAddress {
        try machine.withMachine { machine throws(Errno) in
            try machine.mremap(
                id, at: address, length: length, to: newLength, flags: flags, newAddress: newAddress)
        }
    }

    /// Says how a range will be used, or changes it. Corresponds to madvise(2).
    ///
    /// - Throws: the errnos of ``Machine/madvise(_:at:length:_:)``.
    public func madvise(at address: VirtualAddress, length: UInt64, _ advice: Advice) throws(Errno) {
        try machine.withMachine { machine throws(Errno) in
            try machine.madvise(id, at: address, length: length, advice)
        }
    }

    /// Moves the end of the heap. Corresponds to brk(2). - Returns: the end, old or new. - Throws: ESRCH.
    @discardableResult
    public func brk(to address: VirtualAddress) throws(Errno) -> VirtualAddress {
        try machine.withMachine { machine throws(Errno) in try machine.brk(id, to: address) }
    }

    /// A child with a copy of the address space. Corresponds to fork(2). It has no window until it opens one.
    ///
    /// - Throws: EAGAIN, ENOMEM, ESRCH.
    public func fork() throws(Errno) -> WindowProcess {
        let child = try machine.withMachine { machine throws(Errno) in try machine.fork(id) }
        return WindowProcess(machine: machine, id: child)
    }

    /// Ends the process; its windows show nothing any more. Corresponds to exit(2). - Throws: ESRCH.
    public func exit() throws(Errno) {
        try machine.withMachine { machine throws(Errno) in try machine.exit(id) }
    }

    /// The minor and major faults so far. Corresponds to `ru_minflt` and `ru_majflt` of getrusage(2).
    public var faultCounts: (minor: UInt64, major: UInt64) {
        machine.withMachine { machine in
            // It was started, so it is known; one that ended has its last figures.
            (try? machine.faultCounts(id)) ?? (0, 0)
        }
    }

    /// The state, VMA by VMA and page by page. - Throws: ESRCH.
    public func snapshot() throws(Errno) -> ProcessView {
        try machine.withMachine { machine throws(Errno) in try machine.snapshot(id) }
    }

    /// Opens a window, runs code in it, and closes it.
    ///
    /// - Parameters:
    ///   - range: as for ``AddressWindow/init(_:_:_:)``.
    ///   - body: gets the host's address of the window's first byte; see ``AddressWindow/run(_:)`` for what it may not do.
    /// - Throws: ``WindowError``, and what the body throws.
    public func window<Result>(
        _ range: Range<VirtualAddress>, _ options: WindowOptions = WindowOptions(),
        _ body: @escaping (UnsafeMutableRawPointer) throws -> Result
    ) throws -> Result {
        let window = try AddressWindow(self, range, options)
        defer { window.close() }
        return try window.run(body)
    }
}
