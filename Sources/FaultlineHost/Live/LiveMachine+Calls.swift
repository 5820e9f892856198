import CHost
import Faultline
import FaultlineScenario

extension LiveMachine {
    /// Makes a system call whose arguments need no memory of the agent's own.
    func call(_ number: SystemCallNumber, _ arguments: [UInt64], in agent: Agent) throws(LiveError) -> StatementResult {
        if number == .mlockall { try warmAll(agent) }
        let before = try agent.faults()
        let result = try agent.call(number, arguments: arguments).result
        let faults = try agent.faults() - before
        if number == .shmget && result >= 0 { segments?.append(result) }
        return try StatementResult(raw: result, faults: faults)
    }

    /// Makes memory accesses: one at `first`, or one a page below `end`.
    func access(
        _ kind: fl_agent_access, first: UInt64, end: UInt64 = 0, byte: UInt8 = 0, in agent: Agent
    ) throws(LiveError) -> StatementResult {
        if swap?.area != nil, kind == FL_AGENT_READS || kind == FL_AGENT_WRITES {
            return try accessQuietly(first: first, end: end, byte: kind == FL_AGENT_WRITES ? byte : nil, in: agent)
        }
        // A processor that runs ahead has old translations of the pages behind one whose fault made the huge page writable, and faults on each.
        if hugePool != nil, !watches, kind == FL_AGENT_WRITES {
            return try accessQuietly(first: first, end: end, byte: byte, in: agent)
        }
        if let group, !group.isLimited, kind == FL_AGENT_READS || kind == FL_AGENT_WRITES {
            return try accessInGroup(first: first, end: end, byte: kind == FL_AGENT_WRITES ? byte : nil, in: agent)
        }
        let before = try agent.faults()
        let access = try agent.access(kind, first: first, end: end, byte: byte)
        let faults = try agent.faults() - before
        let pages = kind == FL_AGENT_READS || kind == FL_AGENT_WRITES ? Int(access.count) : nil
        let outcome = try Self.outcome(of: access, mask: kind == FL_AGENT_LOAD ? 0xff : nil)
        return StatementResult(
            outcome, pages: pages, protectionKey: access.code == 4 && access.key != 0 ? Int(access.key) : nil,
            minflt: faults.minor, majflt: faults.major)
    }

    /// WRPKRU with a value, RDPKRU without one.
    func pkru(_ value: UInt64?, in agent: Agent) throws(LiveError) -> StatementResult {
        let result = try agent.pkru(value.map { UInt32(truncatingIfNeeded: $0) })
        return StatementResult(try Self.outcome(of: result, mask: value == nil ? 0xffff_ffff : nil))
    }

    /// mincore(2), through the agent's buffer a part at a time.
    func mincore(_ address: UInt64, _ length: UInt64, in agent: Agent) throws(LiveError) -> StatementResult {
        let part = FL_AGENT_BSS_BYTES << 12
        var residency: [Bool] = []
        var done: UInt64 = 0
        let (rounded, overflow) = length.addingReportingOverflow(0xfff)
        let total = overflow ? length : rounded & ~0xfff
        repeat {
            // The first call has the whole length where its check of the range would fail.
            let size = total > 1 << 47 ? length : min(part, total - done)
            let result = try agent.call(.mincore, address &+ done, size, FL_AGENT_BSS)
            guard result == 0 else { return try StatementResult(raw: result) }
            let bytes = try agent.read(at: FL_AGENT_BSS, count: Int(size >> 12))
            residency += bytes.map { $0 & 1 != 0 }
            done += size
        } while done < total
        return StatementResult(.residency(residency))
    }

    /// setrlimit(2) with soft and hard limit alike.
    func setLimit(_ resource: UInt64, _ limit: UInt64, in agent: Agent) throws(LiveError) -> StatementResult {
        // SAFETY: copies the bytes of a local array.
        let bytes = [limit, limit].withUnsafeBytes { Array($0) }
        try agent.write(bytes, at: FL_AGENT_BSS)
        return try StatementResult(raw: agent.call(.setrlimit, resource, FL_AGENT_BSS))
    }

    /// pwrite(2) of `length` bytes, each `byte`. Precondition: the length fits the agent's buffer.
    func pwrite(
        _ file: UInt64, offset: UInt64, length: UInt64, byte: UInt8, in agent: Agent
    ) throws(LiveError) -> StatementResult {
        precondition(length <= FL_AGENT_BSS_BYTES)
        try agent.write([UInt8](repeating: byte, count: Int(length)), at: FL_AGENT_BSS)
        return try StatementResult(raw: agent.call(.pwrite, file, FL_AGENT_BSS, length, offset))
    }

    /// pread(2) of `length` bytes. Precondition: the length fits the agent's buffer.
    func pread(_ file: UInt64, offset: UInt64, length: UInt64, in agent: Agent) throws(LiveError) -> StatementResult {
        precondition(length <= FL_AGENT_BSS_BYTES)
        return try StatementResult(raw: agent.call(.pread, file, FL_AGENT_BSS, length, offset))
    }

    /// The signal, or what was read: the bits of `mask`; nil where nothing is read.
    static func outcome(of access: fl_agent_result, mask: UInt64?) throws(LiveError) -> CallOutcome {
        guard access.outcome == Int32(FL_AGENT_SIGNAL.rawValue) else {
            return mask.map { .value(access.value & $0) } ?? .ok
        }
        guard let signal = Signal(rawValue: access.number),
            let code = SignalCode(signal: signal, number: access.code)
        else { throw .unsupported("signal \(access.number) with code \(access.code) has no name in the language") }
        return .signal(signal, code, address: access.address)
    }
}

extension StatementResult {
    /// A system call's raw result: a value, or a negative errno.
    init(raw: Int64, faults: FaultCounts = FaultCounts(minor: 0, major: 0)) throws(LiveError) {
        guard raw < 0 && raw >= -4095 else {
            self.init(.value(UInt64(bitPattern: raw)), minflt: faults.minor, majflt: faults.major)
            return
        }
        guard let errno = Errno(rawValue: Int32(-raw)) else {
            throw .host(action: "name an error", errno: Int32(-raw))
        }
        self.init(.error(errno), minflt: faults.minor, majflt: faults.major)
    }
}
