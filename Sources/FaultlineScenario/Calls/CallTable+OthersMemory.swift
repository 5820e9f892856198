import Faultline

extension CallTable {
    /// What processes do to each other's memory, and pages that stay pinned.
    static let othersMemory: [CallDefinition] = [
        CallDefinition(
            "process_vm_readv", [.process, "local", "remote", "len"],
            about: """
                process_vm_readv(2), one range on each side: copies `len` bytes at `remote` in the process to `local` in the one that \
                calls. The result is how many came, up to the first page that cannot be had; EFAULT where none. Protection counts \
                (there is no FOLL_FORCE), and the faults on both sides are the caller's. A page that the process shares with another \
                by fork becomes its own.
                """,
            example: "process_vm_readv(c, W, W+8K, 100)", value: { try copy($0, writes: false) }),
        CallDefinition(
            "process_vm_writev", [.process, "local", "remote", "len"],
            about: """
                process_vm_writev(2): as `process_vm_readv`, the other way. Every page of the process that it took carries `dirty` then.
                """,
            example: "process_vm_writev(c, W, W+8K, 100)", value: { try copy($0, writes: true) }),
        CallDefinition(
            "process_madvise", [.process, "addr", "len", "advice", .optional("flags")],
            about: """
                process_madvise(2) of one range, through a pidfd. About another process only MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED and \
                MADV_COLLAPSE. The result is `len`.
                """,
            example: "process_madvise(c, W, 16K, MADV_COLD)",
            value: {
                try $0.machine.processMadvise(
                    $0.process, of: try $0.target, $0[0], $0[1], advice: $0.int(2),
                    flags: UInt32(truncatingIfNeeded: $0[3]))
            }),
        CallDefinition(
            "process_mrelease", [.process, .optional("flags")],
            about: """
                process_mrelease(2), through a pidfd. It is for a process that is being killed, and EINVAL for any other.
                """,
            example: "process_mrelease(c)",
            done: {
                try $0.machine.processMrelease(
                    $0.process, of: try $0.target, flags: UInt32(truncatingIfNeeded: $0[0]))
            }),
        CallDefinition(
            "pin", ["addr", "len"], result: .ok,
            about: """
                Registers the range as a buffer of a new ring (io_uring_setup(2), io_uring_register(2)): its pages are faulted in for \
                writing and stay pinned. NAME takes the ring's descriptor. Pinned pages are copied when the process forks, are not \
                reclaimed and do not move; they stay when they are unmapped. In the state the process has `pinned=NK` (VmPin).
                """,
            example: "r = pin(W, 8K)", value: { UInt64(try $0.machine.pin($0.process, $0[0], $0[1])) }),
        CallDefinition(
            "unpin", ["ring"],
            about: "Takes back what `pin` registered, and closes the ring.",
            example: "unpin(r)", done: { try $0.machine.unpin($0.process, $0.int(0)) }),
    ]

    private static func copy(_ call: SimulatedCall, writes: Bool) throws -> UInt64 {
        try call.machine.copyProcessMemory(
            call.process, of: try call.target, local: call[0], remote: call[1], length: call[2], writes: writes)
    }
}
