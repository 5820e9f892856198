import Faultline

/// DynamoRIO's offline traces behind raw2trace: `trace_entry_t` of `clients/drcachesim/common/trace_entry.h`, 2 bytes of type, 2 of
/// size, 8 of address.
///
/// Prefetches and flushes are left out: they do not fault. A bundle is so many fetches, one behind the other.
struct DrmemtraceReader: TraceReader {
    static let recordBytes = 12

    private var offset: UInt64 = 0
    /// Behind the last instruction: where a bundle goes on.
    private var nextFetch: UInt64 = 0
    /// The process of each thread that a record has named.
    private var processes: [UInt64: UInt64] = [:]
    private var thread: UInt64 = 0
    private var process: UInt64?
    private var prefetches: UInt64 = 0
    private var flushes: UInt64 = 0

    var place: TracePlace { .byte(offset &- UInt64(Self.recordBytes)) }
    let hasInstructionPointers = true
    var leftOut: [String: UInt64] {
        var result: [String: UInt64] = [:]
        if prefetches > 0 { result["prefetches"] = prefetches }
        if flushes > 0 { result["flushes of caches"] = flushes }
        return result
    }

    mutating func read(_ bytes: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(TraceError) -> Int {
        var index = 0
        while index < bytes.count, sink.hasRoom {
            offset &+= UInt64(Self.recordBytes)
            let type = bytes.field(index, as: UInt16.self)
            let size = UInt64(bytes.field(index + 2, as: UInt16.self))
            let address = bytes.field(index + 4, as: UInt64.self)
            switch type {
            case 0: sink.append(.read, address, size)
            case 1: sink.append(.write, address, size)
            case 10...16, 30, 31, 48, 49:
                sink.append(.execute, address, size)
                nextFetch = address &+ size
            default: try other(type, size, address, &sink)
            }
            index += Self.recordBytes
        }
        return index
    }

    @inline(never)
    private mutating func other(
        _ type: UInt16, _ size: UInt64, _ value: UInt64, _ sink: inout AccessSink
    ) throws(TraceError) {
        switch type {
        case 2...9, 27, 32...46: prefetches += 1
        case 17:
            guard size <= 8 else { throw TraceError(place, "a bundle has at most 8 instructions, not \(size)") }
            for place in 0..<size {
                let length = value >> (8 * place) & 0xff
                sink.append(.execute, nextFetch, length)
                nextFetch &+= length
            }
        case 18...21: flushes += 1
        case 22: switchTo(thread: value, &sink)
        case 24: switchTo(process: value, &sink)
        // Not fetched again, an exit of a thread, beginning and end, markers, bytes of instructions.
        case 23, 25, 26, 28, 29, 47: break
        default:
            throw TraceError(
                place,
                "\(type) is no type of a trace_entry_t; of a raw trace, give what `drrun -t drmemtrace -indir DIR` makes of it"
            )
        }
    }

    private mutating func switchTo(thread number: UInt64, _ sink: inout AccessSink) {
        thread = number
        if let process = processes[number] { switchTo(process: process, &sink) }
    }

    private mutating func switchTo(process number: UInt64, _ sink: inout AccessSink) {
        processes[thread] = number
        if number == process { return }
        process = number
        sink.mark(.process, number)
    }
}
