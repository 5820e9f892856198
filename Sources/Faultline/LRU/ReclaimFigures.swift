/// What reclaim did so far, in pages but for `stalls`: lines of /proc/vmstat.
public struct ReclaimFigures: Sendable, Equatable, Codable {
    /// `pgscan_kswapd`, `pgscan_direct`: looked at for the whole machine.
    public var scannedByKswapd: UInt64 = 0, scannedDirectly: UInt64 = 0
    /// `pgsteal_kswapd`, `pgsteal_direct`: freed for the whole machine.
    public var freedByKswapd: UInt64 = 0, freedDirectly: UInt64 = 0
    /// `pgscan_anon`, `pgscan_file`: looked at, memory cgroups included.
    public var scannedAnonymous: UInt64 = 0, scannedFile: UInt64 = 0
    /// `pgsteal_anon`, `pgsteal_file`: freed, memory cgroups included.
    public var freedAnonymous: UInt64 = 0, freedFile: UInt64 = 0
    /// `allocstall`: how often an allocation waited for reclaim.
    public var stalls: UInt64 = 0
    /// `allocstall_normal`: those among them that wanted no page that may move.
    public var unmovableStalls: UInt64 = 0
    /// `pgactivate`: pages that became active, but for those that came back.
    public var activations: UInt64 = 0
    /// `oom_kill`: processes that were chosen to end for want of memory.
    public var kills: UInt64 = 0
    /// `workingset_refault_anon`, `workingset_refault_file`: pages that came back after they were evicted.
    public var refaultedAnonymous: UInt64 = 0, refaultedFile: UInt64 = 0
    /// `workingset_activate_anon`, `workingset_activate_file`: those among them that were active at once.
    public var activatedAnonymous: UInt64 = 0, activatedFile: UInt64 = 0
    /// `workingset_restore_anon`, `workingset_restore_file`: those among these that were active before.
    public var restoredAnonymous: UInt64 = 0, restoredFile: UInt64 = 0
    /// `workingset_nodereclaim`: nodes of files that were forgotten.
    public var forgottenNodes: UInt64 = 0

    /// All 0.
    public init() {}

    mutating func noteScan(scanned: UInt64, freed: UInt64, isFile: Bool, isOfGroup: Bool, isKswapd: Bool) {
        if isFile {
            scannedFile += scanned
            freedFile += freed
        } else {
            scannedAnonymous += scanned
            freedAnonymous += freed
        }
        if isOfGroup { return }
        if isKswapd {
            scannedByKswapd += scanned
            freedByKswapd += freed
        } else {
            scannedDirectly += scanned
            freedDirectly += freed
        }
    }

    mutating func noteRefault(isFile: Bool, _ pages: UInt64) {
        if isFile { refaultedFile += pages } else { refaultedAnonymous += pages }
    }

    mutating func noteActivation(isFile: Bool, wasActive: Bool, _ pages: UInt64) {
        if isFile { activatedFile += pages } else { activatedAnonymous += pages }
        if !wasActive { return }
        if isFile { restoredFile += pages } else { restoredAnonymous += pages }
    }
}
