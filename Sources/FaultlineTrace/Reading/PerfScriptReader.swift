import Faultline

/// The text of `perf script` of samples with addresses (`perf record -d`): the event's name with its colon, then the address, then what
/// symbols and the ip there are. Before the event, the first number or PID/TID is the process.
///
/// An event whose name, or whose data source (`OP STORE`), tells of stores is a store, one of fetches (`itlb`, `fetch`) a fetch, and any
/// other a load. The bytes of an access are not told: each counts as one.
struct PerfScriptReader: TraceReader {
    private var line: UInt64 = 0
    private var process: UInt64?
    private var instruction: UInt64?
    private var comments: UInt64 = 0
    private var withoutAddress: UInt64 = 0

    var place: TracePlace { .line(line) }
    let hasInstructionPointers = true
    var leftOut: [String: UInt64] {
        var result: [String: UInt64] = [:]
        if comments > 0 { result["comments"] = comments }
        if withoutAddress > 0 { result["samples without an address"] = withoutAddress }
        return result
    }

    mutating func read(_ bytes: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(TraceError) -> Int {
        var cursor = LineCursor(bytes)
        while sink.hasRoom, !cursor.isAtEnd {
            line &+= 1
            let words = TraceWords(cursor.takeLine())
            if words.isEmpty { continue }
            if words[0].first == UInt8(ascii: "#") {
                comments += 1
                continue
            }
            try sample(words, &sink)
        }
        return cursor.index
    }

    private mutating func sample(_ words: TraceWords, _ sink: inout AccessSink) throws(TraceError) {
        guard let event = Self.event(words), event + 1 < words.count, let address = words.hex(event + 1) else {
            throw TraceError(
                place,
                "'\(words.shown)': 'PID EVENT: ADDRESS IP' is expected, as `perf script -F pid,event,addr,ip` prints it after "
                    + "`perf record -d`")
        }
        if address == 0 {
            withoutAddress += 1
            return
        }
        if let number = Self.process(words, before: event), number != process {
            process = number
            sink.mark(.process, number)
        }
        if let ip = Self.instruction(words, after: event + 1), ip != instruction {
            instruction = ip
            sink.mark(.instructionPointer, ip)
        }
        sink.append(kind(words, event), address, 1)
    }

    /// The event is the last word before the address that ends in a colon, and is no time (`123.456:`).
    private static func event(_ words: TraceWords) -> Int? {
        for index in 0..<words.count where words[index].last == UInt8(ascii: ":") {
            let name = words[index].dropLast()
            if !name.isEmpty, !name.allSatisfy({ ($0 >= 48 && $0 <= 57) || $0 == 46 }) { return index }
        }
        return nil
    }

    /// Before the time and the period stand the command, whose name may have blanks and digits, and PID or PID/TID.
    private static func process(_ words: TraceWords, before event: Int) -> UInt64? {
        let end =
            (0..<event).first { words[$0].last == UInt8(ascii: ":") || words[$0].first == UInt8(ascii: "[") } ?? event
        for index in stride(from: end - 1, through: 0, by: -1) {
            let digits = words[index].prefix { $0 != UInt8(ascii: "/") }
            if let number = TraceWords.number(digits) { return number }
        }
        return nil
    }

    /// At once behind the address, or behind its symbol and its file in brackets.
    private static func instruction(_ words: TraceWords, after address: Int) -> UInt64? {
        guard address + 1 < words.count else { return nil }
        if let ip = words.hex(address + 1) { return ip }
        for index in address + 2..<max(words.count, address + 2) where words[index].count >= 6 {
            if let ip = words.hex(index) { return ip }
        }
        return nil
    }

    private func kind(_ words: TraceWords, _ event: Int) -> TraceWord.Kind {
        let name = String(decoding: words[event], as: UTF8.self).lowercased()
        if name.contains("store") || name.contains("write") { return .write }
        if name.contains("itlb") || name.contains("fetch") || name.contains("icache") { return .execute }
        // `|OP STORE|LVL ...` of the field data_src.
        let isStore = (event + 1..<words.count).contains { words[$0].starts(with: "STORE|".utf8) }
        return isStore ? .write : .read
    }
}
