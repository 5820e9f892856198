/// Which host faults may have come from a mapping that was being changed.
struct AccessRetries {
    private struct Access: Hashable {
        let thread: Int32
        let address: UInt64
    }

    private var counts: [Access: Int] = [:]
    /// A real fault comes back at once, each time.
    private static let most = 3

    /// Whether the access is to be made again. One that was made again and again is refused for good, and forgotten.
    mutating func allows(_ thread: Int32, _ address: UInt64) -> Bool {
        let access = Access(thread: thread, address: address)
        let count = counts[access, default: 0] + 1
        if count > Self.most {
            counts[access] = nil
            return false
        }
        // What went well the second time is never taken off: a few are kept.
        if counts.count > 64 { counts.removeAll() }
        counts[access] = count
        return true
    }
}
