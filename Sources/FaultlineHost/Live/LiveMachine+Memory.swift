import CHost
import FaultlineScenario
import Glibc

extension LiveMachine {
    /// Reads (`byte` nil) or writes memory of a process through its /proc/PID/mem, which the agent opens for this call.
    /// Precondition: the length fits the agent's first buffer page.
    func accessMemory(
        of target: Agent, _ address: UInt64, _ length: UInt64, byte: UInt8?, in agent: Agent
    ) throws(LiveError) -> StatementResult {
        precondition(length <= 4096)
        try agent.write(Array("/proc/\(target.process)/mem".utf8) + [0], at: FL_AGENT_BSS)
        let file = try agent.call(.open, FL_AGENT_BSS, UInt64(O_RDWR | O_CLOEXEC), 0)
        // The agent's user may not look into the process.
        if file == -Int64(EACCES) { return StatementResult(.error(.EACCES)) }
        guard file >= 0 else {
            throw .host(action: "open /proc/PID/mem of process \(target.name)", errno: Int32(-file))
        }
        let descriptor = UInt64(file)
        let result: StatementResult
        if let byte {
            try agent.write([UInt8](repeating: byte, count: Int(length)), at: FL_AGENT_BSS)
            result = try call(.pwrite, [descriptor, FL_AGENT_BSS, length, address], in: agent)
        } else {
            result = try call(.pread, [descriptor, FL_AGENT_BSS, length, address], in: agent)
        }
        _ = try agent.call(.close, descriptor)
        return result
    }

    /// A write to /proc/self/oom_score_adj, which ends with the process.
    func setOutOfMemoryAdjustment(_ adjustment: Int64, in agent: Agent) throws(LiveError) -> StatementResult {
        try agent.write(Array("/proc/self/oom_score_adj".utf8) + [0], at: FL_AGENT_BSS)
        let file = try agent.call(.open, FL_AGENT_BSS, UInt64(O_WRONLY | O_CLOEXEC), 0)
        if file == -Int64(EACCES) { return StatementResult(.error(.EACCES)) }
        guard file >= 0 else {
            throw .host(action: "open /proc/self/oom_score_adj of process \(agent.name)", errno: Int32(-file))
        }
        let text = Array(String(adjustment).utf8)
        try agent.write(text, at: FL_AGENT_BSS)
        let result = try agent.call(.write, UInt64(file), FL_AGENT_BSS, UInt64(text.count), 0)
        _ = try agent.call(.close, UInt64(file))
        return result < 0 ? try StatementResult(raw: result) : StatementResult(.ok)
    }

    /// move_pages(2) of pages side by side. Precondition: at most 16.
    func movePages(
        of target: Agent, _ address: UInt64, count: UInt64, node: UInt64, flags: UInt64, in agent: Agent
    ) throws(LiveError) -> StatementResult {
        precondition(count <= 16)
        let (nodes, statuses) = (FL_AGENT_BSS + 128, FL_AGENT_BSS + 192)
        let wanted = Int32(truncatingIfNeeded: node)
        var bytes: [UInt8] = []
        for page in 0..<count { withUnsafeBytes(of: address &+ page << 12) { bytes += $0 } }
        try agent.write(bytes, at: FL_AGENT_BSS)
        try agent.write((0..<count).flatMap { _ in withUnsafeBytes(of: wanted) { Array($0) } }, at: nodes)
        // Pages that the kernel does not come to keep a status that it never gives.
        let none = Int32.max
        try agent.write((0..<count).flatMap { _ in withUnsafeBytes(of: none) { Array($0) } }, at: statuses)
        let result = try agent.call(
            SystemCallNumber(rawValue: 279), UInt64(target.process), count, FL_AGENT_BSS, wanted == -1 ? 0 : nodes,
            statuses, flags)
        guard result >= 0 else { return try StatementResult(raw: result) }
        let words = try agent.read(at: statuses, count: Int(count) * 4)
        let found = (0..<Int(count)).map { page in
            Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(words[page * 4 + $1]) << (8 * $1) })
        }
        return StatementResult(.statuses(UInt64(result), found.filter { $0 != none }))
    }
}
