/// Why a call was refused, an access ended in a signal, or two VMAs did not become one: the rule that decided it, with the
/// figures that it compared.
///
/// A refusal is made only while someone listens (``Machine/listensForRefusals``, ``Machine/isTracing``).
public struct Refusal: Sendable, Hashable {
    /// What the rule led to.
    public enum Answer: Sendable, Hashable {
        /// The call fails with this errno.
        case errno(Errno)
        /// The access ends in the signal of this name, such as `SIGSEGV`.
        case signal(String)
        /// brk(2) returns the old end of the heap.
        case oldBreak
        /// Two neighbours stay two VMAs.
        case noMerge
    }

    /// What the rule led to.
    public internal(set) var answer: Answer
    /// The rule that refused.
    public let rule: Rule
    /// The process that was refused, by its index; -1 where there is none.
    public let process: Int32
    /// True where the call went on all the same, as mlockall(2) does past a VMA that cannot be locked.
    public let isPassedOver: Bool

    /// A refusal that no machine made.
    public init(_ answer: Answer, _ rule: Rule, process: Int32 = -1) {
        self.init(answer, rule, process: process, isPassedOver: false)
    }

    init(_ answer: Answer, _ rule: Rule, process: Int32, isPassedOver: Bool) {
        self.answer = answer
        self.rule = rule
        self.process = process
        self.isPassedOver = isPassedOver
    }

    /// Such as `ENOMEM: commit charge 13,631,488K would exceed the limit 12,582,688K`.
    public var text: String {
        let prefix = answer.name.isEmpty ? "" : answer.name + ": "
        return prefix + rule.text + (isPassedOver ? " (passed over)" : "")
    }
}

extension Refusal.Answer {
    /// As a text names it; empty for VMAs that stay two.
    public var name: String {
        switch self {
        case .errno(let errno): errno.name
        case .signal(let name): name
        case .oldBreak: "brk"
        case .noMerge: ""
        }
    }
}

extension Refusal {
    /// The rule that refused: its name for programs, a sentence for readers, and the figures that stand in the sentence.
    ///
    /// Each rule is a function `static func name(figures) -> Rule` in one of the files `Refusal+*.swift`.
    public struct Rule: Sendable, Hashable {
        /// Stable, in snake_case, such as `commit_limit`.
        public let id: String
        /// One sentence without a full stop.
        public let text: String
        /// In the order in which the sentence names them.
        public let fields: [Field]

        /// The fields are those of the message.
        @inline(never)
        public init(_ id: String, _ message: Message) {
            self.id = id
            text = message.text
            fields = message.fields
        }
    }

    /// A figure with its name.
    public struct Field: Sendable, Hashable {
        /// In snake_case, such as `charge`; a rule has each name once.
        public let name: String
        /// With its unit.
        public let value: Value
    }

    /// A figure with its unit.
    public enum Value: Sendable, Hashable {
        /// A number of bytes.
        case bytes(UInt64)
        /// A number of pages of 4 KiB, shown in KiB.
        case pages(UInt64)
        /// A byte address.
        case address(UInt64)
        /// The first address, and the one after the last.
        case range(UInt64, UInt64)
        /// A mask, or a number that is read as bits.
        case bits(UInt64)
        /// A plain number.
        case count(Int64)
        /// A name: of a limit, a flag, a file.
        case name(String)

        /// A number that a program gave: -1 is shown as such.
        static func given(_ number: UInt64) -> Value { .count(Int64(bitPattern: number)) }
        /// The same of a size.
        static func givenBytes(_ number: UInt64) -> Value {
            Int64(bitPattern: number) < 0 ? .given(number) : .bytes(number)
        }
    }
}
