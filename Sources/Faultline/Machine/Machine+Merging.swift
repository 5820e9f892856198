/// What /proc/PID/ksm_stat says of a process.
public struct MergingStatus: Sendable, Equatable {
    /// `ksm_rmap_items`, `ksm_zero_pages`, `ksm_merging_pages`.
    public var items = 0, zeroPages = 0, mergingPages = 0
    /// `ksm_merge_any`: PR_SET_MEMORY_MERGE is on.
    public var mergesAny = false
    /// `ksm_mergeable`: a VMA is marked.
    public var isMergeable = false

    /// `ksm_process_profit`: bytes saved, less those of ksmd's records.
    public var profit: Int { (mergingPages + zeroPages) * 4096 - items * KSMCounts.itemBytes }
}

extension Machine {
    /// What merging has come to.
    public var ksmCounts: KSMCounts { ksm.counts }

    /// Its settings now.
    public var ksmSettings: KSMSettings { ksm.settings }

    /// What ksmd has of a process.
    ///
    /// - Throws: ESRCH.
    public func mergingStatus(_ process: Int) throws(Errno) -> MergingStatus {
        let mm = try task(process).mm
        var status = MergingStatus()
        status.zeroPages = Int(mm.pointee.mergedZeroPages)
        status.items = mm.pointee.ksmSlot?.pointee.itemCount ?? 0
        status.mergingPages = mm.pointee.ksmSlot?.pointee.mergingPages ?? 0
        status.mergesAny = mm.pointee.mergesAny
        var cursor = mm.pointee.tree.cursor()
        while let vma = cursor.next() { if vma.pointee.flags.has(.mergeable) { status.isMergeable = true } }
        return status
    }
}
