/// The stack of a new program: strings at its end, and below them argc, argv, envp and the auxiliary vector
/// (`copy_strings` and `setup_arg_pages` in `fs/exec.c`, `create_elf_tables` in `fs/binfmt_elf.c`).
struct InitialStack {
    /// The VMA.
    let base: VirtualAddress
    let top: VirtualAddress
    /// argv, envp and the path, each with its zero byte.
    let strings: [UInt8]
    let stringsStart: VirtualAddress
    /// The stack pointer at the first instruction, and what it points to.
    private(set) var pointer: VirtualAddress = 0
    private(set) var words: [UInt8] = []
    private let argumentOffsets: [UInt64]
    private let environmentOffsets: [UInt64]

    /// Room for "x86_64" and for the bytes of AT_RANDOM.
    private static let extraBytes: UInt64 = 7 + 16
    /// 22 pairs and AT_NULL.
    private static let auxiliaryWords: UInt64 = 46
    /// `stack_expand`: room below the strings that is mapped at once.
    private static let headroom: UInt64 = 131_072
    private static let longestString = 131_072

    /// - Throws: E2BIG as ``ELFError``.
    init(_ execution: Execution, top: VirtualAddress, limit: UInt64) throws(ELFError) {
        let arguments = execution.arguments.isEmpty ? [""] : execution.arguments
        var bytes: [UInt8] = []
        var offsets: [UInt64] = []
        for string in arguments + execution.environment + [execution.path] {
            if string.utf8.count >= Self.longestString {
                throw Self.tooBig(execution, string.utf8.count, "a string must be shorter than 131072 bytes")
            }
            offsets.append(UInt64(bytes.count))
            bytes += Array(string.utf8) + [0]
        }
        // bprm_stack_limits: a quarter of the stack, three quarters of 8 MiB, and 128 KiB whatever the limit.
        let allowed = max(min(limit / 4, 6 << 20), 131_072)
        let needed = UInt64(bytes.count) + UInt64(arguments.count + execution.environment.count) * 8
        if needed > allowed {
            throw Self.tooBig(execution, Int(needed), "arguments and environment may take \(allowed) bytes")
        }
        self.top = top
        strings = bytes
        stringsStart = top - 8 - UInt64(bytes.count)
        let size = top - stringsStart.pageAlignedDown
        base = min(top - min(limit.pageAlignedDown, size + Self.headroom), stringsStart.pageAlignedDown)
        argumentOffsets = Array(offsets.prefix(arguments.count))
        environmentOffsets = Array(offsets.dropFirst(arguments.count).dropLast())
    }

    /// `create_elf_tables`, from the aligned end of the strings.
    mutating func place(pointer end: VirtualAddress) {
        let count = UInt64(argumentOffsets.count + environmentOffsets.count) + 3
        pointer = (end - Self.extraBytes - (Self.auxiliaryWords + count) * 8) & ~15
        let start = stringsStart
        let list =
            [UInt64(argumentOffsets.count)] + argumentOffsets.map { start + $0 } + [0]
            + environmentOffsets.map { start + $0 } + [0]
        words = list.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    private static func tooBig(_ execution: Execution, _ size: Int, _ rule: String) -> ELFError {
        ELFError(
            file: execution.path, field: "the size of argv and envp", value: UInt64(size), rule: rule, errno: .E2BIG)
    }
}
