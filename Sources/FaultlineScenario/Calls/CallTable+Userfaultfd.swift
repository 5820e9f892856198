import Faultline

extension CallTable {
    /// Faults that userspace serves.
    static let userfaults: [CallDefinition] = [
        CallDefinition(
            "userfaultfd", ["flags"], result: .ok, number: 323,
            about: """
                userfaultfd(2): NAME is a descriptor that serves faults of the process's memory. `flags` are O_NONBLOCK, which \
                `uffd_read` needs, O_CLOEXEC, and UFFD_USER_MODE_ONLY: faults of the kernel itself are not served then.
                """,
            example: "u = userfaultfd(O_NONBLOCK)",
            value: { UInt64(try $0.machine.userfaultfd($0.process, flags: $0[0])) }),
        CallDefinition(
            "uffd_api", ["fd", "features"], faults: .never,
            about: """
                UFFDIO_API, which comes first. The recording says `ok features=0x... ioctls=0x...`, what the kernel has.
                """,
            example: "uffd_api(u, UFFD_FEATURE_EVENT_FORK)",
            custom: {
                let answer = try $0.machine.userfaultAPI($0.process, $0.int(0), features: $0[1])
                return StatementResult(.userfault(features: answer.features, ioctls: answer.ioctls))
            }),
        CallDefinition(
            "uffd_register", ["fd", "addr", "len", "mode"],
            about: """
                UFFDIO_REGISTER: from now on accesses of the range wait, with UFFDIO_REGISTER_MODE_MISSING where nothing is there, with \
                _MINOR where a memory file has the page and the page table does not, with _WP for writes to pages that \
                `uffd_wp` has protected. The recording says `ok ioctls=0x...`, the calls that work there.
                """,
            example: "uffd_register(u, W, 64K, UFFDIO_REGISTER_MODE_MISSING)",
            custom: {
                let calls = try $0.machine.userfaultRegister($0.process, $0.int(0), $0[1], $0[2], mode: $0[3])
                return StatementResult(.userfault(features: nil, ioctls: calls))
            }),
        CallDefinition(
            "uffd_unregister", ["fd", "addr", "len"], result: .ok,
            about: "UFFDIO_UNREGISTER: who waits for a missing page of the range runs on.",
            example: "uffd_unregister(u, W, 64K)",
            done: { try $0.machine.userfaultUnregister($0.process, $0.int(0), $0[1], $0[2]) }),
        CallDefinition(
            "uffd_wake", ["fd", "addr", "len"], result: .ok,
            about: "UFFDIO_WAKE: who waits for a page of the range makes its access again.",
            example: "uffd_wake(u, fault&~4095, 4K)",
            done: { try $0.machine.userfaultWake($0.process, $0.int(0), $0[1], $0[2]) }),
        CallDefinition(
            "uffd_wp", ["fd", "addr", "len", "mode"], result: .ok,
            about: """
                UFFDIO_WRITEPROTECT: with UFFDIO_WRITEPROTECT_MODE_WP writes to the range wait from now on, without it they \
                go on, those that wait too.
                """,
            example: "uffd_wp(u, W, 64K, UFFDIO_WRITEPROTECT_MODE_WP)",
            done: { try $0.machine.userfaultWriteProtect($0.process, $0.int(0), $0[1], $0[2], mode: $0[3]) }),
        CallDefinition(
            "uffd_copy", ["fd", "dst", "src", "len", "mode"],
            about: """
                UFFDIO_COPY: puts copies of the caller's memory at `src` where nothing is. The result is the bytes that are done; an \
                error after a part is `-1 ERRNO after 0xBYTES`.
                """,
            example: "uffd_copy(u, fault&~4095, W+1M, 4K, 0)",
            custom: { try filled($0.machine.userfaultCopy($0.process, $0.int(0), $0[1], $0[2], $0[3], mode: $0[4])) }),
        CallDefinition(
            "uffd_zeropage", ["fd", "addr", "len", "mode"],
            about: "UFFDIO_ZEROPAGE: zeros where nothing is; results as of `uffd_copy`.",
            example: "uffd_zeropage(u, fault&~4095, 4K, 0)",
            custom: { try filled($0.machine.userfaultZeroPage($0.process, $0.int(0), $0[1], $0[2], mode: $0[3])) }),
        CallDefinition(
            "uffd_continue", ["fd", "addr", "len", "mode"],
            about: "UFFDIO_CONTINUE: maps the pages that the memory file has; results as of `uffd_copy`.",
            example: "uffd_continue(u, fault&~4095, 4K, 0)",
            custom: { try filled($0.machine.userfaultContinue($0.process, $0.int(0), $0[1], $0[2], mode: $0[3])) }),
        CallDefinition(
            "uffd_poison", ["fd", "addr", "len", "mode"],
            about: "UFFDIO_POISON: accesses of the range are SIGBUS from now on; results as of `uffd_copy`.",
            example: "uffd_poison(u, fault&~4095, 4K, 0)",
            custom: { try filled($0.machine.userfaultPoison($0.process, $0.int(0), $0[1], $0[2], mode: $0[3])) }),
        CallDefinition(
            "uffd_move", ["fd", "dst", "src", "len", "mode"],
            about: """
                UFFDIO_MOVE: private pages of the caller's go from `src` to where nothing is, with their frames; results as of \
                `uffd_copy`. Holes are ENOENT without UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES.
                """,
            example: "uffd_move(u, W, W+1M, 4K, 0)",
            custom: { try filled($0.machine.userfaultMove($0.process, $0.int(0), $0[1], $0[2], $0[3], mode: $0[4])) }),
        CallDefinition(
            "uffd_read", ["fd"], faults: .never,
            about: """
                Reads one event of a userfaultfd that is open with O_NONBLOCK, and lets its process run on: `FORK` (NAME is \
                the descriptor for the child's memory, in the process that reads), `REMAP FROM TO LEN`, `REMOVE START-END`, \
                `UNMAP START-END`; EAGAIN where there is none. Messages of page faults are read by themselves, as soon as a \
                statement waits.
                """,
            example: "e = uffd_read(u)", custom: { try readUserfault($0) }),
    ]

    /// The bytes that are done, and the error after them.
    private static func filled(_ answer: CallAnswer) -> StatementResult {
        guard let error = answer.error else { return StatementResult(.value(answer.value)) }
        return StatementResult(answer.value == 0 ? .error(error) : .partial(error, answer.value))
    }

    private static func readUserfault(_ call: SimulatedCall) throws -> StatementResult {
        guard try call.machine.isReadableUserfault(call.process, call.int(0)) else {
            throw ExecutionFailure.notReadable(descriptor: call.int(0))
        }
        let event = try call.machine.userfaultRead(call.process, call.int(0))
        return StatementResult(.notice(event.notice), value: Int64(event.descriptor))
    }
}
