import FaultlineScenario
import Glibc

extension LiveCallTable {
    /// Other ways to one file.
    static let descriptors: [(String, Action)] = [
        ("reopen", { try $0.machine.reopen($0[0], flags: $0[1], in: $0.agent) }),
        ("fcntl_add_seals", { try StatementResult(raw: $0.agent.call(.fcntl, $0[0], Fcntl.addSeals, $0[1])) }),
        ("fcntl_get_seals", { try StatementResult(raw: $0.agent.call(.fcntl, $0[0], Fcntl.getSeals)) }),
        ("setuid", { try $0.machine.setUser($0[0], in: $0.agent) }),
        ("drop_capability", { try $0.machine.dropCapability($0.call.text, in: $0.agent) }),
    ]

    /// What concerns the recording only.
    static let observation: [(String, Action)] = [
        ("show", { _ in StatementResult(.ok) }), ("assert", { _ in StatementResult(.ok) }),
    ]
}

/// Commands of fcntl(2) (uapi/linux/fcntl.h).
private enum Fcntl {
    static let addSeals: UInt64 = 1033
    static let getSeals: UInt64 = 1034
}
