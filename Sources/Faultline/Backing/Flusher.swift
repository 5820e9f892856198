/// The flusher of the disk (`fs/fs-writeback.c`) and the limits on dirty memory (`mm/page-writeback.c`).
extension Machine {
    /// A wake of the flusher at which nothing is old enough, and the limits let everything be, changes nothing: those that come
    /// before the oldest file's time are passed over. A commit makes more pages dirty, and so may a program at `end`.
    func wakeFlusher(until end: UInt64) -> Int {
        let interval = settings.dirtyWritebackCentiseconds * Clock.centisecond
        disk.nextFlush = clock.now + interval
        let started = flush()
        guard let since = disk.dirtyFiles.first?.pointee.disk?.pointee.dirtySince else { return started }
        let expiry = since + settings.dirtyExpireCentiseconds * Clock.centisecond
        let target = min(expiry, disk.nextCommit == 0 ? end : min(disk.nextCommit, end))
        if target > disk.nextFlush { disk.nextFlush += (target - disk.nextFlush + interval - 1) / interval * interval }
        return started
    }

    /// When the flusher wakes (`wb->dwork`), in microseconds; nil while no file is dirty, or where it never does.
    var flusherWake: UInt64? {
        settings.dirtyWritebackCentiseconds == 0 || disk.dirtyFiles.isEmpty ? nil : disk.nextFlush
    }

    /// `wb_do_writeback`: the old files (`wb_check_old_data_flush`), then whatever is above the background limit.
    private func flush() -> Int {
        var started = 0
        while let oldest = disk.dirtyFiles.first, let since = oldest.pointee.disk?.pointee.dirtySince,
            clock.now - since >= settings.dirtyExpireCentiseconds * Clock.centisecond
        {
            started += flush(oldest)
        }
        return started + flush(downTo: dirtyLimits.background)
    }

    /// `wb_check_background_flush`: files from the longest dirty on, whole files at a time.
    private func flush(downTo limit: Int64) -> Int {
        var started = 0
        while nodeStatistics.dirty > limit, let oldest = disk.dirtyFiles.first { started += flush(oldest) }
        return started
    }

    /// `wakeup_flusher_threads`: reclaim met dirty pages alone, and everything is to be written.
    func wakeFlusherForReclaim() { _ = run(as: .flusher) { flush(downTo: 0) } }

    /// `writeback_single_inode`: a whole file. It leaves the list of dirty files, so that the loops above end: writing dirties
    /// no page of any file.
    private func flush(_ file: Handle<FileMapping>) -> Int {
        let started = startWriteback(file, from: 0, through: .max)
        precondition(file.pointee.disk?.pointee.dirtySince == nil, "a file that was written back is still dirty")
        return started
    }

    /// `balance_dirty_pages`: who dirties a page above the limit waits until the flusher and the disk have done their work.
    @inline(__always)
    func balanceDirtyPages() {
        if nodeStatistics.dirty + nodeStatistics.writeback >= Self.ratelimitPages { balanceManyDirtyPages() }
    }

    /// `ratelimit_pages`: below it no one looks at the limits.
    private static var ratelimitPages: Int64 { 32 }

    @inline(never)
    private func balanceManyDirtyPages() {
        let limits = dirtyLimits
        // dirty_freerun_ceiling: nothing happens in the lower half between the limits.
        let ceiling = (limits.background + limits.hard) / 2
        if nodeStatistics.dirty + nodeStatistics.writeback <= ceiling { return }
        _ = run(as: .flusher) { flush(downTo: limits.background) }
        while nodeStatistics.dirty + nodeStatistics.writeback > ceiling, waitForWrite() {}
    }

    /// `domain_dirty_limits`, in pages.
    var dirtyLimits: (background: Int64, hard: Int64) {
        let available = dirtyableMemory
        func limit(_ bytes: UInt64, _ ratio: UInt64) -> UInt64 {
            // Ratios count in parts of a page, so that little is lost to rounding.
            bytes > 0 ? (bytes - 1) >> 12 + 1 : (ratio << 12 / 100 * available) >> 12
        }
        let hard = min(limit(settings.dirtyBytes, settings.dirtyRatio), UInt64(UInt32.max))
        let background = limit(settings.dirtyBackgroundBytes, settings.dirtyBackgroundRatio)
        return (Int64(background >= hard ? hard / 2 : background), Int64(hard))
    }

    /// `global_dirtyable_memory`: what is free but for reserves, and the pages of files that reclaim may look at.
    private var dirtyableMemory: UInt64 {
        let free = physical.freeInBlocks
        var pages = free - min(free, physical.nodes.totalReserve)
        for vector in 0..<LRULists.vectorCount {
            pages += lruLists.count(vector, LRUKind.inactiveFile) + lruLists.count(vector, LRUKind.activeFile)
        }
        // Never 0: who asks divides by it.
        return pages + 1
    }

    // MARK: The list of dirty files

    /// `__mark_inode_dirty`: a file joins the list with its first dirty page.
    @inline(__always)
    func noteDirty(_ mapping: Handle<FileMapping>) {
        guard let file = mapping.pointee.disk, file.pointee.dirtySince == nil else { return }
        file.pointee.dirtySince = clock.now
        // The first dirty file wakes the flusher one interval from now.
        if disk.dirtyFiles.isEmpty {
            disk.nextFlush = clock.now + settings.dirtyWritebackCentiseconds * Clock.centisecond
        }
        disk.dirtyFiles.append(mapping)
    }

    /// `inode_cgwb_move_to_attached` and its like: the file has no dirty page any more.
    func noteClean(_ mapping: Handle<FileMapping>) {
        guard let file = mapping.pointee.disk, file.pointee.dirtySince != nil else { return }
        file.pointee.dirtySince = nil
        disk.dirtyFiles.removeAll { $0 == mapping }
    }
}
