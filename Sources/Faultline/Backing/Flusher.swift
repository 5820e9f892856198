/// The flusher of the disk (`fs/fs-writeback.c`) and the limits on dirty memory (`mm/page-writeback.c`).
///
/// Time passes when it is told to, and while someone waits for the disk.
extension Machine {
    /// Lets simulated time pass: writes that are under way arrive. The flusher wakes on the way as often as its interval says,
    /// sends the files out that have been dirty for too long, and more when too much memory is dirty; the journal commits
    /// every five seconds.
    ///
    /// - Parameter centiseconds: hundredths of a second; time ends 73,000 years after the start.
    /// - Returns: pages whose writing was started.
    @discardableResult
    public func advance(centiseconds: UInt64) -> Int {
        let rest = (Self.endOfTime - min(disk.now, Self.endOfTime)) / Self.centisecond
        let end = disk.now + min(centiseconds, rest) * Self.centisecond
        var started = 0
        // Each round is a commit, of which there is one at most, or takes the oldest file off the list of dirty ones.
        while let next = nextWake, next <= end {
            finishWrites(until: next)
            disk.now = max(disk.now, next)
            if disk.nextCommit == next { commitTransaction() }
            if flusherWake == next { started += wakeFlusher(until: end) }
        }
        finishWrites(until: end)
        disk.now = max(disk.now, end)
        return started
    }

    /// A wake of the flusher at which nothing is old enough, and the limits let everything be, changes nothing: those that come
    /// before the oldest file's time are passed over. A commit makes more pages dirty, and so may a program at `end`.
    private func wakeFlusher(until end: UInt64) -> Int {
        let interval = settings.dirtyWritebackCentiseconds * Self.centisecond
        disk.nextFlush = disk.now + interval
        let started = flush()
        guard let since = disk.dirtyFiles.first?.pointee.disk?.pointee.dirtySince else { return started }
        let expiry = since + settings.dirtyExpireCentiseconds * Self.centisecond
        let target = min(expiry, disk.nextCommit == 0 ? end : min(disk.nextCommit, end))
        if target > disk.nextFlush { disk.nextFlush += (target - disk.nextFlush + interval - 1) / interval * interval }
        return started
    }

    /// Far enough from the end of 64 bits for every sum with an interval.
    private static var endOfTime: UInt64 { 1 << 61 }

    /// Simulated time since the start, in centiseconds.
    public var elapsedCentiseconds: UInt64 { disk.now / Self.centisecond }

    /// In microseconds.
    private static var centisecond: UInt64 { 10_000 }

    private var flusherWake: UInt64? {
        settings.dirtyWritebackCentiseconds == 0 || disk.dirtyFiles.isEmpty ? nil : disk.nextFlush
    }

    /// When something is to be done next, apart from writes that arrive.
    private var nextWake: UInt64? {
        let commit = disk.nextCommit == 0 ? nil : disk.nextCommit
        guard let flush = flusherWake else { return commit }
        return min(flush, commit ?? .max)
    }

    /// `wb_do_writeback`: the old files (`wb_check_old_data_flush`), then whatever is above the background limit.
    private func flush() -> Int {
        var started = 0
        while let oldest = disk.dirtyFiles.first, let since = oldest.pointee.disk?.pointee.dirtySince,
            disk.now - since >= settings.dirtyExpireCentiseconds * Self.centisecond
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
        _ = flush(downTo: limits.background)
        while nodeStatistics.dirty + nodeStatistics.writeback > ceiling, waitForWrite() {}
    }

    /// `domain_dirty_limits`, in pages: of the memory that is free or holds files.
    var dirtyLimits: (background: Int64, hard: Int64) {
        let available = physical.freePages + UInt64(nodeStatistics.diskPages)
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
        if disk.dirtyFiles.isEmpty {
            disk.nextFlush = disk.now + settings.dirtyWritebackCentiseconds * Self.centisecond
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
