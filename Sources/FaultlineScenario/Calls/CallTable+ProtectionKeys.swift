import Faultline

extension CallTable {
    /// Protection keys. Without them (`--cpu pku=off`) pkey_alloc fails, every key is EINVAL, and the instructions SIGILL.
    static let protectionKeys: [CallDefinition] = [
        CallDefinition(
            "pkey_alloc", ["flags", "rights"], number: 330,
            about: """
                pkey_alloc(2): takes the lowest free protection key and sets its bits in PKRU to `rights` \
                (PKEY_DISABLE_ACCESS, PKEY_DISABLE_WRITE). The result is the key, 1 to 15. ENOSPC where all are taken. \
                Where the processor has no keys, the first call in an address space is EINVAL and all others are ENOSPC.
                """,
            example: "k = pkey_alloc(0, PKEY_DISABLE_WRITE)",
            value: { try $0.machine.pkeyAlloc($0.process, flags: $0[0], rights: $0[1]) }),
        CallDefinition(
            "pkey_free", ["pkey"], number: 331,
            about: "pkey_free(2): gives a key back. Memory that has it keeps it, and PKRU stays as it is.",
            example: "pkey_free(1)", done: { try $0.machine.pkeyFree($0.process, key: $0.int(0)) }),
        CallDefinition(
            "pkey_mprotect", ["addr", "len", "prot", "pkey"], number: 329,
            about: """
                pkey_mprotect(2): as `mprotect`, and the memory has the key afterwards; -1 is `mprotect` itself. In the state \
                `ProtectionKey=N` is the key of a VMA, where it is not 0.
                """,
            example: "pkey_mprotect(W, 8K, PROT_READ|PROT_WRITE, 1)",
            done: { try $0.machine.pkeyMprotect($0.process, $0[0], $0[1], prot: $0[2], key: $0.int(3)) }),
        CallDefinition(
            "wrpkru", ["value"], result: .ok,
            about: """
                The instruction WRPKRU: what the process may do with the pages of each key, two bits a key from bit 0 on (1 \
                closes it, 2 makes it read-only). The low 32 bits count. Key 0 stays open, since the process's own stack has \
                it: bits 0 and 1 must be 0. A processor without keys raises `SIGILL ILL_ILLOPN at 0`.
                """,
            example: "wrpkru(0)",
            custom: {
                let fault = try $0.machine.writePKRU($0.process, UInt32(truncatingIfNeeded: $0[0]))
                return fault.map { StatementResult($0) } ?? StatementResult(.ok)
            }),
        CallDefinition(
            "rdpkru",
            about: "The instruction RDPKRU: the result is the register. 0x55555554 when a program starts.",
            example: "rdpkru()",
            custom: {
                switch try $0.machine.readPKRU($0.process) {
                case .success(let value): StatementResult(.value(UInt64(value)))
                case .failure(let fault): StatementResult(fault)
                }
            }),
    ]
}
