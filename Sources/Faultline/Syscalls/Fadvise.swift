/// POSIX_FADV_* of posix_fadvise(2) (`uapi/linux/fadvise.h`).
public enum FileAdvice: Int32, Sendable, CaseIterable {
    /// Reading ahead as for every file.
    case normal = 0
    /// No reading ahead of read(2).
    case random = 1
    /// Reading ahead twice as far.
    case sequential = 2
    /// Reads the pages now.
    case willNeed = 3
    /// Takes the pages out of memory that no one uses.
    case dontNeed = 4
    /// Accesses do not count as a use of the pages.
    case noReuse = 5
}

extension Machine {
    /// posix_fadvise(2) (`generic_fadvise` in `mm/fadvise.c`). Files in memory take every advice and ignore it.
    ///
    /// - Parameter length: in bytes; 0 is all from `offset` on.
    /// - Throws: EBADF, EINVAL for a length of 2^63 or more, or an advice that there is none of.
    package func fadvise(
        _ process: Int, _ fd: Int32, offset: UInt64, length: UInt64, advice: Int32
    ) throws(Errno) {
        let file = try openFile(try caller(process), fd)
        if Int64(bitPattern: length) < 0 {
            throw refuse(.EINVAL, .argument("length", .count(Int64(bitPattern: length)), "must not be negative"))
        }
        guard let advice = FileAdvice(rawValue: advice) else {
            throw refuse(.EINVAL, .argument("advice", .count(Int64(advice)), "no advice has this number"))
        }
        if file.pointee.mapping.pointee.kind != .disk { return }
        switch advice {
        case .normal:
            file.pointee.readahead.isDoubled = false
            file.pointee.isRandom = false
            file.pointee.isUsedOnce = false
        case .random: file.pointee.isRandom = true
        case .sequential:
            file.pointee.readahead.isDoubled = true
            file.pointee.isRandom = false
        case .willNeed:
            let first = Self.filePage(offset)
            let count = Self.lastByte(offset, length) >> 12 &- first &+ 1
            forceReadahead(file, from: first, count: count)
        case .dontNeed: discardPages(file.pointee.mapping, offset, Self.lastByte(offset, length))
        case .noReuse: file.pointee.isUsedOnce = true
        }
    }

    /// readahead(2) (`ksys_readahead` in `mm/readahead.c`): POSIX_FADV_WILLNEED of a file that is open for reading.
    ///
    /// - Parameter count: in bytes; 0 is all from `offset` on.
    /// - Throws: EBADF, EINVAL for a count of 2^63 or more.
    package func readahead(_ process: Int, _ fd: Int32, offset: UInt64, count: UInt64) throws(Errno) {
        let file = try openFile(try caller(process), fd)
        if !file.pointee.canRead { throw refuse(.EBADF, .notOpenFor("reading")) }
        try checkOrdinary(file, .EINVAL, "reading ahead")
        try fadvise(process, fd, offset: offset, length: count, advice: FileAdvice.willNeed.rawValue)
    }

    /// The last byte of a range that may be endless, as the kernel reckons it; offsets may be negative.
    private static func lastByte(_ offset: UInt64, _ length: UInt64) -> UInt64 {
        let end = offset &+ length
        return length == 0 || Int64(bitPattern: end) < Int64(bitPattern: length) ? UInt64(Int64.max) : end &- 1
    }

    /// The page of a byte; that of a negative offset lies beyond all files.
    private static func filePage(_ offset: UInt64) -> UInt64 { UInt64(bitPattern: Int64(bitPattern: offset) >> 12) }

    /// POSIX_FADV_DONTNEED: starts the writeback of dirty pages, and drops clean, unused pages that lie wholly in the range.
    private func discardPages(_ mapping: Handle<FileMapping>, _ offset: UInt64, _ lastByte: UInt64) {
        finishEarlierWrites()
        if Int64(bitPattern: offset) >= 0,
            startWriteback(mapping, from: offset >> 12, through: lastByte >> 12) > 0
        {
            // The dirty pages are found by batches, whose release drains those of this CPU.
            drainBatches()
        }
        let first = Self.filePage(offset &+ (PageSize.base - 1))
        var last = lastByte >> 12
        // A last page that is in the range only in part stays, unless the file ends there.
        if lastByte & (PageSize.base - 1) != PageSize.base - 1, lastByte != mapping.pointee.size &- 1 {
            if last == 0 { return }
            last -= 1
        }
        if last < first { return }
        drainBatches()
        invalidatePages(mapping, from: first, through: last)
        // The batches of the visited pages are released.
        drainBatches()
    }
}
