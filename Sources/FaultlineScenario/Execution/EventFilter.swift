import Faultline

/// Which kinds of events a trace shows: `vma_merge_refused,cow*`.
public struct EventFilter: Sendable, Equatable {
    private let kinds: Set<Event.Kind>

    /// All of them.
    public static let everything = EventFilter(kinds: Set(Event.Kind.allCases), isDefault: true)
    private let isDefault: Bool

    private init(kinds: Set<Event.Kind>, isDefault: Bool) { (self.kinds, self.isDefault) = (kinds, isDefault) }

    /// Whether it names events of locks of VMAs, which a machine collects only for who asks (``Machine/tracesVMALocks``).
    public var namesLocks: Bool {
        !isDefault
            && !kinds.isDisjoint(with: [.vmaLockedToRead, .vmaLockedToWrite, .vmaLockAborted, .vmaLockRetried])
    }

    /// Reads names of kinds with commas between them; `*` in a name stands for any letters.
    ///
    /// - Throws: ``EventFilterError`` for a name that no kind has.
    public init(_ text: String) throws(EventFilterError) {
        var kinds: Set<Event.Kind> = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            let found = Event.Kind.allCases.filter { Self.matches(Substring($0.rawValue), pattern: name) }
            if found.isEmpty { throw EventFilterError(name: String(name)) }
            kinds.formUnion(found)
        }
        (self.kinds, isDefault) = (kinds, false)
    }

    /// Those of the events that are shown.
    public func select(_ events: [Event]) -> [Event] { events.filter { kinds.contains($0.kind) } }

    private static func matches(_ name: Substring, pattern: Substring) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        if first != "*" { return name.first == first && matches(name.dropFirst(), pattern: rest) }
        return matches(name, pattern: rest) || (!name.isEmpty && matches(name.dropFirst(), pattern: pattern))
    }
}

/// A name in an ``EventFilter`` that no kind of event has.
public struct EventFilterError: Error, Equatable, CustomStringConvertible {
    /// The name.
    public let name: String

    /// What is wrong, and what would be right.
    public var description: String {
        let known = Event.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        return "there is no event '\(name)'; there are \(known), and * stands for any letters"
    }
}
