/// One entry of a VMA that is not empty: what `/proc/PID/pagemap`, `/proc/kpagecount` and `/proc/kpageflags` say of it.
public struct PageView: Sendable, Hashable {
    /// What the entry holds.
    public enum Content: Sendable, Hashable {
        /// The shared zero page.
        case zeroPage
        /// A guard marker (`MADV_GUARD_INSTALL`).
        case guardMarker
        /// A write-protect mark of a userfaultfd without a page.
        case userfaultMarker
        /// A mark of UFFDIO_POISON.
        case poisonMarker
        /// In the swap area, in the slot; or without one, on its way to another frame.
        case swapped(slot: UInt64?)
        /// A frame, known by any number that is the same for the same frame at one moment, such as its PFN.
        case frame(PFN)
    }

    /// Where the page is mapped.
    public var address: VirtualAddress
    /// What stands there. For all but a frame, the other properties are not looked at.
    public var content: Content
    /// Bit 61 of pagemap: a page of a file, or of shared memory.
    public var isFile: Bool
    /// Bit 56 of pagemap: mapped exactly once.
    public var isExclusive: Bool
    /// Bit 57 of pagemap: a userfaultfd has write-protected the page.
    public var isWriteProtected: Bool
    /// How many entries map the frame: what kpagecount has.
    public var mapCount: Int
    /// What kpageflags has.
    public var flags: PageFlags
    /// The entry allows writes: none of them takes a fault. Not known of the live kernel, false there.
    public var isWritable: Bool

    /// Describes a page.
    public init(
        address: VirtualAddress, content: Content, isFile: Bool = false, isExclusive: Bool = false,
        isWriteProtected: Bool = false, mapCount: Int = 0, flags: PageFlags = [], isWritable: Bool = false
    ) {
        self.address = address
        self.content = content
        self.isFile = isFile
        self.isExclusive = isExclusive
        self.isWriteProtected = isWriteProtected
        self.mapCount = mapCount
        self.flags = flags
        self.isWritable = isWritable
    }
}

/// The flags of `/proc/kpageflags` that a recording shows, in its order (`uapi/linux/kernel-page-flags.h`).
public struct PageFlags: OptionSet, Sendable, Hashable {
    /// Bits of the recording's own; not those of kpageflags.
    public let rawValue: UInt16

    /// Makes a set from its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

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

    /// `KPF_HUGE`: of the pool of huge pages.
    public static let huge = PageFlags(rawValue: 1 << 11)

    /// `PG_anon_exclusive` of an anonymous page (bit 34); only where the program asks for it.
    public static let anonExclusive = PageFlags(rawValue: 1 << 6)
    /// `KPF_ACTIVE`; only where the program asks for it.
    public static let active = PageFlags(rawValue: 1 << 8)
    /// `KPF_REFERENCED`; only where the program asks for it.
    public static let referenced = PageFlags(rawValue: 1 << 9)
    /// `KPF_UNEVICTABLE`; only where the program asks for it.
    public static let unevictable = PageFlags(rawValue: 1 << 10)
    /// `KPF_COMPOUND_HEAD`; only where the program asks for it.
    public static let head = PageFlags(rawValue: 1 << 7)

    /// The flags that every recording shows.
    public static let always: PageFlags = [.dirty, .anon, .swapCache, .swapBacked, .ksm, .thp, .huge]

    /// The flags that `show` adds, with their names.
    public static let optional: [(flag: PageFlags, name: String)] = [
        (.anonExclusive, "anonexcl"), (.active, "active"), (.referenced, "referenced"), (.unevictable, "unevictable"),
        (.head, "head"),
    ]

    /// Every flag with its name, in the order of a recording.
    public static let named: [(flag: PageFlags, name: String)] =
        [
            (.dirty, "dirty"), (.anon, "anon"), (.swapCache, "swapcache"), (.swapBacked, "swapbacked"), (.ksm, "ksm"),
            (.thp, "thp"), (.huge, "huge"),
        ] + optional
}
