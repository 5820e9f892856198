/// The state of memory in the kernel's log (`__show_mem` of `mm/show_mem.c`).
///
/// Figures that the model does not have are left out, where the kernel has them: those of slabs and kernel stacks on a machine that does not charge the
/// kernel's own records, and page tables of the single nodes where there are several.
extension Machine {
    /// What `show_free_areas` prints of one zone.
    private struct ZoneReport {
        let zone: ZoneSnapshot
        let freeHighAtomic: UInt64
        let tally: ListTally
    }

    /// `__show_mem`: the lists, the zones, the blocks that are free, and the swap area.
    ///
    /// - Parameter highest: zones above it are of no use to who asks, and are left out.
    func tellMemory(upTo highest: ZoneKind) {
        let snapshots = physical.snapshot()
        let reports = physical.zones.indices.map { index in
            ZoneReport(
                zone: snapshots[index], freeHighAtomic: physical.zones[index].freeHighAtomic, tally: tally(index))
        }
        let shown = zip(reports, physical.zones).filter { $0.0.zone.present > 0 && $0.1.kind <= highest }.map(\.0)
        printk("Mem-Info:")
        tellLists(reports, perCPU: shown.reduce(0) { $0 + $1.zone.perCPUCount })
        let nodes = reports.reduce(into: [Int]()) { if !$0.contains($1.zone.node) { $0.append($1.zone.node) } }
        for node in nodes.sorted() where reports.contains(where: { $0.zone.node == node && $0.zone.managed > 0 }) {
            tellNode(node, reports.filter { $0.zone.node == node }, isOnly: nodes.count == 1)
        }
        for report in shown { tellZone(report) }
        for report in shown { tellBlocks(report.zone) }
        for node in nodes.sorted() { tellPool(node) }
        tellSwap()
        let present = snapshots.reduce(0) { $0 + $1.present }
        printk("\(present) pages RAM")
        printk("0 pages HighMem/MovableOnly")
        printk("\(present - snapshots.reduce(0) { $0 + $1.managed }) pages reserved")
        let contiguous = snapshots.reduce(0) { $0 + $1.cma }
        if contiguous > 0 { printk("\(contiguous) pages cma reserved") }
    }

    private func tellLists(_ reports: [ZoneReport], perCPU: Int) {
        var sum = ListTally()
        for report in reports { sum.add(report.tally) }
        let lists = sum.lists
        let anonymous = "active_anon:\(lists[LRUKind.activeAnon]) inactive_anon:\(lists[LRUKind.inactiveAnon])"
        printk("\(anonymous) isolated_anon:0")
        printk(" active_file:\(lists[LRUKind.activeFile]) inactive_file:\(lists[LRUKind.inactiveFile]) isolated_file:0")
        printk(" unevictable:\(lists[LRUKind.unevictable]) dirty:\(sum.dirty) writeback:\(sum.writeback)")
        if kernel.isUp {
            printk(" slab_reclaimable:\(kernel.reclaimablePages) slab_unreclaimable:\(kernel.unreclaimablePages)")
        }
        printk(" mapped:\(sum.mapped) shmem:\(sum.shmem) pagetables:\(nodeStatistics.pageTables)")
        printk(" sec_pagetables:0 bounce:0")
        printk(" kernel_misc_reclaimable:0")
        let contiguous = reports.reduce(0) { $0 + $1.zone.freeCMA }
        printk(" free:\(physical.freeInBlocks) free_pcp:\(perCPU) free_cma:\(contiguous)")
    }

    private func tellNode(_ node: Int, _ reports: [ZoneReport], isOnly: Bool) {
        var sum = ListTally()
        for report in reports { sum.add(report.tally) }
        // Huge pages are counted for the machine: all on the first node, where the CPU is.
        let isFirst = node == 0
        let counts = isFirst ? huge.counts : HugePageCounts()
        var figures: [(String, UInt64)] = Self.lists(sum, order: [LRUKind.activeAnon, LRUKind.inactiveAnon])
        figures += Self.lists(sum, order: [LRUKind.activeFile, LRUKind.inactiveFile, LRUKind.unevictable])
        figures += [
            ("isolated(anon)", 0), ("isolated(file)", 0), ("mapped", sum.mapped), ("dirty", sum.dirty),
            ("writeback", sum.writeback), ("shmem", sum.shmem), ("shmem_thp", counts.shared << 9),
            ("shmem_pmdmapped", counts.sharedMapped << 9), ("anon_thp", counts.mapped << 9),
        ]
        if kernel.isUp, chargesKernelObjects { figures.append(("kernel_stack", isFirst ? kernelStackPages : 0)) }
        if isOnly { figures.append(("pagetables", UInt64(nodeStatistics.pageTables))) }
        figures.append(("sec_pagetables", 0))
        let gaveUp = isFirst && kswapdFailures >= 16 ? "yes" : "no"
        printk("Node \(node)" + Self.kilobytes(figures) + " all_unreclaimable? \(gaveUp) Balloon:0kB")
    }

