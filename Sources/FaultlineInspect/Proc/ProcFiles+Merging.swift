import Faultline

/// The files of /sys/kernel/mm/ksm, and /proc/PID/ksm_stat.
extension ProcFiles {
    private static let folder = "/sys/kernel/mm/ksm/"

    static var mergingFiles: [String] { figures(KSMSettings(), KSMCounts()).map { folder + $0.name } }

    /// One of them; nil where the path is none.
    func mergingFile(_ path: String) -> String? {
        Self.figures(machine.ksmSettings, machine.ksmCounts).first { Self.folder + $0.name == path }
            .map { "\($0.value)\n" }
    }

    private static func figures(_ settings: KSMSettings, _ counts: KSMCounts) -> [(name: String, value: Int)] {
        [
            ("full_scans", counts.scans), ("general_profit", counts.profit), ("ksm_zero_pages", counts.zeroPages),
            ("max_page_sharing", settings.mostSharing), ("merge_across_nodes", settings.mergesAcrossNodes ? 1 : 0),
            ("pages_scanned", counts.scanned), ("pages_shared", counts.shared), ("pages_sharing", counts.sharing),
            ("pages_skipped", counts.skipped), ("pages_unshared", counts.unshared),
            ("pages_volatile", counts.changing), ("smart_scan", settings.isSmart ? 1 : 0),
            ("stable_node_chains", counts.chains), ("stable_node_dups", counts.chained),
            ("use_zero_pages", settings.usesZeroPages ? 1 : 0),
        ]
    }

    /// `/proc/PID/ksm_stat` (`proc_pid_ksm_stat`).
    func mergingStatus(_ process: ProcessID) throws(Errno) -> String {
        let status = try machine.mergingStatus(process.index)
        return """
            ksm_rmap_items \(status.items)
            ksm_zero_pages \(status.zeroPages)
            ksm_merging_pages \(status.mergingPages)
            ksm_process_profit \(status.profit)
            ksm_merge_any: \(status.mergesAny ? "yes" : "no")
            ksm_mergeable: \(status.isMergeable ? "yes" : "no")

            """
    }
}
