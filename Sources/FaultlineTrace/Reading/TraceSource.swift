/// Where the bytes of a trace come from.
public protocol TraceSource {
    /// Puts the next bytes there.
    ///
    /// - Returns: how many; 0 at the end.
    mutating func read(into bytes: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A trace in memory.
public struct BytesSource: TraceSource {
    private let bytes: [UInt8]
    private var index = 0

    /// All the bytes of the trace.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Copies the next.
    public mutating func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(target.count, bytes.count - index)
        target.copyBytes(from: bytes[index..<index + count])
        index += count
        return count
    }
}
