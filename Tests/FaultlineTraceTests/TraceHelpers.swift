import Faultline

@testable import FaultlineTrace

/// All accesses and markers of a trace in memory.
func accesses(of bytes: [UInt8], _ format: TraceFormat? = nil, name: String = "trace") throws -> [TraceWord] {
    let stream = try TraceStream(BytesSource(bytes), format: format, name: name)
    var all: [TraceWord] = []
    while try stream.next() { all += stream.accesses.prefix(stream.count) }
    return all
}

func accesses(of text: String, _ format: TraceFormat? = nil) throws -> [TraceWord] {
    try accesses(of: Array(text.utf8), format)
}

func replay(_ text: String, _ change: (inout ReplayOptions) -> Void = { _ in }) throws -> TraceReport {
    try replay(Array(text.utf8), .lackey, change)
}

func replay(
    _ bytes: [UInt8], _ format: TraceFormat?, _ change: (inout ReplayOptions) -> Void = { _ in }
) throws -> TraceReport {
    var options = ReplayOptions()
    options.ramBytes = 256 << 20
    change(&options)
    return try TraceReplay(options).run(TraceStream(BytesSource(bytes), format: format, name: "trace"))
}

/// What a call throws, as text; nil where it does not.
func mistake(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return "\(error)" }
    return nil
}

extension [UInt8] {
    /// A number as binary traces have it.
    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        for byte in 0..<Number.bitWidth / 8 { append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
    }
}
