/// How much work one statement may ask for.
extension Validator {
    /// Scans of all memory that one statement may ask for, by itself or with `repeat`. From the third on a scan finds nothing new in memory
    /// that nobody writes to.
    static let mostScans: Int64 = 10_000

    /// Calls that go through all memory, or all that is marked: each takes as long as there is memory.
    private static let scans = Set(
        ["ksm_scan", "ksm_unmerge", "khugepaged_scan", "memory_reclaim", "drop_caches", "compact", "swapoff"]
            .compactMap(CallName.init(rawValue:)))

    /// What is wrong with the N of `repeat N`.
    ///
    /// - Parameter first: the call's first argument, which says of `ksm_scan` how many scans it makes.
    static func repetitionMessage(_ count: Int64, of name: CallName, _ first: Int64) -> String? {
        guard (1...1 << 24).contains(count) else { return "repeat makes a call 1 to 16M times, not \(count) times" }
        guard scans.contains(name) else { return nil }
        let each = name == .ksmScan ? min(max(first, 0), mostScans) : 1
        if count * each <= mostScans { return nil }
        return "one statement makes at most \(mostScans) scans of all memory: "
            + "repeat \(count) \(name.rawValue) would make \(count * each)"
    }

    static func scanMessage(_ scans: Int64?) -> String? {
        guard let scans, !(0...mostScans).contains(scans) else { return nil }
        return "ksm_scan makes 0 to \(mostScans) scans; a second statement makes more"
    }
}
