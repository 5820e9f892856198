import Faultline

/// The text of `valgrind --tool=lackey --trace-mem=yes`: `I  ADDRESS,SIZE` of a fetch, ` L`, ` S` and ` M` of a load, a store and a
/// modification, which is both. Lines of valgrind's own begin with `==`, `--` or `**`. A line `process NUMBER` says whose the accesses
/// behind it are.
struct LackeyReader: TraceReader {
    private var line: UInt64 = 0
    private var messages: UInt64 = 0

    var place: TracePlace { .line(line) }
    let hasInstructionPointers = true
    var leftOut: [String: UInt64] { messages == 0 ? [:] : ["lines of valgrind's own": messages] }

    mutating func read(_ bytes: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(TraceError) -> Int {
        var cursor = LineCursor(bytes)
        while sink.hasRoom, !cursor.isAtEnd {
            line &+= UInt64(UsualLines.read(&cursor, &sink))
            guard sink.hasRoom, !cursor.isAtEnd else { break }
            line &+= 1
            // Of a line, the first three bytes say the kind.
            let kind = UInt32(truncatingIfNeeded: cursor.word()) & 0xff_ffff
            switch kind {
            case 0x20_2049: try access(&cursor, &sink, .execute)
            case 0x20_4c20: try access(&cursor, &sink, .read)
            case 0x20_5320: try access(&cursor, &sink, .write)
            case 0x20_4d20:
                let (address, size) = try fields(&cursor)
                sink.append(.read, address, size)
                sink.append(.write, address, size)
            default: try other(&cursor, &sink)
            }
        }
        return cursor.index
    }

    @inline(__always)
    private func access(_ cursor: inout LineCursor, _ sink: inout AccessSink, _ kind: TraceWord.Kind)
        throws(TraceError)
    {
        let (address, size) = try fields(&cursor)
        sink.append(kind, address, size)
    }

    @inline(__always)
    private func fields(_ cursor: inout LineCursor) throws(TraceError) -> (UInt64, UInt64) {
        let start = cursor.index
        cursor.index &+= 3
        if let address = cursor.hexNumber(endedBy: UInt8(ascii: ",")), let size = cursor.number(endedBy: 10),
            cursor.index <= cursor.end, size &- 1 < UInt64(AccessSink.mostBytes)
        {
            return (address, size)
        }
        cursor.index = start
        throw mistake(&cursor)
    }

    @inline(never)
    private func mistake(_ cursor: inout LineCursor) -> TraceError {
        let text = TraceText.shown(cursor.takeLine())
        return TraceError(
            place,
            "'\(text)': ' L ADDRESS,SIZE' is expected, the address in hex and the size from 1 to \(AccessSink.mostBytes)"
        )
    }

    @inline(never)
    private mutating func other(_ cursor: inout LineCursor, _ sink: inout AccessSink) throws(TraceError) {
        let start = cursor.index
        let text = cursor.takeLine()
        if text.isEmpty || text.allSatisfy({ $0 == 32 || $0 == 13 }) { return }
        if let number = TraceText.process(text) { return sink.mark(.process, number) }
        let first = text.first
        if text.count >= 2, first == text.dropFirst().first, [UInt8](("=-*").utf8).contains(first ?? 0) {
            messages += 1
            return
        }
        cursor.index = start
        throw mistake(&cursor)
    }
}
