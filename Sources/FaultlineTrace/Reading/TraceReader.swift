/// Reads one form of trace, a piece at a time. A value: a copy goes on from the same place.
protocol TraceReader {
    /// Where the last record that was read stands.
    var place: TracePlace { get }
    /// Whether the trace says which instruction makes an access.
    var hasInstructionPointers: Bool { get }
    /// Records that are no accesses of a program, by what they are.
    var leftOut: [String: UInt64] { get }

    /// Reads records until the bytes are used up or the sink is full.
    ///
    /// - Parameter bytes: whole records, in a text whole lines, and ``TraceBytes/padding`` readable bytes behind them.
    /// - Returns: how many bytes were used.
    /// - Throws: ``TraceError`` with the place.
    mutating func read(_ bytes: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(TraceError) -> Int
}

/// What all readers count on.
enum TraceBytes {
    /// Bytes behind those of a trace that may be read, so that fast ways need not look for the end.
    static let padding = 64
}
