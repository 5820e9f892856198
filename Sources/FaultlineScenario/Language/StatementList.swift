import Faultline

/// The statements of a program, in the order in which they run.
///
/// Those of a long text are not kept: each is read from its line again when it is asked for. A statement takes half a kilobyte, its line
/// some twenty bytes, so that a program may have millions.
public struct StatementList: RandomAccessCollection, Sendable {
    /// The most statements of a text that are kept.
    static let mostKept = 1 << 17

    private enum Storage: Sendable {
        case kept([Statement])
        case text(SourceText)
    }

    private let storage: Storage
    /// The calls that are among them: what a question about the whole program can be answered by, without a look at each statement.
    public let callNames: Set<CallName>

    /// Statements that are there already.
    public init(_ statements: [Statement]) {
        storage = .kept(statements)
        callNames = Set(statements.lazy.compactMap { $0.call?.name })
    }

    /// Those of a text that has been parsed without an error.
    init(_ text: SourceText, callNames: Set<CallName>) {
        storage = .text(text)
        self.callNames = callNames
    }

    /// The place of the first statement.
    public var startIndex: Int { 0 }

    /// How many there are.
    public var endIndex: Int {
        switch storage {
        case .kept(let statements): statements.count
        case .text(let text): text.count
        }
    }

    /// A statement; of a long text it is read anew, which takes a few microseconds.
    public subscript(place: Int) -> Statement {
        switch storage {
        case .kept(let statements): statements[place]
        case .text(let text): text.statement(place)
        }
    }

    /// The number of a statement's line, without a look at the statement.
    public func line(at place: Int) -> Int {
        switch storage {
        case .kept(let statements): statements[place].line
        case .text(let text): text.line(place)
        }
    }
}

extension StatementList: Hashable {
    /// Whether both have the same statements, however they keep them.
    public static func == (a: StatementList, b: StatementList) -> Bool { a.elementsEqual(b) }

    /// Hashes all statements.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for statement in self { hasher.combine(statement) }
    }
}

/// The text of a program, and where in it the lines are that have a statement.
struct SourceText: Sendable {
    /// A line with a statement.
    struct Line: Sendable {
        /// Its first byte.
        let start: Int
        /// Its number, from 1.
        let number: Int
    }

    private let bytes: [UInt8]
    private let lines: [Line]

    /// - Parameter lines: those with a statement, without an error in them, in the order of the text.
    init(_ bytes: [UInt8], lines: [Line]) {
        self.bytes = bytes
        self.lines = lines
    }

    var count: Int { lines.count }

    func line(_ place: Int) -> Int { lines[place].number }

    func statement(_ place: Int) -> Statement {
        let line = lines[place]
        let range = Parser.line(of: bytes, from: line.start).range
        guard let statement = try? Parser.statement(bytes, range, line: line.number) else {
            preconditionFailure("line \(line.number) was a statement when it was read first")
        }
        return statement
    }
}
