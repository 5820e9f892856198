import Faultline

/// The counters of zones and nodes (`vmstat_text`), in the kernel's order. Those that the machine does not keep have no value.
struct MemoryCounters {
    /// A counter as /proc names it.
    typealias Counter = (name: String, value: UInt64?)

    private let machine: Machine
    private let info: MemoryInfo
    private let zones: [ZoneSnapshot]
    /// Pages of each zone by the list that they are on, and those that are locked or on their way to the disk.
    private let lists: [Lists]

    private typealias Lists = ZoneListCounts

    /// Counts now. Costs a look at every frame that is in use.
    init(_ machine: Machine) {
        self.machine = machine
        info = machine.memoryInfo()
        zones = machine.zones
        lists = machine.zoneListCounts()
    }

    /// Those of a zone (`enum zone_stat_item`, `enum numa_stat_item`).
    func zone(_ zone: ZoneSnapshot) -> [Counter] {
        guard let index = zones.firstIndex(where: { $0.startPFN == zone.startPFN }) else { return [] }
        return Self.zone([zone], lists[index])
    }

    /// Those of the zones of a node together, and the node's own: its file `vmstat`.
    func zonesAndNode(_ number: Int) -> [Counter] {
        var sum = Lists()
        for (index, zone) in zones.enumerated() where zone.node == number { sum.add(lists[index]) }
        return Self.zone(zones.filter { $0.node == number }, sum) + node(number)
    }

    private static func zone(_ zones: [ZoneSnapshot], _ lists: Lists) -> [Counter] {
        let sum = { (value: (ZoneSnapshot) -> UInt64) in zones.reduce(0) { $0 + value($1) } }
        return [
            ("nr_free_pages", sum(\.free)),
            ("nr_free_pages_blocks", sum { $0.freeBlocks[9] << 9 + $0.freeBlocks[10] << 10 }),
            ("nr_zone_inactive_anon", lists.inactiveAnon), ("nr_zone_active_anon", lists.activeAnon),
            ("nr_zone_inactive_file", lists.inactiveFile), ("nr_zone_active_file", lists.activeFile),
            ("nr_zone_unevictable", lists.unevictable), ("nr_zone_write_pending", lists.pending),
            ("nr_mlock", lists.locked), ("nr_zspages", 0), ("nr_free_cma", sum(\.freeCMA)),
            ("numa_hit", sum { $0.allocations - $0.misses }), ("numa_miss", sum(\.misses)),
            ("numa_foreign", sum(\.foreign)), ("numa_interleave", sum(\.interleaved)),
            ("numa_local", sum { $0.allocations - $0.others }), ("numa_other", sum(\.others)),
        ]
    }

    /// Those of a node (`enum node_stat_item`). The machine has one CPU: processes are on its node.
    func node(_ node: Int) -> [Counter] {
        var lists = Lists()
        for (index, zone) in zones.enumerated() where zone.node == node { lists.add(self.lists[index]) }
        return Self.node(
            lists, node == 0 ? info : others, node == 0 ? machine.reclaimFigures : ReclaimFigures(),
            huge: node == 0 ? machine.hugePageCounts : HugePageCounts())
    }

    /// What nodes without processes have: nothing, but where the machine keeps a figure they have it.
    private var others: MemoryInfo {
        var others = MemoryInfo()
        guard var kernel = info.kernel else { return others }
        (kernel.reclaimableSlab, kernel.unreclaimableSlab) = (0, 0)
        kernel.stacks = kernel.stacks.map { _ in 0 }
        others.kernel = kernel
        return others
    }

    private static func node(
        _ lists: Lists, _ info: MemoryInfo, _ reclaim: ReclaimFigures, huge: HugePageCounts
    ) -> [Counter] {
        // Nothing is promoted or demoted; no page of a file on a disk is huge.
        let never = { (names: String) in names.split(separator: " ").map { (String($0), UInt64(0)) as Counter } }
        var counters: [Counter] = [
            ("nr_inactive_anon", lists.inactiveAnon), ("nr_active_anon", lists.activeAnon),
            ("nr_inactive_file", lists.inactiveFile), ("nr_active_file", lists.activeFile),
            ("nr_unevictable", lists.unevictable), ("nr_slab_reclaimable", info.kernel?.reclaimableSlab),
            ("nr_slab_unreclaimable", info.kernel?.unreclaimableSlab),
        ]
        counters += never("nr_isolated_anon nr_isolated_file")
        counters.append(("workingset_nodes", nil))
        counters += [
            ("workingset_refault_anon", reclaim.refaultedAnonymous),
            ("workingset_refault_file", reclaim.refaultedFile),
            ("workingset_activate_anon", reclaim.activatedAnonymous),
            ("workingset_activate_file", reclaim.activatedFile),
            ("workingset_restore_anon", reclaim.restoredAnonymous),
            ("workingset_restore_file", reclaim.restoredFile), ("workingset_nodereclaim", reclaim.forgottenNodes),
        ]
        counters += [
            ("nr_anon_pages", info.anonPages), ("nr_mapped", info.mapped),
            ("nr_file_pages", info.cached + info.buffers + info.swapCached),
            ("nr_dirty", info.dirty), ("nr_writeback", info.writeback), ("nr_shmem", info.shmem),
        ]
        counters += [("nr_shmem_hugepages", huge.shared), ("nr_shmem_pmdmapped", huge.sharedMapped)]
        counters += never("nr_file_hugepages nr_file_pmdmapped")
        counters.append(("nr_anon_transparent_hugepages", huge.mapped))
        counters += never("nr_vmscan_write nr_vmscan_immediate_reclaim")
        counters += [("nr_dirtied", info.dirtied), ("nr_written", info.written)]
        counters += never(
            "nr_throttled_written nr_kernel_misc_reclaimable nr_foll_pin_acquired nr_foll_pin_released")
        counters += [("nr_kernel_stack", info.kernel?.stacks.map { $0 * 4 }), ("nr_page_table_pages", info.pageTables)]
        return counters
            + never(
                "nr_sec_page_table_pages nr_iommu_pages")
            + [("nr_swapcached", info.swapCached)]
            + never(
                "pgpromote_success pgpromote_candidate "
                    + "pgpromote_candidate_nrl pgdemote_kswapd pgdemote_direct pgdemote_khugepaged pgdemote_proactive "
                    + "nr_hugetlb nr_balloon_pages nr_kernel_file_pages")
    }

