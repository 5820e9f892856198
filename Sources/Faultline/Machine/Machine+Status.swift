/// The figures of a process as a whole: the lines of `/proc/PID/status` that concern memory, and `Pss` of `smaps_rollup`. In KiB.
public struct ProcessTotals: Sendable, Equatable, Encodable {
    /// `VmSize` and `VmPeak`, its highest value.
    public var size = 0, peakSize = 0
    /// `VmLck`; the kernel's counter can wrap.
    public var locked: UInt64 = 0
    /// `VmRSS` and `VmHWM`, its highest value.
    public var rss = 0, peakRSS = 0
    /// `RssAnon`, `RssFile` and `RssShmem`: the parts of `VmRSS`.
    public var anonymous = 0, file = 0, shmem = 0
    /// `VmSwap`: what its entries name in the swap area.
    public var swap = 0
    /// `HugetlbPages`: huge pages of the pool, which are no part of `VmRSS`.
    public var hugetlb = 0
    /// `Pss`: each page divided by how often it is mapped.
    public var pss = 0
    /// `VmData`, `VmStk`, `VmExe` and `VmLib`.
    public var data = 0, stack = 0, code = 0, libraries = 0
    /// `VmPTE`.
    public var pageTables = 0
    /// How many VMAs, the ones that the process started with among them.
    public var vmaCount = 0

    /// All figures 0.
    public init() {}

    /// As a transcript shows them behind a process.
    public var text: String {
        "Rss=\(rss)K Pss=\(pss)K VmSize=\(size)K RssAnon=\(anonymous)K RssFile=\(file)K RssShmem=\(shmem)K VMAs=\(vmaCount)"
    }
}

extension Machine {
    /// The figures of a process (`task_mem` in `fs/proc/task_mmu.c`). Costs a look at every page that is mapped.
    ///
    /// - Throws: ESRCH.
    package func totals(_ process: Int) throws(Errno) -> ProcessTotals {
        guard processes.indices.contains(process), processes[process].isAlive else { throw .ESRCH }
        let mm = processes[process].mm.pointee
        var totals = ProcessTotals()
        totals.size = Int(mm.totalVM) * 4
        totals.peakSize = Int(max(mm.totalVM, mm.peakVM)) * 4
        totals.locked = mm.lockedVM &* 4
        totals.anonymous = Int(mm.anonPages) * 4
        totals.file = Int(mm.filePages) * 4
        totals.shmem = Int(mm.shmemPages) * 4
        totals.rss = Int(mm.rssPages) * 4
        totals.swap = Int(mm.swapEntries) * 4
        totals.hugetlb = Int(mm.poolPages) * 4
        totals.peakRSS = Int(max(mm.rssPages, mm.peakRSS)) * 4
        totals.data = Int(mm.dataVM) * 4
        totals.stack = Int(mm.stackVM) * 4
        let code = mm.layout.endCode.pageAlignedUp &- mm.layout.startCode.pageAlignedDown
        totals.code = min(Int(code >> 10), Int(mm.execVM) * 4)
        totals.libraries = Int(mm.execVM) * 4 - totals.code
        totals.pageTables = Int(mm.tableFrames) * 4
        totals.vmaCount = mm.mapCount
        totals.pss = proportionalKiB(processes[process].mm)
        return totals
    }

    /// The sum over all VMAs before it is rounded, as `smaps_rollup` has it.
    private func proportionalKiB(_ mm: Handle<MMStruct>) -> Int {
        var sum: UInt64 = 0
        var cursor = mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            if vma.pointee.flags.has(.hugeTLB) { continue }
            forEachEntry(vma) { _, entry in
                if !entry.isPresent || entry.isSpecial { return }
                sum += (PageSize.base << 12) / UInt64(max(folio(of: entry.pfn).mapCount(of: entry.pfn), 1))
            }
        }
        return Int(sum >> 22)
    }
}
