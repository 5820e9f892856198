/// A process's memory at one moment: what `/proc/PID/smaps`, `pagemap`, `kpagecount` and `kpageflags` say.
///
/// It is the one description of state: the simulated machine fills it (``Machine/snapshot(_:listsPages:)``), the live kernel's
/// reader fills it from /proc, and recordings, reports, maps and forecasts are made of it.
public struct ProcessView: Sendable, Hashable {
    /// The program's name for it; empty where nobody gave it one.
    public var name: String
    /// `VmPTE`, in KiB; of a program's run, less what it was when the program started.
    public var pageTablesKiB: Int
    /// `VmLck`, in KiB; the kernel's counter can wrap.
    public var lockedKiB: UInt64
    /// `VmPin`, in KiB: what registered buffers hold.
    public var pinnedKiB: UInt64
    /// `VmSize`, in KiB.
    public var sizeKiB: Int
    /// `VmRSS`, in KiB.
    public var rssKiB: Int
    /// The earlier process whose address space it runs in (CLONE_VM), which has the VMAs; nil where it has its own.
    public var sharedWith: String?
    /// Its VMAs, in the order of addresses.
    public var vmas: [VMAView]

    /// Describes a process.
    public init(
        name: String = "", pageTablesKiB: Int, lockedKiB: UInt64, pinnedKiB: UInt64 = 0, sizeKiB: Int = 0,
        rssKiB: Int = 0, sharedWith: String? = nil, vmas: [VMAView]
    ) {
        self.name = name
        self.pageTablesKiB = pageTablesKiB
        self.lockedKiB = lockedKiB
        self.pinnedKiB = pinnedKiB
        self.sizeKiB = sizeKiB
        self.rssKiB = rssKiB
        self.sharedWith = sharedWith
        self.vmas = vmas
    }
}

/// One VMA, as `/proc/PID/smaps` has it.
public struct VMAView: Sendable, Hashable {
    /// The first address.
    public var start: VirtualAddress
    /// The address after the last.
    public var end: VirtualAddress
    /// Such as `rw-p`.
    public var permissions: String
    /// The offset into the file, in bytes; 0 without a file.
    public var offset: UInt64
    /// As smaps shows it, without ` (deleted)`; empty for none; a file of a scenario program is `file:NAME`.
    public var name: String
    /// The names of the flags, such as `rd wr mr mw me ac`.
    public var flags: String
    /// The memory policy in force, as numa_maps names it; nil for the default.
    public var policy: String?
    /// What smaps counts.
    public var figures: SmapsFigures
    /// Pages that are there, in the order of addresses; empty when they were not asked for.
    public var pages: [PageView]

    /// Describes a VMA.
    public init(
        start: VirtualAddress, end: VirtualAddress, permissions: String, offset: UInt64, name: String, flags: String,
        policy: String? = nil, figures: SmapsFigures = SmapsFigures(), pages: [PageView] = []
    ) {
        self.start = start
        self.end = end
        self.permissions = permissions
        self.offset = offset
        self.name = name
        self.flags = flags
        self.policy = policy
        self.figures = figures
        self.pages = pages
    }

    /// The name with each newline as `\012`, as maps and smaps write it (`seq_path`); no other character is changed.
    public var escapedName: String {
        name.utf8.contains(10)
            ? name.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\012") : name
    }

    /// Whether an address lies in it.
    public func contains(_ address: VirtualAddress) -> Bool { start <= address && address < end }
}
