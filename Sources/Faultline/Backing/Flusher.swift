/// The flusher of the disk (`fs/fs-writeback.c`) and the limits on dirty memory (`mm/page-writeback.c`).
///
/// Time passes only when it is told to; writing itself takes none.
extension Machine {
    /// Lets simulated time pass. The flusher wakes on the way as often as its interval says, writes the files that have
    /// been dirty for too long, and more when too much memory is dirty.
    ///
    /// - Returns: pages written.
    @discardableResult
    public func advance(centiseconds: UInt64) -> Int {
        let end = disk.now &+ centiseconds
        let interval = settings.dirtyWritebackCentiseconds
        var written = 0
        while interval > 0, !disk.dirtyFiles.isEmpty, disk.nextFlush <= end {
            disk.now = max(disk.now, disk.nextFlush)
            disk.nextFlush = disk.now + interval
            written += flush()
        }
        disk.now = end
        return written
    }

    /// `wb_do_writeback`: the old files (`wb_check_old_data_flush`), then whatever is above the background limit.
    private func flush() -> Int {
        var written = 0
        while let oldest = disk.dirtyFiles.first, let since = oldest.pointee.disk?.pointee.dirtySince,
            disk.now - since >= settings.dirtyExpireCentiseconds
        {
            written += writeBack(oldest, from: 0, through: .max)
        }
        return written + flush(downTo: dirtyLimits.background)
    }

    /// `wb_check_background_flush`: files from the longest dirty on, whole files at a time.
    private func flush(downTo limit: Int64) -> Int {
        var written = 0
        while disk.dirtyPages > limit, let oldest = disk.dirtyFiles.first {
            written += writeBack(oldest, from: 0, through: .max)
        }
        return written
    }

    /// `balance_dirty_pages`: who dirties a page above the limit waits until the flusher has done its work.
    @inline(__always)
    func balanceDirtyPages() {
        if disk.dirtyPages >= Self.ratelimitPages { balanceManyDirtyPages() }
    }

    /// `ratelimit_pages`: below it no one looks at the limits.
    private static var ratelimitPages: Int64 { 32 }

    @inline(never)
    private func balanceManyDirtyPages() {
        let limits = dirtyLimits
        // dirty_freerun_ceiling: nothing happens in the lower half between the limits.
        if disk.dirtyPages <= (limits.background + limits.hard) / 2 { return }
        _ = flush(downTo: limits.background)
    }

    /// `domain_dirty_limits`, in pages: of the memory that is free or holds files.
    var dirtyLimits: (background: Int64, hard: Int64) {
        let available = physical.freePages + UInt64(disk.cachedPages)
        let hard = available * settings.dirtyRatio / 100
        let background = available * settings.dirtyBackgroundRatio / 100
        return (Int64(background >= hard ? hard / 2 : background), Int64(hard))
    }

    // MARK: The list of dirty files

    /// `__mark_inode_dirty`: a file joins the list with its first dirty page.
    @inline(__always)
    func noteDirty(_ mapping: Handle<FileMapping>) {
        guard let file = mapping.pointee.disk, file.pointee.dirtySince == nil else { return }
        file.pointee.dirtySince = disk.now
        // The first dirty file wakes the flusher one interval from now.
        if disk.dirtyFiles.isEmpty { disk.nextFlush = disk.now + settings.dirtyWritebackCentiseconds }
        disk.dirtyFiles.append(mapping)
    }

    /// `inode_cgwb_move_to_attached` and its like: the file has no dirty page any more.
    func noteClean(_ mapping: Handle<FileMapping>) {
        guard let file = mapping.pointee.disk, file.pointee.dirtySince != nil else { return }
        file.pointee.dirtySince = nil
        disk.dirtyFiles.removeAll { $0 == mapping }
    }

    // MARK: Figures

    /// What `/proc/meminfo`, `/proc/vmstat` and the device's `stats` say of file memory, in pages.
    public struct FileMemory: Sendable, Equatable {
        /// Pages of disk files and of memory files: together `Cached`.
        public var disk: UInt64
        /// `Shmem`.
        public var shmem: UInt64
        /// `Dirty`: of disk files only.
        public var dirty: UInt64
        /// `nr_written` since the machine started.
        public var written: UInt64
        /// `nr_dirty_background_threshold`.
        public var backgroundThreshold: UInt64
        /// `nr_dirty_threshold`.
        public var dirtyThreshold: UInt64
    }

    /// File memory as it is now. Costs a look at every file.
    public var fileMemory: FileMemory {
        var shmem: UInt64 = 0
        for mapping in liveMappings() where mapping.pointee.kind != .disk { shmem += mapping.pointee.pageCount }
        let limits = dirtyLimits
        return FileMemory(
            disk: UInt64(disk.cachedPages), shmem: shmem, dirty: UInt64(disk.dirtyPages), written: disk.writtenPages,
            backgroundThreshold: UInt64(limits.background), dirtyThreshold: UInt64(limits.hard))
    }
}
