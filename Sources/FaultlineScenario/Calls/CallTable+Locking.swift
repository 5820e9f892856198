import Faultline

extension CallTable {
    /// Calls that keep pages in memory, ask whether they are, and write them back.
    static let locking: [CallDefinition] = [
        CallDefinition(
            "mlock", ["addr", "len"], number: 149,
            about: "mlock(2): locks the range and brings its pages in.", example: "mlock(W, 16K)",
            done: { try $0.machine.mlock($0.process, $0[0], $0[1]) }),
        CallDefinition(
            "mlock2", ["addr", "len", "flags"], number: 325,
            about: "mlock2(2): with MLOCK_ONFAULT each page is locked when it is first touched.",
            example: "mlock2(W, 16K, MLOCK_ONFAULT)",
            done: { try $0.machine.mlock2($0.process, $0[0], $0[1], flags: $0[2]) }),
        CallDefinition(
            "munlock", ["addr", "len"], number: 150,
            about: "munlock(2): the opposite of `mlock`.", example: "munlock(W, 16K)",
            done: { try $0.machine.munlock($0.process, $0[0], $0[1]) }),
        CallDefinition(
            "mlockall", ["flags"], number: 151,
            about: "mlockall(2) with MCL_CURRENT, MCL_FUTURE and MCL_ONFAULT.", example: "mlockall(MCL_FUTURE)",
            done: { try $0.machine.mlockall($0.process, flags: $0[0]) }),
        CallDefinition(
            "munlockall", number: 152,
            about: "munlockall(2).", example: "munlockall()", done: { try $0.machine.munlockall($0.process) }),
        CallDefinition(
            "mincore", ["addr", "len"], result: .residency, faults: .never, number: 27,
            about: """
                mincore(2): the result is one bit for each page, from the first on, 1 where it is in memory. A length of 0 \
                gives no bits, and the result is written `ok`.
                """,
            example: "mincore(W, 16K)",
            custom: { StatementResult(.residency(try $0.machine.mincore($0.process, $0[0], $0[1]))) }),
        CallDefinition(
            "msync", ["addr", "len", "flags"], number: 26,
            about: "msync(2): MS_SYNC writes the dirty pages of shared file mappings back.",
            example: "msync(W, 16K, MS_SYNC)",
            done: { try $0.machine.msync($0.process, $0[0], $0[1], flags: $0.int(2)) }),
    ]
}
