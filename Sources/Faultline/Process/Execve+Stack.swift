/// The stack of a new program: strings at its end, and below them argc, argv, envp and the auxiliary vector
/// (`copy_strings` and `setup_arg_pages` in `fs/exec.c`, `create_elf_tables` in `fs/binfmt_elf.c`).
struct InitialStack {
    /// The VMA.
    let base: VirtualAddress
    let top: VirtualAddress
    /// argv, envp and the path, each with its zero byte; before them, what a script took off again.
    let strings: [UInt8]
    /// Where they begin.
    let lowest: VirtualAddress
    /// Where the first argument begins.
    let stringsStart: VirtualAddress
    /// The stack pointer at the first instruction, and what it points to.
    private(set) var pointer: VirtualAddress = 0
    private(set) var words: [UInt8] = []
    private let arguments: [VirtualAddress]
    private let environment: [VirtualAddress]

    /// Room for "x86_64" and for the bytes of AT_RANDOM.
    private static let extraBytes: UInt64 = 7 + 16
    /// 22 pairs and AT_NULL.
    private static let auxiliaryWords: UInt64 = 46
    /// `stack_expand`: room below the strings that is mapped at once.
    private static let headroom: UInt64 = 131_072

    /// - Throws: E2BIG as ``ELFError``.
    init(_ execution: Execution, top: VirtualAddress) throws(ELFError) {
        var stack = StringStack(execution, top: top)
        _ = try stack.push(Array(execution.path.utf8))
        environment = try stack.push(execution.environment.map { Array($0.utf8) })
        var list = try stack.push((execution.arguments.isEmpty ? [""] : execution.arguments).map { Array($0.utf8) })
        var path = Array(execution.path.utf8)
        for script in execution.scripts {
            // load_script: the script's path takes the place of argv[0], its interpreter and argument come before it.
            list.removeFirst()
            stack.removeLowest()
            for string in [path, script.argument, script.interpreter].compactMap(\.self) {
                list.insert(try stack.push(string), at: 0)
            }
            path = script.interpreter
        }
        arguments = list
        self.top = top
        strings = stack.bytes
        lowest = stack.lowest
        stringsStart = stack.pointer
        let limit = execution.stackLimit.pageAlignedDown
        let size = top - lowest.pageAlignedDown
        base = min(top - min(limit, size + Self.headroom), lowest.pageAlignedDown)
    }

    /// `create_elf_tables`, from the aligned end of the strings.
    mutating func place(pointer end: VirtualAddress) {
        let count = UInt64(arguments.count + environment.count) + 3
        pointer = (end - Self.extraBytes - (Self.auxiliaryWords + count) * 8) & ~15
        let list = [UInt64(arguments.count)] + arguments + [0] + environment + [0]
        words = list.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }
}

/// Strings that are put below each other, from the end of the stack on.
private struct StringStack {
    private let path: String
    private let top: VirtualAddress
    /// `argmin`: how far down they may reach.
    private let minimum: VirtualAddress
    private let stackLimit: UInt64
    /// From the end of the stack down; what was taken off stays until it is written over.
    private var reversed: [UInt8] = []
    private(set) var pointer: VirtualAddress

    /// `MAX_ARG_STRLEN`, the zero byte counted.
    private static let longestString = 131_072
    /// `ARG_MAX`, which the limit of the stack does not lower.
    private static let leastRoom: UInt64 = 131_072

    init(_ execution: Execution, top: VirtualAddress) {
        path = execution.path
        self.top = top
        stackLimit = execution.stackLimit
        pointer = top - 8
        // bprm_stack_limits: a quarter of the stack, three quarters of 8 MiB; the pointers to the strings count.
        let room = max(min(execution.stackLimit / 4, 6 << 20), Self.leastRoom)
        let pointers = UInt64(max(execution.arguments.count, 1) + execution.environment.count) * 8
        minimum = pointer - (room > pointers ? room - pointers : 0)
    }

    private var end: VirtualAddress { top - 8 }
    var bytes: [UInt8] { reversed.reversed() }
    var lowest: VirtualAddress { end - UInt64(reversed.count) }

    /// `copy_string_kernel`.
    mutating func push(_ string: [UInt8]) throws(ELFError) -> VirtualAddress {
        if string.count >= Self.longestString {
            throw tooBig(UInt64(string.count), "a string must be shorter than 131072 bytes")
        }
        let start = pointer - UInt64(string.count + 1)
        if start < minimum {
            throw tooBig(end - start, "strings may take \(end - minimum) bytes beside the pointers to them")
        }
        // get_arg_page: the stack's area grows by the page, if its limit allows; the first page is there.
        let pages = top - start.pageAlignedDown
        if pages > PageSize.base, pages > stackLimit {
            throw tooBig(pages, "the stack may take \(stackLimit) bytes (RLIMIT_STACK)")
        }
        for byte in ([0] + string.reversed()) as [UInt8] {
            let place = Int(end - pointer)
            if place < reversed.count { reversed[place] = byte } else { reversed.append(byte) }
            pointer -= 1
        }
        return pointer
    }

    /// `copy_strings`, from the last to the first.
    mutating func push(_ strings: [[UInt8]]) throws(ELFError) -> [VirtualAddress] {
        var places: [VirtualAddress] = []
        for string in strings.reversed() { places.append(try push(string)) }
        return places.reversed()
    }

    /// `remove_arg_zero`: takes off the string that was put there last.
    mutating func removeLowest() {
        let first = Int(end - pointer) - 1
        guard let zero = reversed[...first].lastIndex(of: 0) else { return }
        pointer = end - UInt64(zero)
    }

    private func tooBig(_ size: UInt64, _ rule: String) -> ELFError {
        ELFError(file: path, field: "the size of argv and envp", value: size, rule: rule, errno: .E2BIG)
    }
}
