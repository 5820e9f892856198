import Faultline

/// The lines of /proc/vmstat about huge pages, in its order.
enum HugePageCounters {
    static func all(_ counts: HugePageCounts) -> [MemoryCounters.Counter] {
        [
            ("thp_fault_alloc", counts.faults), ("thp_fault_fallback", counts.fallbacks),
            ("thp_fault_fallback_charge", counts.fallbackCharges), ("thp_collapse_alloc", counts.collapses),
            ("thp_collapse_alloc_failed", counts.failedCollapses), ("thp_file_alloc", counts.fileFaults),
            ("thp_file_fallback", counts.fileFallbacks), ("thp_file_fallback_charge", counts.fileFallbackCharges),
            ("thp_file_mapped", counts.fileMapped), ("thp_split_page", counts.splits),
            ("thp_split_page_failed", counts.failedSplits), ("thp_deferred_split_page", counts.deferredSplits),
            ("thp_underused_split_page", counts.underusedSplits), ("thp_split_pmd", counts.splitEntries),
            ("thp_scan_exceed_none_pte", counts.tooManyEmpty), ("thp_scan_exceed_swap_pte", counts.tooManySwapped),
            ("thp_scan_exceed_share_pte", counts.tooManyShared), ("thp_zero_page_alloc", counts.zeroPages),
            ("thp_zero_page_alloc_failed", counts.failedZeroPages), ("thp_swpout", counts.swappedOut),
            ("thp_swpout_fallback", counts.swapFallbacks),
        ]
    }
}
