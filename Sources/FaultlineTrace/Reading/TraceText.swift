/// Small readings of lines.
enum TraceText {
    /// A line as an error shows it.
    static func shown(_ bytes: some Sequence<UInt8>) -> String {
        let some = Array(bytes.prefix(61))
        let text = String(decoding: some.prefix(60), as: UTF8.self)
        let clean = String(text.map { $0.isNewline || ($0.asciiValue.map { $0 < 32 } ?? false) ? "?" : $0 })
        return some.count > 60 ? clean + "..." : clean
    }

    /// The number of a line `process NUMBER`; nil for another line.
    static func process(_ line: some Sequence<UInt8>) -> UInt64? {
        let words = String(decoding: Array(line.prefix(40)), as: UTF8.self).split(separator: " ")
        guard words.count == 2, words[0] == "process", let number = UInt64(words[1]), number < 1 << 47 else {
            return nil
        }
        return number
    }
}
