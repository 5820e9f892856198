/// What `/proc/meminfo` and the disk's `stats` in debugfs say of memory, in pages.
public struct MemoryInfo: Sendable, Equatable, Codable {
    /// `MemTotal`.
    public var total: UInt64 = 0
    /// `MemFree`: what is free in blocks; what waits on the lists of the CPU is not among it.
    public var free: UInt64 = 0
    /// `MemAvailable`: what could be had without swapping.
    public var available: UInt64 = 0
    /// `Inactive(anon)`, `Active(anon)`, `Inactive(file)` and `Active(file)`: pages on the LRU lists; what waits in the CPU's batches is on none.
    public var inactiveAnon: UInt64 = 0, activeAnon: UInt64 = 0, inactiveFile: UInt64 = 0, activeFile: UInt64 = 0
    /// `Buffers`: the pages of the disk itself, with what its file system keeps of its own.
    public var buffers: UInt64 = 0
    /// `Cached`: the pages of files, those in memory only among them.
    public var cached: UInt64 = 0
    /// `Unevictable`.
    public var unevictable: UInt64 = 0
    /// `Mlocked`.
    public var mlocked: UInt64 = 0
    /// `Dirty`: pages of the disk and of its files.
    public var dirty: UInt64 = 0
    /// `Writeback`: under way to the disk.
    public var writeback: UInt64 = 0
    /// `SwapTotal`, `SwapFree` and `SwapCached`.
    public var swapTotal: UInt64 = 0, swapFree: UInt64 = 0, swapCached: UInt64 = 0
    /// `AnonPages`: anonymous pages that are mapped.
    public var anonPages: UInt64 = 0
    /// `Mapped`: pages of files that are mapped.
    public var mapped: UInt64 = 0
    /// `Shmem`.
    public var shmem: UInt64 = 0
    /// `PageTables`.
    public var pageTables: UInt64 = 0
    /// `CommitLimit`.
    public var commitLimit: UInt64 = 0
    /// `Committed_AS`.
    public var committed: UInt64 = 0
    /// `BdiDirtied`: pages that became dirty since the start.
    public var dirtied: UInt64 = 0
    /// `BdiWritten`: pages that reached the disk since the start.
    public var written: UInt64 = 0
    /// `BackgroundThresh`: dirty pages at which the flusher starts.
    public var backgroundThreshold: UInt64 = 0
    /// `DirtyThresh`: dirty pages at which writers wait.
    public var dirtyThreshold: UInt64 = 0
    /// `b_dirty`: files with dirty pages, the disk itself among them.
    public var dirtyFiles: UInt64 = 0

    /// `HugePages_Total` and its like, in pages of 2 MiB.
    public var hugePages = HugePagePoolFigures()

    /// The kernel's own memory; nil while the machine has none of its own.
    public var kernel: KernelMemoryInfo?

    /// All figures 0.
    public init() {}
}

extension Machine {
    /// Memory as it is now. Costs a look at every page that is mapped or in a file.
    public func memoryInfo() -> MemoryInfo {
        var info = MemoryInfo()
        settleNodeObjects()
        info.kernel = kernelMemoryInfo()
        info.hugePages = hugePagePool
        info.total = physical.totalPages
        info.free = physical.freeInBlocks
        info.buffers = disk.mapping?.pointee.pageCount ?? 0
        info.shmem = UInt64(nodeStatistics.shmem)
        info.cached = UInt64(nodeStatistics.diskPages) - info.buffers + info.shmem
        for mapping in liveMappings() { count(mapping, &info) }
        countAnonymous(&info)
        info.pageTables = UInt64(nodeStatistics.pageTables)
        info.dirty = UInt64(nodeStatistics.dirty)
        info.writeback = UInt64(nodeStatistics.writeback)
        (info.swapTotal, info.swapFree, info.swapCached) = swapFigures
        info.commitLimit = commitLimit
        info.committed = UInt64(max(0, committedPages))
        info.dirtied = nodeStatistics.dirtied
        info.written = nodeStatistics.written
        countLists(&info)
        info.available = available(info)
        let limits = dirtyLimits
        info.backgroundThreshold = UInt64(limits.background)
        info.dirtyThreshold = UInt64(limits.hard)
        info.dirtyFiles = UInt64(disk.dirtyFiles.count)
        return info
    }

    private func countLists(_ info: inout MemoryInfo) {
        for vector in 0..<LRULists.vectorCount {
            info.inactiveAnon += lruLists.count(vector, LRUKind.inactiveAnon)
            info.activeAnon += lruLists.count(vector, LRUKind.activeAnon)
            info.inactiveFile += lruLists.count(vector, LRUKind.inactiveFile)
            info.activeFile += lruLists.count(vector, LRUKind.activeFile)
        }
    }

    /// `si_mem_available`: what is free but for reserves, and of file pages and reclaimable slabs what may go before memory is short.
    private func available(_ info: MemoryInfo) -> UInt64 {
        let low = physical.zones.reduce(0) { $0 + $1.watermarks.low + $1.watermarks.boost }
        var pages = Int64(info.free) - Int64(physical.nodes.totalReserve)
        for cached in [info.inactiveFile + info.activeFile, info.kernel?.reclaimableSlab ?? 0] {
            pages += Int64(cached - min(cached / 2, low))
        }
        return UInt64(max(pages, 0))
    }

    /// `MemFree`, in pages.
    package var freePages: UInt64 { physical.freePages }

    /// Pages that somebody has.
    package var usedPages: UInt64 { physical.totalPages - physical.freePages }

    /// `NR_FREE_PAGES`, which is MemFree: frames on the per-CPU lists are not among them.
    package var freeInBlocks: UInt64 { physical.freeInBlocks }

    private func count(_ mapping: Handle<FileMapping>, _ info: inout MemoryInfo) {
        // The program's own image has no pages that are shown.
        if mapping.pointee.kind == .image || mapping.pointee.kind == .hugeTLB { return }
        var next: UInt64 = 0
        while let found = mapping.pointee.pages.next(from: next, through: .max) {
            next = found.lastIndex + 1
            guard found.cached.isPage else { continue }
            let record = page(found.cached.frame(at: found.index)).pointee
            if record.mapcount > 0 { info.mapped += 1 }
            countLocks(record, &info)
        }
    }

    private func countAnonymous(_ info: inout MemoryInfo) {
        var seen: Set<PFN> = []
        for (_, mm) in liveAddressSpaces {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                if vma.pointee.flags.has(.hugeTLB) { continue }
                forEachEntry(vma) { _, pte in
                    guard pte.isPresent, !pte.isSpecial else { return }
                    let pfn = pte.pfn
                    let folio = folio(of: pfn)
                    guard folio.isAnonymous, seen.insert(pfn).inserted else { return }
                    info.anonPages += 1
                    countLocks(folio.head.pointee, &info)
                }
            }
        }
    }

    private func countLocks(_ record: PageRecord, _ info: inout MemoryInfo) {
        if record.has(PageFlag.mlocked) { info.mlocked += 1 }
        if record.has(PageFlag.unevictable) { info.unevictable += 1 }
    }

    // MARK: A failing disk

    /// What of the disk fails now.
    public var diskFailure: (reads: Bool, writes: Bool) { (disk.failsReads, disk.failsWrites) }

    /// From now on, reads of pages from the disk, or writes to it, end in an input/output error, or do so no longer. A fault
    /// on a page that cannot be read is SIGBUS; a write that fails is reported by the next fsync(2) or msync(2) of everyone
    /// who has the file open.
    public func setDiskFailure(reads: Bool, writes: Bool) {
        disk.failsReads = reads
        disk.failsWrites = writes
    }
}
