import Faultline

extension CallTable {
    /// Other ways to one file, and what may be done through them.
    static let descriptors: [CallDefinition] = [
        CallDefinition(
            "dup", ["fd"], result: .ok, number: 32,
            about: "dup(2): NAME is another descriptor of the same open file.", example: "g = dup(f)",
            value: { UInt64(try $0.machine.dup($0.process, $0.int(0))) }),
        CallDefinition(
            "reopen", ["fd", "flags"], result: .ok, faults: .never,
            about: """
                Opens /proc/self/fd/FD with O_RDONLY, O_WRONLY or O_RDWR: NAME is a descriptor of the same file with a mode of its \
                own. Other flags are EINVAL.
                """,
            example: "r = reopen(f, O_RDONLY)",
            value: {
                guard let mode = OpenMode(rawValue: $0[1]) else {
                    throw $0.machine.refusing(
                        .EINVAL, .argument("flags", .bits($0[1]), "must be O_RDONLY, O_WRONLY or O_RDWR"))
                }
                return UInt64(
                    try $0.machine.reopen(
                        $0.process, $0.int(0), reads: mode != .writing, writes: mode != .reading))
            }),
        CallDefinition(
            "fcntl_add_seals", ["fd", "seals"], faults: .never,
            about: "fcntl(2) with F_ADD_SEALS, and F_SEAL_ constants.", example: "fcntl_add_seals(f, F_SEAL_WRITE)",
            done: { try $0.machine.addSeals($0.process, $0.int(0), UInt32(truncatingIfNeeded: $0[1])) }),
        CallDefinition(
            "fcntl_get_seals", ["fd"], faults: .never,
            about: "fcntl(2) with F_GET_SEALS: the result is the set of seals.",
            example: "fcntl_get_seals(f) => F_SEAL_SEAL",
            value: { UInt64(try $0.machine.seals($0.process, $0.int(0))) }),
    ]
}

/// How `reopen` opens a file (`O_ACCMODE` of open(2)).
public enum OpenMode: UInt64, Sendable {
    /// O_RDONLY.
    case reading = 0
    /// O_WRONLY.
    case writing = 1
    /// O_RDWR.
    case both = 2
}
