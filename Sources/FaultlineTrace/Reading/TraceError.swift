/// Where something stands in a trace.
public enum TracePlace: Sendable, Equatable, CustomStringConvertible {
    /// From 1, in a text.
    case line(UInt64)
    /// From 0, in a binary trace; of the trace as it is without compression.
    case byte(UInt64)

    /// Such as `line 3`.
    public var description: String {
        switch self {
        case .line(let number): "line \(number)"
        case .byte(let offset): "byte \(offset)"
        }
    }
}

/// What is wrong with a trace, and where.
public struct TraceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nil where it is the whole trace.
    public let place: TracePlace?
    /// What is wrong, and what to do about it.
    public let message: String

    /// An error at a place.
    public init(_ place: TracePlace?, _ message: String) {
        self.place = place
        self.message = message
    }

    /// One line for the user.
    public var description: String { place.map { "\($0): \(message)" } ?? message }
}
