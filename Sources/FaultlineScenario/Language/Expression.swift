/// An expression of the scenario language: 64-bit integers that wrap around, evaluated when its statement runs.
public indirect enum Expression: Sendable, Hashable {
    /// An integer, with its suffix applied.
    case literal(UInt64)
    /// A constant of the Linux user API, or of the language (`PAGE`, `W`).
    case constant(String, UInt64)
    /// A name that an earlier statement assigned; `column` is where it stands in its line, from 1.
    case name(String, column: Int)
    /// `-a` or `~a`.
    case unary(UnaryOperator, Expression)
    /// `a + b` and its like; `column` is where the operator stands in its line, from 1.
    case binary(BinaryOperator, Expression, Expression, column: Int)

    /// An operator with one operand.
    public enum UnaryOperator: String, Sendable, Hashable, CaseIterable {
        case negate = "-"
        case complement = "~"
    }

    /// An operator with two operands.
    public enum BinaryOperator: String, Sendable, Hashable, CaseIterable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case remainder = "%"
        case shiftLeft = "<<"
        case shiftRight = ">>"
        case and = "&"
        case or = "|"

        /// How tightly it binds, in the order of C; a higher number binds tighter.
        public var precedence: Int {
            switch self {
            case .or: 1
            case .and: 2
            case .shiftLeft, .shiftRight: 3
            case .add, .subtract: 4
            case .multiply, .divide, .remainder: 5
            }
        }
    }
}

/// Why an expression has no value.
public enum EvaluationError: Error, Sendable, Equatable {
    /// The right side of `/` or `%` is 0.
    case divisionByZero(column: Int)
    /// A name that nothing assigned.
    case unassignedName(String, column: Int)
}

extension Expression {
    /// The value with the names' present values.
    ///
    /// Values are signed 64-bit integers: `+ - * <<` wrap around, `/` rounds down and `%` takes the divisor's sign,
    /// `>>` keeps the sign, and a shift by 64 or more leaves nothing but the sign.
    public func evaluate(_ names: [String: Int64]) throws(EvaluationError) -> Int64 {
        switch self {
        case .literal(let value), .constant(_, let value): return Int64(bitPattern: value)
        case .name(let name, let column):
            guard let value = names[name] else { throw .unassignedName(name, column: column) }
            return value
        case .unary(.negate, let operand): return try 0 &- operand.evaluate(names)
        case .unary(.complement, let operand): return try ~operand.evaluate(names)
        case .binary(let operation, let left, let right, let column):
            return try operation.apply(left.evaluate(names), right.evaluate(names), column: column)
        }
    }

    /// The names that it uses, each with its column.
    public var usedNames: [(name: String, column: Int)] {
        switch self {
        case .literal, .constant: []
        case .name(let name, let column): [(name, column)]
        case .unary(_, let operand): operand.usedNames
        case .binary(_, let left, let right, _): left.usedNames + right.usedNames
        }
    }
}

extension Expression.BinaryOperator {
    func apply(_ left: Int64, _ right: Int64, column: Int) throws(EvaluationError) -> Int64 {
        switch self {
        case .add: return left &+ right
        case .subtract: return left &- right
        case .multiply: return left &* right
        case .divide, .remainder:
            if right == 0 { throw .divisionByZero(column: column) }
            // The one quotient that does not fit, -2^63 / -1, wraps around.
            let (quotient, overflow) = left.dividedReportingOverflow(by: right)
            if overflow { return self == .divide ? left : 0 }
            let remainder = left % right
            let roundsDown = remainder != 0 && (remainder < 0) != (right < 0)
            if self == .divide { return roundsDown ? quotient - 1 : quotient }
            return roundsDown ? remainder + right : remainder
        case .shiftLeft: return UInt64(bitPattern: right) >= 64 ? 0 : left << right
        case .shiftRight: return left >> (UInt64(bitPattern: right) >= 64 ? 63 : right)
        case .and: return left & right
        case .or: return left | right
        }
    }
}
