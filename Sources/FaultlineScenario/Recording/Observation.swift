/// The raw state of every live process, as an executor reads it: a page at a time, with frames known by any number that
/// tells them apart. `RecordedState` numbers and compresses it.
public struct Observation: Sendable, Hashable {
    /// The live processes, in the order in which they were made.
    public var processes: [ProcessObservation]

    /// Makes an observation.
    public init(processes: [ProcessObservation]) { self.processes = processes }
}

/// One live process.
public struct ProcessObservation: Sendable, Hashable {
    /// The program's name for it.
    public var name: String
    /// `VmPTE` in KiB, less what it was when the program started.
    public var pgtablesKiB: Int
    /// `VmLck` in KiB.
    public var lockedKiB: UInt64
    /// The earlier process that it shares its address space with, which has the VMAs; nil where it has its own.
    public var sharedWith: String?
    /// Its VMAs, in the order of addresses.
    public var vmas: [VMAObservation]

    /// Makes a process.
    public init(
        name: String, pgtablesKiB: Int, lockedKiB: UInt64, sharedWith: String? = nil, vmas: [VMAObservation]
    ) {
        self.name = name
        self.pgtablesKiB = pgtablesKiB
        self.lockedKiB = lockedKiB
        self.sharedWith = sharedWith
        self.vmas = vmas
    }
}

/// One VMA, as `/proc/PID/smaps` has it.
public struct VMAObservation: Sendable, Hashable {
    /// The first address.
    public var start: UInt64
    /// The address after the last.
    public var end: UInt64
    /// Such as `rw-p`.
    public var permissions: String
    /// The offset into the file, in bytes.
    public var offset: UInt64
    /// The name, or `-` where it has none; without ` (deleted)`; a file of the program is `file:NAME`.
    public var name: String
    /// The names of the flags, such as `rd wr mr mw me ac`.
    public var vmFlags: String
    /// Figures in KiB. Those that are 0 may be left out, and the order does not matter.
    public var figures: [SmapsFigure: Int]
    /// The pages that are there, in the order of addresses.
    public var pages: [PageObservation]

    /// Makes a VMA.
    public init(
        start: UInt64, end: UInt64, permissions: String, offset: UInt64, name: String, vmFlags: String,
        figures: [SmapsFigure: Int] = [:], pages: [PageObservation] = []
    ) {
        self.start = start
        self.end = end
        self.permissions = permissions
        self.offset = offset
        self.name = name
        self.vmFlags = vmFlags
        self.figures = figures
        self.pages = pages
    }
}

/// A figure of `/proc/PID/smaps`, in the file's order (`fs/proc/task_mmu.c`, `__show_smap`).
public enum SmapsFigure: String, Sendable, CaseIterable, Hashable, Codable {
    case rss = "Rss"
    case pss = "Pss"
    case pssDirty = "Pss_Dirty"
    case sharedClean = "Shared_Clean"
    case sharedDirty = "Shared_Dirty"
    case privateClean = "Private_Clean"
    case privateDirty = "Private_Dirty"
    case referenced = "Referenced"
    case anonymous = "Anonymous"
    case ksm = "KSM"
    case lazyFree = "LazyFree"
    case anonHugePages = "AnonHugePages"
    case shmemPmdMapped = "ShmemPmdMapped"
    case filePmdMapped = "FilePmdMapped"
    case swap = "Swap"
    case swapPss = "SwapPss"
    case locked = "Locked"
    case thpEligible = "THPeligible"
    case protectionKey = "ProtectionKey"
}

/// One page of a VMA: what `/proc/PID/pagemap`, `/proc/kpagecount` and `/proc/kpageflags` say of it.
public struct PageObservation: Sendable, Hashable {
    /// What stands at an address.
    public enum Kind: Sendable, Hashable {
        /// The shared zero page.
        case zero
        /// A swap entry.
        case swap
        /// A guard marker (`MADV_GUARD_INSTALL`).
        case guardMarker
        /// A frame, known by any number that is the same for the same frame within one observation, such as its PFN.
        case frame(UInt64)
    }

    /// Where the page is mapped.
    public var address: UInt64
    /// What stands there. For all but a frame, the other properties are not looked at.
    public var kind: Kind
    /// Bit 61 of pagemap: a page of a file, or of shared memory.
    public var isFile: Bool
    /// Bit 56 of pagemap: mapped exactly once.
    public var isExclusive: Bool
    /// What kpagecount has.
    public var mapCount: Int
    /// What kpageflags has.
    public var flags: PageFlags

    /// Makes a page.
    public init(
        address: UInt64, kind: Kind, isFile: Bool = false, isExclusive: Bool = false, mapCount: Int = 0,
        flags: PageFlags = []
    ) {
        self.address = address
        self.kind = kind
        self.isFile = isFile
        self.isExclusive = isExclusive
        self.mapCount = mapCount
        self.flags = flags
    }
}

/// The flags of `/proc/kpageflags` that a recording shows, in its order (`uapi/linux/kernel-page-flags.h`).
public struct PageFlags: OptionSet, Sendable, Hashable {
    /// Bits of the recording's own; not those of kpageflags.
    public let rawValue: UInt8

    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `KPF_DIRTY`.
    public static let dirty = PageFlags(rawValue: 1 << 0)
    /// `KPF_ANON`.
    public static let anon = PageFlags(rawValue: 1 << 1)
    /// `KPF_SWAPCACHE`.
    public static let swapCache = PageFlags(rawValue: 1 << 2)
    /// `KPF_SWAPBACKED`.
    public static let swapBacked = PageFlags(rawValue: 1 << 3)
    /// `KPF_KSM`.
    public static let ksm = PageFlags(rawValue: 1 << 4)
    /// `KPF_THP`.
    public static let thp = PageFlags(rawValue: 1 << 5)

    /// `PG_anon_exclusive` of an anonymous page (bit 34); only where the program asks for it.
    public static let anonExclusive = PageFlags(rawValue: 1 << 6)
    /// `KPF_COMPOUND_HEAD`; only where the program asks for it.
    public static let head = PageFlags(rawValue: 1 << 7)

    /// The flags that every recording shows.
    public static let always: PageFlags = [.dirty, .anon, .swapCache, .swapBacked, .ksm, .thp]

    /// The flags that `show` adds, with their names.
    public static let optional: [(flag: PageFlags, name: String)] = [(.anonExclusive, "anonexcl"), (.head, "head")]

    /// Every flag with its name, in the order of a recording.
    public static let named: [(flag: PageFlags, name: String)] =
        [
            (.dirty, "dirty"), (.anon, "anon"), (.swapCache, "swapcache"), (.swapBacked, "swapbacked"), (.ksm, "ksm"),
            (.thp, "thp"),
        ] + optional
}
