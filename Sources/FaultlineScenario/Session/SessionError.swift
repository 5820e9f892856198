/// What a session cannot do.
public enum SessionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A line without a statement; the nearest one that has one, nil for an empty program.
    case noStatement(line: Int, nearest: Int?)
    /// There is no checkpoint before the place.
    case cannotGoBack
    /// A text that is not `PROCESS:ADDRESS`.
    case notALocation(String)
    /// A process that the program never makes.
    case unknownProcess(String, place: String, alive: [String])
    /// A process that has ended, or is not made yet.
    case notAlive(String, place: String, alive: [String])
    /// An address that is no expression, or uses a name that has no value yet.
    case notAnAddress(String)
    /// A text that is no expression, or has no value now.
    case notAnExpression(String, reason: String)

    /// What is wrong and what to do about it, for the user.
    public var description: String {
        switch self {
        case .noStatement(let line, let nearest):
            "line \(line) has no statement"
                + (nearest.map { "; the nearest stands in line \($0)" } ?? ": the program is empty")
        case .cannotGoBack: "this run goes forward only: begin it again"
        case .notALocation: "give PROCESS:ADDRESS, as init:0x1000"
        case .unknownProcess(let name, let place, let alive):
            "the program has no process '\(name)'; alive \(place): \(alive.joined(separator: ", "))"
        case .notAlive(let name, let place, let alive):
            "the process '\(name)' is not alive \(place); alive then: \(alive.joined(separator: ", "))"
        case .notAnAddress(let text):
            "'\(text)' is no address; as 0x100000001000, W+4K or p+4K with a name of the program"
        case .notAnExpression(let text, let reason): "'\(text)' has no value: \(reason)"
        }
    }
}
