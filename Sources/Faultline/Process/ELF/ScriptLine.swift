/// The first line of a script, `#!INTERPRETER ARGUMENT`, as `load_script` (`fs/binfmt_script.c`) reads it.
public struct ScriptLine: Sendable, Equatable {
    /// The path of the program that runs the script; empty where a zero byte follows `#!`.
    public let interpreter: [UInt8]
    /// All that follows, but for spaces around it; nil for none.
    public let argument: [UInt8]?

    /// `BINPRM_BUF_SIZE`: what the kernel reads of a file to find out what it is.
    public static let headSize = 256
    /// How many scripts may lead from one to the next (`exec_binprm`).
    public static let limit = 5

    /// Reads the head of a file; nil where it is no script.
    ///
    /// - Throws: ``ELFError`` where no path follows, or where it may be cut off.
    public init?(file: String, head: [UInt8]) throws(ELFError) {
        var buffer = ScriptBuffer(head)
        guard buffer.bytes[0] == UInt8(ascii: "#"), buffer.bytes[1] == UInt8(ascii: "!") else { return nil }
        let last = Self.headSize - 1
        var end = last
        if let newline = buffer.newline {
            end = newline
        } else {
            guard let first = buffer.word(from: 2, through: last), buffer.separator(from: first, through: last) != nil
            else { throw Self.error(file, "it must end within 256 bytes") }
        }
        while buffer.isSpace(end - 1) { end -= 1 }
        guard let name = buffer.word(from: 2, through: end), name != end else {
            throw Self.error(file, "it must not be empty")
        }
        let gap = buffer.separator(from: name, through: end)
        var start: Int?
        if let gap, buffer.bytes[gap] != 0 { start = buffer.word(from: gap, through: end) }
        buffer.bytes[end] = 0
        if let gap, start != nil { buffer.bytes[gap] = 0 }
        interpreter = buffer.string(at: name)
        argument = start.map { buffer.string(at: $0) }
    }

    private static func error(_ file: String, _ rule: String) -> ELFError {
        ELFError(file: file, field: "the path of the line #!", value: 0, rule: rule, errno: .ENOEXEC)
    }
}

/// The head of a file, filled up with zero bytes.
private struct ScriptBuffer {
    var bytes: [UInt8]

    init(_ head: [UInt8]) {
        bytes = Array(head.prefix(ScriptLine.headSize))
        bytes += [UInt8](repeating: 0, count: ScriptLine.headSize - bytes.count)
    }

    /// `strnchr` stops at a zero byte.
    var newline: Int? {
        guard let found = bytes.firstIndex(where: { $0 == 0 || $0 == 10 }) else { return nil }
        return bytes[found] == 10 ? found : nil
    }

    /// `spacetab`.
    func isSpace(_ index: Int) -> Bool { bytes[index] == 32 || bytes[index] == 9 }

    /// `next_non_spacetab`.
    func word(from first: Int, through last: Int) -> Int? {
        first <= last ? (first...last).first { !isSpace($0) } : nil
    }

    /// `next_terminator`.
    func separator(from first: Int, through last: Int) -> Int? {
        first <= last ? (first...last).first { isSpace($0) || bytes[$0] == 0 } : nil
    }

    func string(at index: Int) -> [UInt8] { Array(bytes[index...].prefix { $0 != 0 }) }
}
