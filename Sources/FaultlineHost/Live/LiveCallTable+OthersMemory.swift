import CHost
import FaultlineScenario
import Glibc

extension LiveCallTable {
    /// Calls about other processes' memory, which take vectors and descriptors of processes; and rings.
    static let othersMemory: [(String, Action)] = [
        ("process_vm_readv", { try $0.copyProcessMemory(.processVMReadv) }),
        ("process_vm_writev", { try $0.copyProcessMemory(.processVMWritev) }),
        (
            "process_madvise",
            { call in
                try call.withDescriptorOfTarget { descriptor in
                    try call.agent.write(Self.words([call[0], call[1]]), at: FL_AGENT_BSS)
                    return try call.machine.call(
                        .processMadvise, [descriptor, FL_AGENT_BSS, 1, call[2], call[3]], in: call.agent)
                }
            }
        ),
        (
            "process_mrelease",
            { call in
                try call.withDescriptorOfTarget {
                    try call.machine.call(.processMrelease, [$0, call[0]], in: call.agent)
                }
            }
        ),
        ("pin", { try $0.pin() }),
        (
            "unpin",
            { call in
                let result = try call.machine.call(.ringRegister, [call[0], 1, 0, 0], in: call.agent)
                if case .value(0) = result.outcome { _ = try call.agent.call(.close, call[0]) }
                return result
            }
        ),
    ]

    /// Words as they lie in memory.
    static func words(_ words: [UInt64]) -> [UInt8] {
        // SAFETY: copies the bytes of a local array.
        words.withUnsafeBytes { Array($0) }
    }
}

extension LiveCall {
    /// process_vm_readv(2) or process_vm_writev(2).
    fileprivate func copyProcessMemory(_ number: SystemCallNumber) throws -> StatementResult {
        let process = UInt64(try target.process)
        let vectors = LiveCallTable.words([self[0], self[2], self[1], self[2]])
        try agent.write(vectors, at: FL_AGENT_BSS)
        return try machine.call(number, [process, FL_AGENT_BSS, 1, FL_AGENT_BSS + 16, 1, 0], in: agent)
    }

    /// Calls `body` with a pidfd of the process that the call is about, which the agent opens for it.
    fileprivate func withDescriptorOfTarget(_ body: (UInt64) throws -> StatementResult) throws -> StatementResult {
        let descriptor = try agent.call(.pidfdOpen, UInt64(try target.process))
        guard descriptor >= 0 else { return try StatementResult(raw: descriptor) }
        let result = try body(UInt64(descriptor))
        _ = try agent.call(.close, UInt64(descriptor))
        return result
    }

    /// A ring with one entry, and its buffer.
    fileprivate func pin() throws -> StatementResult {
        try agent.write([UInt8](repeating: 0, count: 128), at: FL_AGENT_BSS)
        let ring = try agent.call(.ringSetup, 1, FL_AGENT_BSS)
        guard ring >= 0 else { return try StatementResult(raw: ring) }
        try agent.write(LiveCallTable.words([self[0], self[1]]), at: FL_AGENT_BSS)
        // Where it waits, this is still to do.
        machine.waitingRings[agent.process] = ring
        let result = try machine.call(.ringRegister, [UInt64(ring), 0, FL_AGENT_BSS, 1], in: agent)
        return try pinned(result)
    }

    /// What became of a ring whose buffer is registered, or is not.
    func pinned(_ answer: StatementResult) throws -> StatementResult {
        guard let ring = machine.waitingRings.removeValue(forKey: agent.process) else { return answer }
        var result = answer
        if case .value = result.outcome {
            result.outcome = .ok
            result.value = ring
        } else {
            _ = try agent.call(.close, UInt64(ring))
        }
        return result
    }
}

extension SystemCallNumber {
    /// process_vm_readv(2) and process_vm_writev(2).
    fileprivate static let processVMReadv = SystemCallNumber(rawValue: 310)
    fileprivate static let processVMWritev = SystemCallNumber(rawValue: 311)
    /// io_uring_setup(2) and io_uring_register(2).
    fileprivate static let ringSetup = SystemCallNumber(rawValue: 425)
    fileprivate static let ringRegister = SystemCallNumber(rawValue: 427)
    /// pidfd_open(2), process_madvise(2), process_mrelease(2).
    fileprivate static let pidfdOpen = SystemCallNumber(rawValue: 434)
    fileprivate static let processMadvise = SystemCallNumber(rawValue: 440)
    fileprivate static let processMrelease = SystemCallNumber(rawValue: 448)
}
