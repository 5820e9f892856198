extension CallTable {
    /// The files that `setting` writes.
    static let settingFiles: [String] =
        ["vm/page-cluster", "kernel/numa_balancing", "swap/vma_ra_enabled"] + hugePageFiles + mergingFiles

    /// Those of /sys/kernel/mm/ksm.
    static let mergingFiles: [String] = [
        "use_zero_pages", "max_page_sharing", "merge_across_nodes", "smart_scan",
    ].map { "ksm/" + $0 }

    /// Those of /sys/kernel/mm/transparent_hugepage, whose settings are the machine's while it runs.
    static let hugePageFiles: [String] =
        [
            "enabled", "defrag", "shmem_enabled", "use_zero_page", "shrink_underused", "khugepaged/defrag",
            "khugepaged/max_ptes_none", "khugepaged/max_ptes_swap", "khugepaged/max_ptes_shared",
        ].map { "transparent_hugepage/" + $0 }
        + ["enabled", "shmem_enabled"].flatMap { file in
            [16, 32, 64, 128, 256, 512, 1024, 2048].map { "transparent_hugepage/hugepages-\($0)kB/\(file)" }
        }
}
