import Faultline

/// What has been read of a trace.
public struct TraceCounts: Sendable, Equatable, Codable {
    /// Accesses that lay in two pages or more, and so were made twice or more.
    public var crossings: UInt64 = 0
    /// Accesses with addresses that are not canonical, left out.
    public var notCanonical: UInt64 = 0
    /// Records that are no accesses of a program, by what they are.
    public var leftOut: [String: UInt64] = [:]
}

/// A trace under way: its bytes in large pieces, its accesses in blocks. It takes the same memory however long the trace is.
public final class TraceStream {
    /// How many accesses a block has, more or less.
    public static let blockSize = 8192
    /// The most that it has.
    static let mostAccesses = blockSize + AccessSink.mostPerRecord
    private static let pieceBytes = 1 << 20

    /// The form of the trace.
    public let format: TraceFormat
    private var source: any TraceSource
    private var reader: any TraceReader
    private let memory: UnsafeMutableRawBufferPointer
    /// Of `memory`: what is there and not read yet.
    private var unread: Range<Int>
    private var isEnded = false
    /// Where the last block began: the reader, and its bytes.
    private var reader0: any TraceReader
    private var start0 = 0
    private var end0 = 0
    /// Reads on past an access whose address is not canonical.
    public var skipsStrange = false
    /// So far.
    public private(set) var counts = TraceCounts()

    /// The accesses of the last block; those from ``count`` on are none.
    public private(set) var accesses = [TraceWord](
        repeating: TraceWord(rawValue: 0), count: mostAccesses)
    /// How many the last block had.
    public private(set) var count = 0
    /// Whether there are markers among them.
    public private(set) var hasMarkers = false

    /// A trace at its beginning.
    ///
    /// - Parameters:
    ///   - format: nil to tell it from the beginning and the name.
    ///   - name: of the file.
    /// - Throws: ``TraceError``, and what the source throws.
    public init(_ source: any TraceSource, format: TraceFormat?, name: String) throws {
        self.source = source
        memory = .allocate(byteCount: Self.pieceBytes + TraceBytes.padding, alignment: 64)
        // SAFETY: the padding is read, so it holds something.
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        unread = 0..<0
        reader = PackedReader()
        reader0 = reader
        do {
            let first = try Self.fill(&self.source, memory, from: 0)
            unread = 0..<first
            isEnded = first < Self.pieceBytes
            guard let found = format ?? TraceFormat(beginning: [UInt8](memory[..<min(first, 1 << 16)]), name: name)
            else {
                throw TraceError(nil, first == 0 ? "the trace is empty" : TraceFormat.unknown)
            }
            self.format = found
        } catch {
            memory.deallocate()
            throw error
        }
        reader = self.format.makeReader()
        reader0 = reader
    }

    deinit { memory.deallocate() }

    /// Whether the trace says which instruction makes an access.
    public var hasInstructionPointers: Bool { reader.hasInstructionPointers }

    /// Reads the next block into ``accesses``.
    ///
    /// - Returns: false at the end of the trace, after a block without accesses.
    /// - Throws: ``TraceError``, and what the source throws.
    public func next() throws -> Bool {
        count = 0
        hasMarkers = false
        while true {
            let whole = try wholeRecords()
            if whole.isEmpty {
                counts.leftOut = reader.leftOut
                return false
            }
            (reader0, start0, end0) = (reader, whole.lowerBound, whole.upperBound)
            try readBlock(whole)
            if count > 0 { return true }
        }
    }

    private func readBlock(_ whole: Range<Int>) throws {
        var sink: AccessSink?
        let used = try accesses.withUnsafeMutableBufferPointer { words in
            var made = AccessSink(words, count: 0, limit: Self.blockSize)
            defer { sink = made }
            return try reader.read(UnsafeRawBufferPointer(rebasing: memory[whole]), into: &made)
        }
        unread = whole.lowerBound + used..<unread.upperBound
        guard let sink else { return }
        (count, hasMarkers) = (sink.count, sink.hasMarkers)
        counts.crossings += sink.crossings
        counts.notCanonical += sink.strange
        if sink.strange > 0, !skipsStrange {
            let place = try self.place { _, strange in strange > 0 }
            throw TraceError(place, ReplayRefusal.notCanonical(sink.lastStrange))
        }
    }

