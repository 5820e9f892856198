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
}
