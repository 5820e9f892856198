import Faultline

/// Takes accesses as a reader finds them, cut at the ends of pages.
///
/// A value for the time of one call; the memory is the caller's.
struct AccessSink {
    private let base: UnsafeMutablePointer<TraceWord>
    private let limit: Int
    private(set) var count: Int
    private(set) var hasMarkers = false
    /// Accesses that lie in two pages or more.
    private(set) var crossings: UInt64 = 0
    /// Accesses whose address is not canonical, which are left out, and the last such address.
    private(set) var strange: UInt64 = 0
    private(set) var lastStrange: UInt64 = 0

    /// The most words that a record makes: a modification of 64 KiB, and two markers.
    static let mostPerRecord = 2 * (mostBytes / 4096 + 1) + 2
    /// The most bytes of one access.
    static let mostBytes = 65536

    /// - Precondition: `words` has room for `mostPerRecord` more than `count`.
    init(_ words: UnsafeMutableBufferPointer<TraceWord>, count: Int, limit: Int) {
        // SAFETY: the capacity covers `limit` words and a record's worth behind them.
        base = words.baseAddress!
        self.count = count
        self.limit = limit
    }

    /// Whether another record may be read.
    @inline(__always)
    var hasRoom: Bool { count < limit }

    /// Takes an access. - Precondition: `hasRoom` when the record began, and `bytes` at most ``mostBytes``.
    @inline(__always)
    mutating func append(_ kind: TraceWord.Kind, _ address: UInt64, _ bytes: UInt64) {
        if (address & 4095 &+ bytes > 4096) || (address &+ 1 << 47) >> 48 != 0 {
            return appendPieces(kind, address, bytes)
        }
        // SAFETY: see init.
        base[count] = TraceWord(kind, at: address)
        count &+= 1
    }

    @inline(never)
    private mutating func appendPieces(_ kind: TraceWord.Kind, _ address: UInt64, _ bytes: UInt64) {
        if (address &+ 1 << 47) >> 48 != 0 {
            strange += 1
            lastStrange = address
            return
        }
        var (place, rest) = (address, bytes)
        crossings += 1
        while rest > 0 {
            let piece = min(rest, 4096 - place & 4095)
            // SAFETY: see init.
            base[count] = TraceWord(kind, at: place)
            count += 1
            place &+= piece
            rest -= piece
        }
    }

    mutating func mark(_ marker: TraceMarker, _ value: UInt64) {
        // SAFETY: see init.
        base[count] = TraceWord(marker, value)
        count += 1
        hasMarkers = true
    }

    /// Takes a word as it is.
    @inline(__always)
    mutating func append(_ access: TraceWord) {
        if access.kind == .marker { hasMarkers = true }
        // SAFETY: see init.
        base[count] = access
        count &+= 1
    }

    /// Takes words of 8 bytes as long as they are plain accesses, in groups of 16: how many.
    @inline(__always)
    mutating func appendPlain(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let words = bytes.baseAddress else { return 0 }
        let most = min(bytes.count / 8, limit - count) & ~15
        var taken = 0
        while taken < most {
            var odd: UInt64 = 0
            for place in taken..<taken &+ 16 {
                // SAFETY: below `most`, which both sides have room for.
                let word = words.loadUnaligned(fromByteOffset: place &* 8, as: UInt64.self).littleEndian
                odd |= word & TraceWord.middleMask | (word & word << 1) & 1 << 63
                base[count &+ place] = TraceWord(rawValue: word)
            }
            if odd != 0 { break }
            taken &+= 16
        }
        count &+= taken
        return taken
    }

    /// Room for as many accesses, and where they go; ``advance(by:)`` takes those that were put there.
    @inline(__always)
    var room: (words: UnsafeMutablePointer<TraceWord>, count: Int) { (base + count, limit - count) }

    @inline(__always)
    mutating func advance(by number: Int) { count &+= number }
}
