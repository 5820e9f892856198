import Faultline

/// Counts of misses by a number: of a page, or of an instruction. Takes memory in proportion to the numbers that there were.
struct MissTable {
    /// A number and its misses by ``TraceWord/Kind``.
    struct Row {
        var key: UInt64
        var reads: UInt64 = 0
        var writes: UInt64 = 0
        var fetches: UInt64 = 0

        var sum: UInt64 { reads + writes + fetches }
    }

    /// Open addressing; a row without misses is free. At most half are used.
    private var rows = [Row](repeating: Row(key: 0), count: 1024)
    private(set) var used = 0

    mutating func add(_ key: UInt64, _ kind: TraceWord.Kind) {
        var place = slot(key)
        if rows[place].sum == 0 {
            if used * 2 >= rows.count {
                grow()
                place = slot(key)
            }
            used += 1
            rows[place].key = key
        }
        switch kind {
        case .read: rows[place].reads += 1
        case .write: rows[place].writes += 1
        case .execute, .marker: rows[place].fetches += 1
        }
    }

    private func slot(_ key: UInt64) -> Int {
        let mask = rows.count - 1
        var place = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 24) & mask
        while rows[place].sum != 0, rows[place].key != key { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = rows
        rows = [Row](repeating: Row(key: 0), count: old.count * 2)
        for row in old where row.sum != 0 { rows[slot(row.key)] = row }
    }

    /// Those with the most misses, the smaller number first among equals.
    func top(_ count: Int) -> [Row] {
        let all = rows.filter { $0.sum != 0 }.sorted { ($1.sum, $0.key) < ($0.sum, $1.key) }
        return Array(all.prefix(count))
    }
}

/// A page or an instruction of a process: its number in the trace's order above, the address below.
enum ProcessAddress {
    /// How many processes a trace may have.
    static let mostProcesses = 1 << 15

    @inline(__always)
    static func key(_ process: Int, _ number: UInt64) -> UInt64 {
        UInt64(truncatingIfNeeded: process) << 48 | number & TraceWord.addressMask
    }

    static func parts(_ key: UInt64) -> (process: Int, number: UInt64) {
        (Int(key >> 48), key & TraceWord.addressMask)
    }
}
