import FaultlineScenario

extension LiveCallTable {
    /// Faults that userspace serves.
    static let userfaults: [(String, Action)] = descriptorCalls + requests.map { ($0, askUserfault) }

    private static let descriptorCalls: [(String, Action)] = [
        ("userfaultfd", { try $0.machine.userfaultfd($0[0], in: $0.agent) }),
        ("uffd_read", { try $0.machine.readUserfault($0[0], in: $0.agent) }),
    ]

    private static let requests = [
        "uffd_api", "uffd_register", "uffd_unregister", "uffd_wake", "uffd_wp", "uffd_copy", "uffd_zeropage",
        "uffd_continue", "uffd_poison", "uffd_move",
    ]

    private static let askUserfault: Action = { try $0.machine.askUserfault($0.call, in: $0.agent) }
}
