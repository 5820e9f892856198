import CShim
import Glibc

extension LiveMachine {
    /// Makes a system call whose arguments need no memory of the agent's own.
    func call(_ number: SystemCallNumber, _ arguments: [UInt64], in agent: Agent) throws(LiveError) -> LiveResult {
        if number == .mlockall { try warmAll(agent) }
        let before = try agent.faults()
        let result = try agent.call(number, arguments: arguments).result
        let faults = try agent.faults() - before
        if number == .shmget && result >= 0 { segments?.append(result) }
        return LiveResult(outcome: .value(result), faults: faults)
    }

    /// Makes memory accesses: one at `first`, or one a page below `end`.
    func access(
        _ kind: fl_agent_access, first: UInt64, end: UInt64 = 0, byte: UInt8 = 0, in agent: Agent
    ) throws(LiveError) -> LiveResult {
        let before = try agent.faults()
        let access = try agent.access(kind, first: first, end: end, byte: byte)
        return LiveResult(outcome: .access(access), faults: try agent.faults() - before)
    }

    /// mincore(2), through the agent's buffer a part at a time.
    func mincore(_ address: UInt64, _ length: UInt64, in agent: Agent) throws(LiveError) -> LiveResult {
        let part = FL_AGENT_BSS_BYTES << 12
        var residency: [Bool] = []
        var done: UInt64 = 0
        let (rounded, overflow) = length.addingReportingOverflow(0xfff)
        let total = overflow ? length : rounded & ~0xfff
        repeat {
            // The first call has the whole length where its check of the range would fail.
            let size = total > 1 << 47 ? length : min(part, total - done)
            let result = try agent.call(.mincore, address &+ done, size, FL_AGENT_BSS)
            guard result == 0 else { return LiveResult(value: result) }
            let bytes = try agent.read(at: FL_AGENT_BSS, count: Int(size >> 12))
            residency += bytes.map { $0 & 1 != 0 }
            done += size
        } while done < total
        return LiveResult(outcome: .residency(residency), faults: FaultCounts(minor: 0, major: 0))
    }

    /// setrlimit(2) with soft and hard limit alike.
    func setLimit(_ resource: UInt64, _ limit: UInt64, in agent: Agent) throws(LiveError) -> LiveResult {
        // SAFETY: copies the bytes of a local array.
        let bytes = [limit, limit].withUnsafeBytes { Array($0) }
        try agent.write(bytes, at: FL_AGENT_BSS)
        return LiveResult(value: try agent.call(.setrlimit, resource, FL_AGENT_BSS))
    }

    /// pwrite(2) of `length` bytes, each `byte`. Precondition: the length fits the agent's buffer.
    func pwrite(
        _ file: UInt64, offset: UInt64, length: UInt64, byte: UInt8, in agent: Agent
    ) throws(LiveError) -> LiveResult {
        precondition(length <= FL_AGENT_BSS_BYTES)
        try agent.write([UInt8](repeating: byte, count: Int(length)), at: FL_AGENT_BSS)
        return LiveResult(value: try agent.call(.pwrite, file, FL_AGENT_BSS, length, offset))
    }

    /// pread(2) of `length` bytes. Precondition: the length fits the agent's buffer.
    func pread(_ file: UInt64, offset: UInt64, length: UInt64, in agent: Agent) throws(LiveError) -> LiveResult {
        precondition(length <= FL_AGENT_BSS_BYTES)
        return LiveResult(value: try agent.call(.pread, file, FL_AGENT_BSS, length, offset))
    }
}

extension LiveResult {
    /// A system call's result where faults are not counted.
    init(value: Int64) {
        self.init(outcome: .value(value), faults: FaultCounts(minor: 0, major: 0))
    }
}