    private func tellZone(_ report: ZoneReport) {
        let (zone, tally) = (report.zone, report.tally)
        let marks: [(String, UInt64)] = [
            ("free", zone.free), ("boost", zone.boost), ("min", zone.minimum), ("low", zone.low), ("high", zone.high),
        ]
        var figures = Self.lists(tally, order: [LRUKind.activeAnon, LRUKind.inactiveAnon])
        figures += Self.lists(tally, order: [LRUKind.activeFile, LRUKind.inactiveFile, LRUKind.unevictable])
        figures += [
            ("writepending", tally.pending), ("zspages", 0), ("present", zone.present), ("managed", zone.managed),
            ("mlocked", tally.locked), ("bounce", 0), ("free_pcp", UInt64(zone.perCPUCount)),
            ("local_pcp", UInt64(zone.perCPUCount)), ("free_cma", zone.freeCMA),
        ]
        // These two the kernel prints with a large K.
        let kept =
            " reserved_highatomic:\(zone.reservedHighAtomic << 2)KB free_highatomic:\(report.freeHighAtomic << 2)KB"
        printk("Node \(zone.node) \(zone.name)" + Self.kilobytes(marks) + kept + Self.kilobytes(figures))
        printk("lowmem_reserve[]:" + zone.protection.map { " \($0)" }.joined())
    }

    /// The free blocks of a zone by order, and which types there are among them (`show_migration_types`).
    private func tellBlocks(_ zone: ZoneSnapshot) {
        let letters: [(index: Int, letter: String)] = [
            (0, "U"), (1, "M"), (2, "E"), (3, "H"), (5, "C"), (4, "I"),
        ]
        var total: UInt64 = 0
        let orders = zone.freeBlocks.enumerated().map { order, count in
            total += count << UInt64(order)
            let types = letters.filter { zone.freeBlocksByType[$0.index][order] > 0 }.map(\.letter).joined()
            return "\(count)*\(4 << UInt64(order))kB " + (count > 0 ? "(\(types)) " : "")
        }
        printk("Node \(zone.node) \(zone.name): " + orders.joined() + "= \(total << 2)kB")
    }

    /// `hugetlb_show_meminfo_node`: the pool of 1 GiB pages is always empty, and that of 2 MiB counts for the first node.
    private func tellPool(_ node: Int) {
        func line(_ total: Int64, _ free: Int, _ surplus: Int64, _ size: Int) -> String {
            "Node \(node) hugepages_total=\(total) hugepages_free=\(free) hugepages_surp=\(surplus) hugepages_size=\(size)kB"
        }
        printk(line(0, 0, 0, 1 << 20))
        printk(node == 0 ? line(hugePool.total, hugePool.free.count, hugePool.surplus, 2048) : line(0, 0, 0, 2048))
    }

    private func tellSwap() {
        let area = swap.area
        let cached = UInt64(area?.slots.count { $0.isCached } ?? 0)
        let files = nodeStatistics.diskPages + nodeStatistics.shmem
        printk("\(UInt64(files) + cached) total pagecache pages")
        printk("\(cached) pages in swap cache")
        printk("Free swap  = \(((area?.slotCount ?? 0) - (area?.usedCount ?? 0)) << 2)kB")
        printk("Total swap = \((area?.slotCount ?? 0) << 2)kB")
    }

    private static func lists(_ tally: ListTally, order: [Int]) -> [(String, UInt64)] {
        order.map { kind in
            let name =
                switch kind {
                case LRUKind.activeAnon: "active_anon"
                case LRUKind.inactiveAnon: "inactive_anon"
                case LRUKind.activeFile: "active_file"
                case LRUKind.inactiveFile: "inactive_file"
                default: "unevictable"
                }
            return (name, tally.lists[kind])
        }
    }

    private static func kilobytes(_ figures: [(String, UInt64)]) -> String {
        figures.map { " \($0.0):\($0.1 << 2)kB" }.joined()
    }
}