    /// Where the record stands that made an access of the last block.
    public func place(of index: Int) -> TracePlace {
        // The records were read before without an error.
        (try? place { count, _ in count > index }) ?? reader.place
    }

    /// Reads the last block again, record by record, up to the first behind which something holds of all accesses up to there and the
    /// strange ones of the record.
    private func place(_ isFound: (Int, UInt64) -> Bool) throws -> TracePlace {
        var reader = reader0
        var start = start0
        var total = 0
        var words = [TraceWord](repeating: TraceWord(rawValue: 0), count: 1 + AccessSink.mostPerRecord)
        while start < end0 {
            let limit = Self.recordEnd(memory, start..<end0, reader0: format)
            let bytes = UnsafeRawBufferPointer(rebasing: memory[start..<limit])
            let (used, count, strange) = try words.withUnsafeMutableBufferPointer { words in
                var sink = AccessSink(words, count: 0, limit: 1)
                let used = try reader.read(bytes, into: &sink)
                return (used, sink.count, sink.strange)
            }
            start += max(used, 1)
            total += count
            if isFound(total, strange) { break }
        }
        return reader.place
    }

    /// Where the record ends that begins there.
    private static func recordEnd(
        _ memory: UnsafeMutableRawBufferPointer, _ bytes: Range<Int>, reader0 format: TraceFormat
    ) -> Int {
        if format == .packed, memory[bytes].starts(with: PackedTrace.magic) {
            return min(bytes.upperBound, bytes.lowerBound + 16)
        }
        if let record = format.recordBytes { return min(bytes.upperBound, bytes.lowerBound + record) }
        return (memory[bytes].firstIndex(of: 10) ?? bytes.upperBound - 1) + 1
    }

    /// The whole records that are there; more bytes are fetched where there is none.
    private func wholeRecords() throws -> Range<Int> {
        let whole = wholeUnread
        if !whole.isEmpty || (isEnded && unread.isEmpty) { return whole }
        try fetch()
        let fetched = wholeUnread
        if !fetched.isEmpty || unread.isEmpty { return fetched }
        if isEnded, let record = format.recordBytes {
            throw TraceError(
                nil,
                "the trace ends in the midst of a record: of the last one's \(record) bytes there are \(unread.count)")
        }
        throw TraceError(
            reader.place,
            "the line after this one is longer than \(Self.pieceBytes >> 20) MiB: is the trace a text? name its form with --format"
        )
    }

    private var wholeUnread: Range<Int> {
        if let record = format.recordBytes { return unread.lowerBound..<unread.upperBound - unread.count % record }
        guard let last = memory[unread].lastIndex(of: 10) else { return unread.lowerBound..<unread.lowerBound }
        return unread.lowerBound..<last + 1
    }

    /// Moves what is unread to the beginning, and fills the rest.
    private func fetch() throws {
        let rest = unread.count
        // SAFETY: both lie in `memory`; memmove's rules hold.
        memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[unread]))
        unread = 0..<rest
        if !isEnded {
            let filled = try Self.fill(&source, memory, from: rest)
            isEnded = filled < Self.pieceBytes
            unread = 0..<filled
        }
        // The last line of a text may lack its end.
        if isEnded, format.recordBytes == nil, let last = unread.last, memory[last] != 10, unread.count < memory.count {
            memory[unread.upperBound] = 10
            unread = 0..<unread.upperBound + 1
        }
    }

    /// Reads until the memory is full, or the source has ended.
    private static func fill(
        _ source: inout any TraceSource, _ memory: UnsafeMutableRawBufferPointer, from start: Int
    ) throws -> Int {
        var filled = start
        while filled < pieceBytes {
            let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[filled..<pieceBytes]))
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}
