/// What a run of reclaim is for, and how far it is (`struct scan_control`).
struct ScanControl {
    /// The lruvec that is to shrink: that of a memory cgroup; 0 is the whole machine.
    let target: Int
    /// By kswapd, not by someone who waits for memory.
    var isKswapd = false
    /// How many pages are to be freed (`nr_to_reclaim`, SWAP_CLUSTER_MAX).
    var goal: UInt64 = 32
    /// Of each list, 1 of 2^priority pages is looked at.
    var priority = ScanControl.firstPriority
    var reclaimed: UInt64 = 0
    /// Pages may go to swap (`may_swap`).
    var maySwap = true
    /// Active pages may become inactive (`may_deactivate`, `force_deactivate`), and whether some would have had to (`skipped_deactivate`).
    var mayDeactivate = (anon: false, file: false)
    var forcesDeactivation = false
    var skippedDeactivation = false
    /// There are so many inactive file pages that nothing else is looked at (`cache_trim_mode`), or so few file pages that they are
    /// spared (`file_is_tiny`).
    var trimsCache = false
    var hasFewFilePages = false
    /// Nothing went although all priorities were tried once (`memcg_full_walk`).
    private var walkedOnce = false
    /// `cache_trim_mode_failed`, and `no_cache_trim_mode` after that.
    var failedToTrim = false
    var neverTrims = false
    /// Of the target, as they were when this priority began.
    var anonCost: UInt64 = 0
    var fileCost: UInt64 = 0
    /// Of the inactive lists.
    var counts = ReclaimCounts()

    /// DEF_PRIORITY.
    static var firstPriority: Int { 12 }
    /// SWAP_CLUSTER_MAX: pages that are taken from a list at once.
    static var batch: Int { 32 }

    init(target: Int) { self.target = target }

    /// What is left to try when all priorities freed nothing: the same once more, since others may have shared the walk, then active pages
    /// that were spared, then other pages than those of files.
    ///
    /// - Returns: false where there is nothing left.
    mutating func triesHarder() -> Bool {
        if !walkedOnce {
            walkedOnce = true
        } else if skippedDeactivation {
            skippedDeactivation = false
            forcesDeactivation = true
        } else if failedToTrim, !neverTrims {
            neverTrims = true
            forcesDeactivation = false
        } else {
            return false
        }
        priority = Self.firstPriority
        return true
    }

    /// `cgroup_reclaim`.
    var isOfGroup: Bool { target != 0 }
}

/// What reclaim looked at and took of the inactive lists, in pages. One that is looked at twice counts twice.
public struct ReclaimCounts: Sendable, Hashable {
    /// Of the anonymous lists.
    public var anonScanned: UInt64 = 0, anonReclaimed: UInt64 = 0
    /// Of the file lists.
    public var fileScanned: UInt64 = 0, fileReclaimed: UInt64 = 0

    /// Nothing.
    public init() {}

    /// All that was looked at.
    public var scanned: UInt64 { anonScanned + fileScanned }

    /// All that was taken.
    public var reclaimed: UInt64 { anonReclaimed + fileReclaimed }

    mutating func add(scanned: UInt64, reclaimed: UInt64, isFile: Bool) {
        if isFile {
            fileScanned += scanned
            fileReclaimed += reclaimed
        } else {
            anonScanned += scanned
            anonReclaimed += reclaimed
        }
    }
}

/// How many pages of each list are looked at (`nr[]` of `shrink_lruvec`), by ``LRUKind``.
struct ScanTargets {
    private var counts = InlineArray<4, UInt64>(repeating: 0)

    subscript(kind: Int) -> UInt64 {
        get { counts[kind] }
        set { counts[kind] = newValue }
    }

    var anon: UInt64 { counts[LRUKind.inactiveAnon] + counts[LRUKind.activeAnon] }
    var file: UInt64 { counts[LRUKind.inactiveFile] + counts[LRUKind.activeFile] }

    /// Something is left that can free pages, or file pages that may become inactive.
    var goesOn: Bool { counts[LRUKind.inactiveAnon] > 0 || file > 0 }
}

/// Pages that were taken off a list, the one that reclaim looks at first in front.
struct IsolatedPages {
    private var frames = InlineArray<32, PFN>(repeating: 0)
    /// Those beyond: a large folio that is split makes many of one.
    private var more: [PFN] = []
    private(set) var count = 0
    /// Pages of the folios when they were taken.
    var pages: UInt64 = 0

    @inline(__always)
    subscript(position: Int) -> PFN { position < 32 ? frames[position] : more[position - 32] }

    @inline(__always)
    mutating func append(_ pfn: PFN) {
        if count < 32 { frames[count] = pfn } else { more.append(pfn) }
        count &+= 1
    }
}
