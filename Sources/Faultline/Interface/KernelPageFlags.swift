/// The flags of a frame as `/proc/kpageflags` has them (`uapi/linux/kernel-page-flags.h`).
public struct KernelPageFlags: OptionSet, Sendable, Hashable {
    /// The bits of kpageflags.
    public let rawValue: UInt64

    /// Makes a set from its bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `KPF_REFERENCED`.
    public static let referenced = KernelPageFlags(rawValue: 1 << 2)
    /// `KPF_UPTODATE`.
    public static let uptodate = KernelPageFlags(rawValue: 1 << 3)
    /// `KPF_DIRTY`.
    public static let dirty = KernelPageFlags(rawValue: 1 << 4)
    /// `KPF_LRU`.
    public static let lru = KernelPageFlags(rawValue: 1 << 5)
    /// `KPF_ACTIVE`.
    public static let active = KernelPageFlags(rawValue: 1 << 6)
    /// `KPF_SLAB`.
    public static let slab = KernelPageFlags(rawValue: 1 << 7)
    /// `KPF_WRITEBACK`.
    public static let writeback = KernelPageFlags(rawValue: 1 << 8)
    /// `KPF_RECLAIM`; readahead's mark is the same bit.
    public static let reclaim = KernelPageFlags(rawValue: 1 << 9)
    /// `KPF_BUDDY`.
    public static let buddy = KernelPageFlags(rawValue: 1 << 10)
    /// `KPF_MMAP`.
    public static let mmap = KernelPageFlags(rawValue: 1 << 11)
    /// `KPF_ANON`.
    public static let anon = KernelPageFlags(rawValue: 1 << 12)
    /// `KPF_SWAPCACHE`.
    public static let swapCache = KernelPageFlags(rawValue: 1 << 13)
    /// `KPF_SWAPBACKED`.
    public static let swapBacked = KernelPageFlags(rawValue: 1 << 14)
    /// `KPF_COMPOUND_HEAD`.
    public static let compoundHead = KernelPageFlags(rawValue: 1 << 15)
    /// `KPF_COMPOUND_TAIL`.
    public static let compoundTail = KernelPageFlags(rawValue: 1 << 16)
    /// `KPF_HUGE`: of the pool of huge pages.
    public static let huge = KernelPageFlags(rawValue: 1 << 17)
    /// `KPF_UNEVICTABLE`.
    public static let unevictable = KernelPageFlags(rawValue: 1 << 18)
    /// `KPF_KSM`: merged with others.
    public static let ksm = KernelPageFlags(rawValue: 1 << 21)
    /// `KPF_THP`.
    public static let thp = KernelPageFlags(rawValue: 1 << 22)
    /// `KPF_ZERO_PAGE`.
    public static let zeroPage = KernelPageFlags(rawValue: 1 << 24)
    /// `KPF_PGTABLE`.
    public static let pageTable = KernelPageFlags(rawValue: 1 << 26)
    /// `KPF_RESERVED`.
    public static let reserved = KernelPageFlags(rawValue: 1 << 32)
    /// `KPF_MLOCKED`.
    public static let mlocked = KernelPageFlags(rawValue: 1 << 33)
    /// `PG_anon_exclusive` of an anonymous page, which stands in the place of `KPF_MAPPEDTODISK`.
    public static let anonExclusive = KernelPageFlags(rawValue: 1 << 34)
    /// `KPF_PRIVATE`: the page has buffer heads.
    public static let hasPrivate = KernelPageFlags(rawValue: 1 << 35)

    /// Every flag with the letter and the name that the kernel's tool page-types has for it, by bit.
    public static let named: [(flag: KernelPageFlags, letter: Character, name: String)] = [
        (.referenced, "R", "referenced"), (.uptodate, "U", "uptodate"), (.dirty, "D", "dirty"), (.lru, "l", "lru"),
        (.active, "A", "active"), (.writeback, "W", "writeback"), (.reclaim, "I", "reclaim"), (.buddy, "B", "buddy"),
        (.mmap, "M", "mmap"), (.anon, "a", "anonymous"), (.swapCache, "s", "swapcache"),
        (.swapBacked, "b", "swapbacked"),
        (.compoundHead, "H", "compound_head"), (.compoundTail, "T", "compound_tail"),
        (.huge, "G", "huge"), (.unevictable, "u", "unevictable"), (.ksm, "x", "ksm"), (.thp, "t", "thp"),
        (.zeroPage, "z", "zero_page"),
        (.pageTable, "g", "pgtable"), (.reserved, "r", "reserved"), (.mlocked, "m", "mlocked"),
        (.anonExclusive, "E", "anon_exclusive"), (.hasPrivate, "P", "private"),
    ]

    /// The names of those that are set, by bit, with commas between: `uptodate,mmap,anonymous`.
    public var names: String {
        Self.named.filter { contains($0.flag) }.map(\.name).joined(separator: ",")
    }
}
