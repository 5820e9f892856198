import CShim

/// What a fault came to.
public enum FaultKind: UInt32, CaseIterable, Sendable {
    /// A page was made, or found in memory.
    case minor
    /// A page was read from a file (`VM_FAULT_MAJOR`).
    case major
    /// A write to a page that others have too: it was copied, or taken over (`do_wp_page`).
    case copyOnWrite
    /// A read of memory that nobody wrote to: the shared page of zeros.
    case zeroPage
    /// The entry allowed the access already (`spurious_kernel_fault`, or another thread was faster).
    case spurious
    /// Refused: the access ended in a signal.
    case signal

    /// As the C core counts it.
    var raw: fl_fault_kind { fl_fault_kind(rawValue: rawValue) }

    /// The head of its column.
    public var name: String {
        switch self {
        case .minor: "minor"
        case .major: "major"
        case .copyOnWrite: "cow"
        case .zeroPage: "zero_page"
        case .spurious: "spurious"
        case .signal: "signal"
        }
    }
}
