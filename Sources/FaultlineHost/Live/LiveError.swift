import Glibc

/// Why a program could not be run on the live kernel. A system call that fails in the program is not an error: it is
/// the statement's result.
public enum LiveError: Error, Hashable, CustomStringConvertible {
    /// A call of the runner itself failed; `errno` says why.
    case host(action: String, errno: Int32)
    /// A process of the program ended when it should not have; `signal` is what killed it, 0 where it exited.
    case processDied(name: String, signal: Int32)
    /// The program took away the code or data of the agent that runs it.
    case agentUnmapped(name: String)
    /// `exec` reached an instruction other than RET.
    case notReturn(name: String, address: UInt64)
    /// A statement names a process that never was, or that has exited.
    case noProcess(index: Int)
    /// execve failed beyond its point of no return: the new process died with SIGSEGV.
    case diedInExec(path: String)
    /// A process sleeps in its statement for a userfaultfd: for a page, or for the reader of an event.
    case sleeps(isEvent: Bool)
    /// Only the simulated machine can be asked for the call.
    case simulatedOnly(call: String)
    /// A statement asks for more than the agent can do.
    case unsupported(String)

    /// One line, without the place in the program.
    public var description: String {
        switch self {
        case .host(let action, let errno):
            "cannot \(action): \(Self.message(errno))"
        case .processDied(let name, 0):
            "process \(name) exited by itself"
        case .processDied(let name, let signal):
            "process \(name) was killed by signal \(signal); is memory short?"
        case .agentUnmapped(let name):
            "process \(name) has unmapped or protected the memory of the agent that runs it (0x400000 to 0x407000, "
                + "the stack); use other addresses"
        case .notReturn(let name, let address):
            "process \(name): the instruction at 0x\(String(address, radix: 16)) is not RET (0xc3); store one first"
        case .noProcess(let index):
            "process number \(index) has exited, or never was"
        case .diedInExec(let path):
            "\(path): execve fails past its point of no return: the process dies with SIGSEGV"
        case .sleeps:
            "a process sleeps for a userfaultfd where nothing can wake it"
        case .simulatedOnly(let call):
            "\(call) is what a kernel does for itself: it is made on the simulated machine only (faultline run)"
        case .unsupported(let what):
            what
        }
    }

    private static func message(_ errno: Int32) -> String {
        // SAFETY: strerror returns a string that is valid until the thread's next call of it; it is copied at once.
        guard let text = strerror(errno) else { return "error \(errno)" }
        return String(cString: text)
    }
}
