import Faultline

/// Texts of DynamoRIO: of drmemtrace's `view` tool (`... W0.T12: read  8 byte(s) @ 0xADDRESS by PC 0xPC`), of the sample
/// memtrace_simple (`0xADDRESS:  8, r`, an opcode in place of `r` or `w` for a fetch) and of memtrace_x86 (`0xPC,r,8,0xADDRESS`).
struct DynamoRIOTextReader: TraceReader {
    private var line: UInt64 = 0
    private var workload: UInt64?
    private var others: [String: UInt64] = [:]

    var place: TracePlace { .line(line) }
    let hasInstructionPointers = true
    var leftOut: [String: UInt64] { others }

    mutating func read(_ bytes: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(TraceError) -> Int {
        var cursor = LineCursor(bytes)
        while sink.hasRoom, !cursor.isAtEnd {
            line &+= 1
            let words = TraceWords(cursor.takeLine())
            if words.isEmpty { continue }
            if let at = words.firstIndex(of: "@") {
                try viewed(words, at, &sink)
            } else if words[0].starts(with: "0x".utf8) {
                try sampled(words, &sink)
            } else {
                others["lines that tell of no access", default: 0] += 1
            }
        }
        return cursor.index
    }

    /// `NAME SIZE byte(s) @ 0xADDRESS`, behind numbers and the thread.
    private mutating func viewed(_ words: TraceWords, _ at: Int, _ sink: inout AccessSink) throws(TraceError) {
        guard at >= 3, words[at - 1].elementsEqual("byte(s)".utf8), let size = words.number(at - 2), size > 0,
            size <= UInt64(AccessSink.mostBytes), at + 1 < words.count, let address = words.hex(at + 1)
        else { throw TraceError(place, "'\(words.shown)': 'NAME SIZE byte(s) @ 0xADDRESS' is expected") }
        switchTo(words, &sink)
        let name = String(decoding: words[at - 3], as: UTF8.self)
        switch name {
        case "ifetch": sink.append(.execute, address, size)
        case "read": sink.append(.read, address, size)
        case "write": sink.append(.write, address, size)
        case "non-fetched": break
        default: others[name.hasPrefix("pref") ? "prefetches" : "flushes of caches", default: 0] += 1
        }
    }

    /// The workload of `W0.T12`, or `W0.T12:`, is a process.
    private mutating func switchTo(_ words: TraceWords, _ sink: inout AccessSink) {
        for index in 0..<min(words.count, 5) where words[index].first == UInt8(ascii: "W") {
            let digits = words[index].dropFirst().prefix { $0 != UInt8(ascii: ".") }
            guard let number = UInt64(String(decoding: digits, as: UTF8.self)), number != workload else { return }
            workload = number
            sink.mark(.process, number)
            return
        }
    }

    /// The fields of the samples are parted by commas and a colon.
    private mutating func sampled(_ words: TraceWords, _ sink: inout AccessSink) throws(TraceError) {
        let fields = words.parts
        if fields.count == 4, let pc = TraceWords.hex(fields[0]), let size = TraceWords.number(fields[2]), size > 0,
            size <= UInt64(AccessSink.mostBytes), let address = TraceWords.hex(fields[3])
        {
            sink.mark(.instructionPointer, pc)
            return sink.append(fields[1].first == UInt8(ascii: "w") ? .write : .read, address, size)
        }
        guard fields.count == 3, let address = TraceWords.hex(fields[0]), let size = TraceWords.number(fields[1]),
            size > 0,
            size <= UInt64(AccessSink.mostBytes)
        else {
            throw TraceError(place, "'\(words.shown)': '0xADDRESS: SIZE, r' or '0xPC,r,SIZE,0xADDRESS' is expected")
        }
        switch String(decoding: fields[2], as: UTF8.self) {
        case "r": sink.append(.read, address, size)
        case "w": sink.append(.write, address, size)
        default: sink.append(.execute, address, size)
        }
    }
}
