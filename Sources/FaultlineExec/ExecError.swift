import Glibc

/// Why a program cannot run on simulated memory, or could not go on.
public enum ExecError: Error, Equatable, CustomStringConvertible {
    /// There is no such program, or it may not be started; the errno says why.
    case cannotStart(path: String, errno: Int32)
    /// The program is none that can run so.
    case unsuitable(path: String, reason: String)
    /// This machine's kernel lacks something, or this user may not use it.
    case missing(String, errno: Int32)
    /// The simulated machine has no room for the program.
    case machine(String)
    /// The host does not do what the simulation needs: an errno.
    case host(action: String, errno: Int32)

    /// One line for the user.
    public var description: String {
        switch self {
        case .cannotStart(let path, let number): "\(path): \(Self.text(number))"
        case .unsuitable(let path, let reason): "\(path): \(reason)"
        case .missing(let what, let number): "this needs \(what): \(Self.text(number))"
        case .machine(let what): "the simulated machine has no room: \(what); give it more with --ram"
        case .host(let action, let number): "cannot \(action): \(Self.text(number))"
        }
    }

    static func text(_ number: Int32) -> String {
        // SAFETY: strerror returns a string that is valid until the thread's next call of it; it is copied at once.
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }
}
