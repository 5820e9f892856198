import Faultline

/// Prints the lines of `/proc/PID/status` that concern memory, as the kernel does (`task_mem`, `hugetlb_report_usage`).
public struct StatusReader {
    /// The lines, VmPeak to HugetlbPages.
    public static func text(_ totals: ProcessTotals, pinnedKiB: UInt64 = 0) -> String {
        let lines: [(String, UInt64)] = [
            ("VmPeak", UInt64(totals.peakSize)), ("VmSize", UInt64(totals.size)), ("VmLck", totals.locked),
            ("VmPin", pinnedKiB),
            ("VmHWM", UInt64(totals.peakRSS)), ("VmRSS", UInt64(totals.rss)), ("RssAnon", UInt64(totals.anonymous)),
            ("RssFile", UInt64(totals.file)), ("RssShmem", UInt64(totals.shmem)), ("VmData", UInt64(totals.data)),
            ("VmStk", UInt64(totals.stack)), ("VmExe", UInt64(totals.code)), ("VmLib", UInt64(totals.libraries)),
            ("VmPTE", UInt64(totals.pageTables)), ("VmSwap", UInt64(totals.swap)),
            ("HugetlbPages", UInt64(totals.hugetlb)),
        ]
        return lines.map { name, value in
            let digits = String(value)
            return "\(name):\t" + digits.right(8) + " kB\n"
        }.joined()
    }
}