    /// Those of /proc/vmstat: zones and nodes together, then events (`enum vm_event_item`) that the machine counts.
    var all: [Counter] {
        var sum = Lists()
        for list in lists { sum.add(list) }
        let faults = machine.allFaults
        let counts = machine.compactionCounts
        let swap = machine.swapCounts
        let reclaim = machine.reclaimFigures
        let freed = zones.reduce(0) { $0 + $1.freedPages }
        let used = { (name: String) -> UInt64 in
            zones.filter { $0.name == name }.reduce(0) { sum, zone in
                let taken = zone.managed - min(zone.managed, zone.free + UInt64(zone.perCPU.count))
                return sum + taken + zone.freedPages
            }
        }
        let splits = info.kernel?.directMapSplits
        let (huge, merging) = (machine.hugePageCounts, machine.ksmCounts)
        var counters = Self.zone(zones, sum) + Self.node(sum, info, reclaim, huge: huge)
        counters += [
            ("nr_dirty_threshold", info.dirtyThreshold), ("nr_dirty_background_threshold", info.backgroundThreshold),
            ("pswpin", swap.pagesIn), ("pswpout", swap.pagesOut),
            ("pgalloc_dma", used("DMA")), ("pgalloc_dma32", used("DMA32")), ("pgalloc_normal", used("Normal")),
            ("pgalloc_movable", used("Movable")),
        ]
        counters += stalls(reclaim)
        counters += [
            ("pgfree", freed), ("pgactivate", reclaim.activations), ("pgfault", faults.all),
            ("pgmajfault", faults.major),
            ("pgsteal_kswapd", reclaim.freedByKswapd), ("pgsteal_direct", reclaim.freedDirectly),
            ("pgscan_kswapd", reclaim.scannedByKswapd), ("pgscan_direct", reclaim.scannedDirectly),
            ("pgscan_anon", reclaim.scannedAnonymous), ("pgscan_file", reclaim.scannedFile),
            ("pgsteal_anon", reclaim.freedAnonymous), ("pgsteal_file", reclaim.freedFile),
            ("oom_kill", reclaim.kills),
        ]
        counters += Self.balancing(machine.balancingCounts)
        counters += [
            ("pgmigrate_success", counts.migrated), ("pgmigrate_fail", counts.failed),
            ("thp_migration_success", huge.migrations), ("thp_migration_fail", huge.failedMigrations),
            ("thp_migration_split", huge.splitMigrations),
            ("compact_migrate_scanned", counts.migrateScanned), ("compact_free_scanned", counts.freeScanned),
            ("compact_isolated", counts.isolated), ("compact_stall", counts.stalls), ("compact_fail", counts.failures),
            ("compact_success", counts.successes), ("compact_daemon_wake", counts.daemonWakes),
            ("compact_daemon_migrate_scanned", counts.daemonMigrateScanned),
            ("compact_daemon_free_scanned", counts.daemonFreeScanned),
        ]
        counters += HugePageCounters.all(huge)
        counters += [
            ("swap_ra", swap.readAhead), ("swap_ra_hit", swap.readAheadHits), ("swpin_zero", swap.zeroIn),
            ("swpout_zero", swap.zeroOut), ("ksm_swpin_copy", UInt64(merging.swapCopies)),
            ("cow_ksm", UInt64(merging.copies)),
            ("direct_map_level2_splits", splits?[0]), ("direct_map_level3_splits", splits?[1]),
            // Nothing joins large pages again (CPA_COLLAPSE is of set_memory_rox alone).
            ("direct_map_level2_collapses", splits.map { _ in 0 }),
            ("direct_map_level3_collapses", splits.map { _ in 0 }),
        ]
        return counters
    }

    private static func balancing(_ counts: BalancingCounts) -> [Counter] {
        [
            ("numa_pte_updates", counts.hinted), ("numa_huge_pte_updates", counts.hugeChanges),
            ("numa_hint_faults", counts.faults), ("numa_hint_faults_local", counts.localFaults),
            ("numa_pages_migrated", counts.moved),
        ]
    }

    /// Allocations that waited for reclaim, by the highest zone that they could use, and pages that reclaim passed over since their zone
    /// was of no use: where there is a ZONE_MOVABLE, the machine does not know how many.
    private func stalls(_ reclaim: ReclaimFigures) -> [Counter] {
        let skipped: UInt64? = zones.contains { $0.name == "Movable" } ? nil : 0
        return [
            ("allocstall_dma", 0), ("allocstall_dma32", 0), ("allocstall_normal", reclaim.unmovableStalls),
            ("allocstall_movable", reclaim.stalls - reclaim.unmovableStalls), ("allocstall_device", 0),
        ] + ["dma", "dma32", "normal", "movable", "device"].map { ("pgskip_" + $0, skipped) }
    }
}
