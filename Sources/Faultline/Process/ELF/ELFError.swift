/// Why a file cannot be loaded: the field, its value, and the rule that it breaks.
public struct ELFError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What execve(2) makes of it.
    public enum Consequence: Sendable {
        /// It returns the errno; the caller goes on.
        case refused
        /// It fails after `begin_new_exec`, its point of no return: the old memory is gone, and the process dies with SIGSEGV.
        case fatal
        /// The kernel may start it; this simulator cannot.
        case notModelled
    }

    /// The file.
    public let file: String
    /// Such as `e_machine`, or `p_filesz of program header 3`.
    public let field: String
    /// What stands there.
    public let value: UInt64
    /// What must hold.
    public let rule: String
    /// What execve(2) says, or the error behind its SIGSEGV.
    public let errno: Errno
    /// What becomes of the process.
    public private(set) var consequence: Consequence

    /// Says what stands in a field, and what must hold.
    public init(
        file: String, field: String, value: UInt64, rule: String, errno: Errno, consequence: Consequence = .refused
    ) {
        self.file = file
        self.field = field
        self.value = value
        self.rule = rule
        self.errno = errno
        self.consequence = consequence
    }

    /// One line for the user.
    public var description: String {
        let end =
            switch consequence {
            case .refused: "execve: \(errno.name)"
            case .fatal: "execve is past its point of no return: the process dies with SIGSEGV"
            case .notModelled: "not modelled; the kernel may start it"
            }
        return "\(file): \(field) is 0x\(String(value, radix: 16)), but \(rule) (\(end))"
    }

    /// The same error, met after `begin_new_exec`.
    var pastNoReturn: ELFError {
        var error = self
        error.consequence = .fatal
        return error
    }
}
