extension Machine {
    /// A process with an address space that is given; the scenario's agent by default.
    ///
    /// - Throws: ENOMEM when the machine is too small; EINVAL when regions overlap, are not page-aligned, or reach out of
    ///   user space.
    public func startProcess(_ space: InitialAddressSpace = .scenarioAgent) throws(Errno) -> ProcessID {
        ProcessID(try start(space))
    }

    /// A process that runs a program, as after execve(2).
    ///
    /// - Parameter interpreter: the file that ``ELFImage/interpreter`` names.
    /// - Throws: ``ELFError`` for what execve refuses.
    public func startProcess(
        _ program: ELFImage, interpreter: ELFImage? = nil, _ execution: Execution
    ) throws(ELFError) -> ProcessID {
        ProcessID(try start(program, interpreter: interpreter, execution))
    }

    /// Every process that runs, in the order of creation.
    public var liveProcesses: [ProcessID] { (0..<processCount).filter(isAlive).map(ProcessID.init) }

    /// True while the process runs.
    public func isAlive(_ process: ProcessID) -> Bool { isAlive(process.index) }

    /// True for a process that the out-of-memory killer ended.
    public func wasKilled(_ process: ProcessID) -> Bool { wasKilled(process.index) }

    /// A child with a copy of the address space. Corresponds to fork(2).
    ///
    /// - Throws: EAGAIN, ENOMEM, ESRCH.
    public func fork(_ process: ProcessID) throws(Errno) -> ProcessID { ProcessID(try fork(process.index)) }

    /// A second thread of control in the same address space. Corresponds to clone(2) with `CLONE_VM`.
    ///
    /// - Throws: EAGAIN, ESRCH.
    public func cloneVM(_ process: ProcessID) throws(Errno) -> ProcessID { ProcessID(try cloneVM(process.index)) }

    /// Ends a process. Corresponds to exit(2).
    ///
    /// - Throws: ESRCH.
    public func exit(_ process: ProcessID) throws(Errno) { try exit(process.index) }

    /// The process becomes a program. Corresponds to execve(2).
    ///
    /// - Throws: ``ELFError`` for what execve refuses, where it is fatal the process is gone; ``Errno`` EAGAIN, ESRCH.
    public func execve(
        _ process: ProcessID, _ program: ELFImage, interpreter: ELFImage? = nil, _ execution: Execution
    ) throws {
        try execve(process.index, program, interpreter: interpreter, execution)
    }

    /// The minor and major faults of a process so far. Corresponds to `ru_minflt` and `ru_majflt` of getrusage(2).
    ///
    /// - Throws: ESRCH for one that never was.
    public func faultCounts(_ process: ProcessID) throws(Errno) -> (minor: UInt64, major: UInt64) {
        try faultCounts(process.index)
    }

    /// Soft and hard limit alike, in the resource's unit. Corresponds to setrlimit(2).
    ///
    /// - Throws: EINVAL, EPERM, ESRCH.
    public func setLimit(_ process: ProcessID, _ resource: ResourceKind, to limit: UInt64) throws(Errno) {
        try setrlimit(process.index, resource: resource.rawValue, limit: limit)
    }

    /// What the process is allowed. Corresponds to capget(2). - Throws: ESRCH.
    public func capabilities(_ process: ProcessID) throws(Errno) -> Capabilities { try capabilities(process.index) }

    /// What the process is allowed from now on; its children inherit it. Corresponds to capset(2). - Throws: ESRCH.
    public func setCapabilities(_ process: ProcessID, _ capabilities: Capabilities) throws(Errno) {
        try setCapabilities(process.index, capabilities)
    }

    /// The user that the process is; 0 is root. Corresponds to getuid(2). - Throws: ESRCH.
    public func user(_ process: ProcessID) throws(Errno) -> UInt32 { try user(process.index) }

    /// The process becomes another user for good, without any capability. Corresponds to setuid(2).
    ///
    /// - Throws: EINVAL for `UInt32.max`, EPERM for another user without CAP_SETUID, ESRCH.
    public func setUser(_ process: ProcessID, to user: UInt32) throws(Errno) { try setuid(process.index, user) }

    /// Settings of a process. Corresponds to prctl(2); the numbers are those of `uapi/linux/prctl.h`.
    ///
    /// - Throws: EINVAL, EPERM, ESRCH.
    @discardableResult
    public func prctl(
        _ process: ProcessID, option: Int32, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0
    ) throws(Errno) -> UInt64 {
        try prctl(process.index, option, a, b, c, d)
    }
}
