import Faultline

extension SimulatorExecutor {
    /// `load(p)`.
    func load(_ call: SimulatedCall) throws -> StatementResult {
        switch try machine.load(call.process, call[0]) {
        case .success(let byte):
            machine.noteByteRead(call.process, call[0])
            return StatementResult(.value(UInt64(byte)))
        case .failure(let fault): return StatementResult(fault)
        }
    }

    /// `store(p, v)`.
    func store(_ call: SimulatedCall) throws -> StatementResult {
        let fault = try machine.store(call.process, call[0], call.byte(1))
        return fault.map { StatementResult($0) } ?? StatementResult(.ok)
    }

    /// `exec(p)`.
    func execute(_ call: SimulatedCall) throws -> StatementResult {
        switch try machine.fetch(call.process, call[0]) {
        case .success(0xc3): return StatementResult(.ok)
        case .success(let byte): throw ExecutionFailure.notRet(address: call[0], byte: byte)
        case .failure(let fault): return StatementResult(fault)
        }
    }

    /// `read_pages` and `write_pages`: one access at the first address and at the start of each later page.
    ///
    /// - Parameter made: the accesses that were made before the process slept.
    func accessPages(_ call: SimulatedCall, writing byte: UInt8?, after made: Int = 0) throws -> StatementResult {
        var address = made == 0 ? call[0] : (call[0] & ~4095) &+ UInt64(made) << 12
        let end = call[0] &+ call[1]
        var count = made
        // In a memory cgroup without a limit each fault finds the lists in order.
        let group = machine.memoryGroupState
        let settles = group.exists && !group.isLimited
        let swaps = machine.hasSwapArea
        while address < end {
            if swaps { machine.settleSwap() }
            let before = settles ? try machine.faultCounts(call.process) : (0, 0)
            if let fault = try accessOne(call.process, address, writing: byte) {
                return StatementResult(fault, pages: count)
            }
            if settles, try machine.faultCounts(call.process) != before { machine.settleMemoryGroup() }
            if let shortage = machine.hostShortage { throw shortage }
            count += 1
            if count & (1 << 18 - 1) == 0 { onProgress?(UInt64(count), call[1] >> 12) }
            let next = (address & ~4095) &+ 4096
            if next < address { break }
            address = next
        }
        return StatementResult(.ok, pages: count)
    }

    private func accessOne(_ process: Int, _ address: UInt64, writing byte: UInt8?) throws -> AccessFault? {
        if let byte { return try machine.store(process, address, byte) }
        if case .failure(let fault) = try machine.load(process, address) { return fault }
        return nil
    }
}

/// A statement that no machine could make sense of.
public enum ExecutionFailure: Error, CustomStringConvertible {
    /// `exec` found another instruction than RET.
    case notRet(address: UInt64, byte: UInt8)
    /// execve of a file where the simulator has no way to files.
    case noPrograms(path: String)
    /// uffd_read from a descriptor that cannot be read from at once.
    case notReadable(descriptor: Int32)
    /// prctl with an option that does not concern memory.
    case notModelled(option: Int32)

    /// What is wrong and what to do about it, for the user.
    public var description: String {
        switch self {
        case .notRet(let address, let byte):
            "exec(0x\(String(address, radix: 16))): the instruction there is not RET (0xc3) but begins with "
                + "0x\(String(byte, radix: 16)); store 0xc3 there first"
        case .noPrograms(let path):
            "execve(\"\(path)\"): this simulator was given no files; execve(\"agent\") needs none"
        case .notReadable(let descriptor):
            "uffd_read(\(descriptor)): this is no userfaultfd that is open with O_NONBLOCK"
        case .notModelled(let option):
            "prctl(\(option)): of prctl the simulator has the options that concern memory only: PR_SET_MDWE, "
                + "PR_SET_THP_DISABLE, PR_SET_MEMORY_MERGE, the PR_GET_ of each, and PR_SET_VMA (EINVAL); take it out"
        }
    }
}

extension StatementResult {
    /// An access, or an instruction, that ended in a signal.
    init(_ fault: AccessFault, pages: Int? = nil) {
        var key: Int?
        if case .protectionKey(let number) = fault.signal { key = Int(number) }
        self.init(CallOutcome(fault), pages: pages, protectionKey: key)
    }
}

extension CallOutcome {
    /// As a recording shows the signal.
    init(_ fault: AccessFault) {
        switch fault.signal {
        case .noMapping: self = .signal(.SIGSEGV, .SEGV_MAPERR, address: fault.address)
        case .accessDenied: self = .signal(.SIGSEGV, .SEGV_ACCERR, address: fault.address)
        case .protectionKey: self = .signal(.SIGSEGV, .SEGV_PKUERR, address: fault.address)
        case .invalidOpcode: self = .signal(.SIGILL, .ILL_ILLOPN, address: 0)
        case .generalProtection: self = .signal(.SIGSEGV, .SI_KERNEL, address: 0)
        case .busError: self = .signal(.SIGBUS, .BUS_ADRERR, address: fault.address)
        case .emulatedCall: self = .ok
        case .waits: self = .waits(.event)
        case .killed: self = .signal(.SIGKILL, .SI_KERNEL, address: 0)
        }
    }
}
