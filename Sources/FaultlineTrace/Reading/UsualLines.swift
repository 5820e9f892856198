/// The lines that most of a trace of lackey's is made of: fetches, loads and stores of less than 10 bytes within a page, at addresses of 8
/// or 10 digits.
enum UsualLines {
    /// Reads such lines until one is none, or there is no room: how many.
    ///
    /// Without a call or a store but that of the access, so that all it needs stays in registers.
    @inline(__always)
    static func read(_ cursor: inout LineCursor, _ sink: inout AccessSink) -> Int {
        let (words, room) = sink.room
        var here = cursor
        var count = 0
        while count < room, !here.isAtEnd, let kind = kind(here.word()) {
            let (first, second) = (here.word(3), here.word(11))
            // Behind 8 digits `,8` and the end of the line, or two more digits before those.
            let isShort = second & 0xff_00ff == 0x0a_002c
            if !isShort, second & 0xff_00ff_0000 != 0x0a_002c_0000 { break }
            guard var address = HexWord.value(first) else { break }
            if !isShort {
                guard let low = HexWord.value(second, 2) else { break }
                address = address << 8 | low
            }
            let size = (isShort ? second >> 8 : second >> 24) & 0xff &- 48
            guard size &- 1 < 9, address & 4095 &+ size <= 4096 else { break }
            // SAFETY: below `room`. Addresses of 10 digits are canonical.
            words[count] = TraceWord(rawValue: address | kind << 62)
            count &+= 1
            here.index &+= isShort ? 14 : 16
        }
        cursor = here
        sink.advance(by: count)
        return count
    }

    /// What the first three bytes of a line say, as bits 62 and 63 of a ``TraceWord``; nil for another line. Without a branch that goes
    /// now this way, now that.
    @inline(__always)
    private static func kind(_ word: UInt64) -> UInt64? {
        let start = word & 0xff_ffff
        let isFetch: UInt64 = start == 0x20_2049 ? 1 : 0
        let isStore: UInt64 = start == 0x20_5320 ? 1 : 0
        let isLoad: UInt64 = start == 0x20_4c20 ? 1 : 0
        return isFetch | isStore | isLoad == 0 ? nil : isFetch << 1 | isStore
    }
}
