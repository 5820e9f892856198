import Faultline

/// A line of a program in which it first met something that the model lacks: from there on, its results may not be the kernel's.
public struct UnmodelledUse: Sendable, Hashable, Encodable, CustomStringConvertible {
    /// The statement's line, from 1.
    public let line: Int
    /// What the model lacks.
    public let lack: Unmodelled

    /// Such as `line 2: MADV_HUGEPAGE: huge pages are not modelled; faults from here on may differ`.
    public var description: String { "line \(line): \(lack.description)" }

    private enum CodingKeys: CodingKey { case line, lack, description }

    /// As a report for machines has it, with its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(line, forKey: .line)
        try container.encode(lack, forKey: .lack)
        try container.encode(description, forKey: .description)
    }
}
