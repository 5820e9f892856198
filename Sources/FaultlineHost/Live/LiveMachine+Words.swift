import CHost
import FaultlineScenario
import Glibc

extension LiveMachine {
    /// Opens /proc/self/fd/FILE anew.
    func reopen(_ file: UInt64, flags: UInt64, in agent: Agent) throws(LiveError) -> StatementResult {
        guard let mode = OpenMode(rawValue: flags) else { return StatementResult(.error(.EINVAL)) }
        let path = "/proc/self/fd/\(Int32(truncatingIfNeeded: file))"
        try agent.write(Array(path.utf8) + [0], at: FL_AGENT_BSS)
        let descriptor = try agent.call(.open, FL_AGENT_BSS, mode.rawValue)
        // A number that is no descriptor has no entry there.
        return try StatementResult(raw: descriptor == -Int64(ENOENT) ? -Int64(EBADF) : descriptor).shownAsOK()
    }

    /// setuid(2). An agent that is not root's would fail where a program's succeeds, or lives in a user namespace with one user.
    func setUser(_ user: UInt64, in agent: Agent) throws(LiveError) -> StatementResult {
        if geteuid() != 0 { throw .unsupported("setuid takes root on the live kernel") }
        return try StatementResult(raw: agent.call(SystemCallNumber(rawValue: 105), user))
    }

    /// Takes a capability from the agent's effective, permitted and inheritable sets (capget(2), capset(2)), and from its bounding
    /// set: root that gets one back in execve loses ADDR_NO_RANDOMIZE, and the places of its memory with it.
    func dropCapability(_ name: String, in agent: Agent) throws(LiveError) -> StatementResult {
        guard let capability = CapabilityName(name: name) else { return StatementResult(.error(.EINVAL)) }
        // _LINUX_CAPABILITY_VERSION_3, and this process.
        let header: [UInt32] = [0x2008_0522, 0]
        try agent.write(Self.bytes(header), at: FL_AGENT_BSS)
        let sets = FL_AGENT_BSS + 16
        let result = try agent.call(.capget, FL_AGENT_BSS, sets)
        guard result == 0 else { return try StatementResult(raw: result) }
        var bytes = try agent.read(at: sets, count: 24)
        // Two records of three words: effective, permitted, inheritable.
        let number = Int(capability.rawValue)
        for word in 0..<3 { bytes[number / 32 * 12 + word * 4 + number % 32 / 8] &= ~(1 << UInt8(number % 8)) }
        try agent.write(bytes, at: sets)
        // Who is not root may not, and has no need to.
        _ = try agent.call(.prctl, Self.dropFromBoundingSet, UInt64(number))
        return try StatementResult(raw: agent.call(.capset, FL_AGENT_BSS, sets))
    }

    /// PR_CAPBSET_DROP of prctl(2).
    private static let dropFromBoundingSet: UInt64 = 24

    private static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }
}
