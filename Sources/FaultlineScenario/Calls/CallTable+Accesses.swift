extension CallTable {
    /// The accesses of memory.
    static let accesses: [CallDefinition] = [
        CallDefinition(
            "load", ["p"], faults: .always,
            about: "Reads the byte at `p`. The result is the byte, or the signal that the access ends in.",
            example: "load(W) => SIGSEGV SEGV_MAPERR",
            custom: { try $0.executor.load($0) }),
        CallDefinition(
            "store", ["p", "v"], result: .ok, faults: .always,
            about: "Writes the low byte of `v` to `p`.", example: "store(W, 7)",
            custom: { try $0.executor.store($0) }),
        CallDefinition(
            "read_pages", ["p", "len"], result: .pages, faults: .always,
            about: """
                Reads one byte at `p`, and one at the start of each later page that begins below `p + len`. It stops at the \
                first signal. `pages=N` says how many accesses were made.
                """,
            example: "read_pages(W, 64K)",
            custom: { try $0.executor.accessPages($0, writing: nil) }),
        CallDefinition(
            "write_pages", ["p", "len", "v"], result: .pages, faults: .always,
            about: "As `read_pages`, but writes the byte `v` each time.", example: "write_pages(W, 64K, 7)",
            custom: { try $0.executor.accessPages($0, writing: $0.byte(2)) }),
        CallDefinition(
            "exec", ["p"], result: .ok, faults: .always,
            about: """
                Fetches and executes one instruction at `p`. It must be RET (the byte 0xc3, 195): any other instruction ends \
                the run with an error.
                """,
            example: "exec(p)",
            custom: { try $0.executor.execute($0) }),
    ]
}
