import FaultlineInspect

extension CommitLimits {
    /// Those of this machine, as /proc/meminfo and /proc/sys/vm have them.
    ///
    /// - Throws: ``LiveError`` where a file cannot be read.
    public static func ofThisMachine() throws(LiveError) -> CommitLimits {
        let info = try HostFile("/proc/meminfo").contents()
        var limits = CommitLimits()
        for line in info.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count >= 2, let value = UInt64(ascii: words[1]) else { continue }
            switch String(decoding: words[0], as: UTF8.self) {
            case "MemTotal:": limits.memoryKiB = value
            case "SwapTotal:": limits.swapKiB = value
            case "CommitLimit:": limits.limitKiB = value
            case "Committed_AS:": limits.committedKiB = value
            default: break
            }
        }
        limits.overcommitMode = Int(clamping: try setting("overcommit_memory"))
        limits.adminReserveKiB = try setting("admin_reserve_kbytes")
        limits.userReserveKiB = try setting("user_reserve_kbytes")
        return limits
    }

    private static func setting(_ name: String) throws(LiveError) -> UInt64 {
        let text = try HostFile("/proc/sys/vm/\(name)").contents()
        return UInt64(ascii: text.prefix { $0 != UInt8(ascii: "\n") }) ?? 0
    }
}
