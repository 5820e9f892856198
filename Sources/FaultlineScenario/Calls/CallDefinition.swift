/// One call of the scenario language: all that the parser, both machines and the language reference know of it.
public final class CallDefinition: Sendable {
    /// As a program writes it.
    public let name: String
    /// Its parameters, in order.
    public let parameters: [CallParameter]
    /// What its success looks like in a recording.
    public let result: ResultForm
    /// Whether a recording shows the faults that it took.
    public let faults: FaultDisplay
    /// The number of the system call on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl); nil for the language's own calls.
    public let number: UInt64?
    /// Whether the live kernel can be asked for it; what only a kernel can do for itself is made on the simulated machine alone.
    public let isLive: Bool
    /// What it does, for the language reference: a paragraph of plain English.
    public let about: String
    /// A statement that makes it, for the language reference.
    public let example: String
    /// Makes the call on the simulated machine.
    let simulate: Simulation

    /// Makes a call on the simulated machine. An `Errno` that it throws is the call's error.
    typealias Simulation = @Sendable (SimulatedCall) throws -> StatementResult

    /// What a recording shows of a call that succeeds.
    public enum ResultForm: Sendable, Hashable {
        /// A number; the statement's NAME takes it.
        case value
        /// `ok`; NAME takes a number that differs between runs, such as a descriptor.
        case ok
        /// `ok pages=N`, the accesses that were made.
        case pages
        /// A bit for each page.
        case residency
        /// A number, and one more for each page.
        case statuses
        /// Several things, each with its name.
        case told
        /// `exited`.
        case exited
        /// The state of every process.
        case state
    }

    /// Whether a recording shows the faults of a call.
    public enum FaultDisplay: Sendable, Hashable {
        /// They depend on how the call is made on the live kernel: through a buffer of the agent's, or outside of it.
        case never
        /// Where it took one.
        case whenTaken
        /// Always: it is an access of memory.
        case always
    }

    /// A call that gives a StatementResult of its own making.
    init(
        _ name: String, _ parameters: [CallParameter] = [], result: ResultForm = .value,
        faults: FaultDisplay = .whenTaken, number: UInt64? = nil, isLive: Bool = true, about: String, example: String,
        custom simulate: @escaping Simulation
    ) {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.faults = faults
        self.number = number
        self.isLive = isLive
        self.about = about
        self.example = example
        self.simulate = simulate
    }

    /// A call that gives a number, which the recording shows or, with `.ok`, does not.
    convenience init(
        _ name: String, _ parameters: [CallParameter] = [], result: ResultForm = .value,
        faults: FaultDisplay = .whenTaken, number: UInt64? = nil, isLive: Bool = true, about: String, example: String,
        value: @escaping @Sendable (SimulatedCall) throws -> UInt64
    ) {
        let showsOK = result == .ok
        self.init(
            name, parameters, result: result, faults: faults, number: number, isLive: isLive, about: about,
            example: example,
            custom: {
                let number = try value($0)
                return showsOK
                    ? StatementResult(.ok, value: Int64(bitPattern: number)) : StatementResult(.value(number))
            })
    }

    /// A call that gives nothing but its success, 0.
    convenience init(
        _ name: String, _ parameters: [CallParameter] = [], result: ResultForm = .value,
        faults: FaultDisplay = .whenTaken, number: UInt64? = nil, isLive: Bool = true, about: String, example: String,
        done: @escaping @Sendable (SimulatedCall) throws -> Void
    ) {
        self.init(
            name, parameters, result: result, faults: faults, number: number, isLive: isLive, about: about,
            example: example,
            value: {
                try done($0)
                return 0
            })
    }

    /// The parameter that an argument at the index is for; nil behind the last.
    func parameter(at index: Int) -> CallParameter? {
        if index < parameters.count { return parameters[index] }
        return parameters.last.flatMap { $0.kind == .texts ? $0 : nil }
    }

    /// True where the argument at the index must not be left out: it is no number, and not optional. Numbers of system calls are 0 where
    /// they are left out; the kernel's own functions have all that they take.
    func requiresArgument(at index: Int) -> Bool {
        guard index < parameters.count, !parameters[index].isOptional else { return false }
        return parameters[index].kind != .number || !isLive
    }

    /// The call as a reader would write it, such as `munmap(addr, len)`.
    public var signature: String {
        var text = ""
        var isOptional = false
        for parameter in parameters {
            let separator = text.isEmpty ? "" : ", "
            if parameter.isOptional && !isOptional {
                isOptional = true
                text += "[" + separator + parameter.description
            } else {
                text += separator + parameter.description
            }
        }
        return "\(name)(\(text)\(isOptional ? "]" : ""))"
    }
}

/// A parameter of a call.
public struct CallParameter: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// What an argument is.
    public enum Kind: Sendable, Hashable {
        /// An expression; 0 where the program leaves it out.
        case number
        /// A string in double quotes.
        case text
        /// One string or more.
        case texts
        /// The name of a process.
        case process
    }

    /// As the reference calls it.
    public let name: String
    /// What an argument is.
    public let kind: Kind
    /// True for an argument that most programs leave out.
    public let isOptional: Bool
    /// The strings that may be given; empty where any may.
    public let choices: [String]

    /// A number.
    public init(stringLiteral name: String) { self.init(name, .number) }

    private init(_ name: String, _ kind: Kind, isOptional: Bool = false, choices: [String] = []) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
        self.choices = choices
    }

    /// A number that most programs leave out.
    static func optional(_ name: String) -> CallParameter { CallParameter(name, .number, isOptional: true) }
    /// A string.
    static func text(_ name: String, among choices: [String] = []) -> CallParameter {
        CallParameter(name, .text, choices: choices)
    }
    /// A string that most programs leave out.
    static func optionalText(_ name: String, among choices: [String]) -> CallParameter {
        CallParameter(name, .text, isOptional: true, choices: choices)
    }
    /// One string or more; the last parameter.
    static func texts(_ name: String, among choices: [String] = []) -> CallParameter {
        CallParameter(name, .texts, choices: choices)
    }
    /// The name of a process.
    static let process = CallParameter("PROCESS", .process)

    /// As a signature shows it.
    public var description: String {
        switch kind {
        case .number, .process: name
        case .text: "\"\(name)\""
        case .texts: "\"\(name)\", ..."
        }
    }
}
