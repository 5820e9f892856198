/// The flags of mmap(2) (`uapi/asm-generic/mman-common.h`, `uapi/asm/mman.h`).
public struct MapFlags: OptionSet, Hashable, Sendable {
    /// The bits as the system call takes them; unknown ones are kept.
    public let rawValue: UInt64

    /// The flags with these bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `MAP_SHARED`: writes are seen by all who map the memory, and by the file.
    public static let shared = MapFlags(rawValue: 0x01)
    /// `MAP_PRIVATE`: writes go to a copy.
    public static let `private` = MapFlags(rawValue: 0x02)
    /// `MAP_SHARED_VALIDATE`: as ``shared``, but unknown flags are refused.
    public static let sharedValidate = MapFlags(rawValue: 0x03)
    /// `MAP_DROPPABLE`: the kernel may drop the pages instead of swapping them.
    public static let droppable = MapFlags(rawValue: 0x08)
    /// `MAP_FIXED`: exactly at the address; what is there goes.
    public static let fixed = MapFlags(rawValue: 0x10)
    /// `MAP_ANONYMOUS`: no file.
    public static let anonymous = MapFlags(rawValue: 0x20)
    /// `MAP_32BIT`: in the first 2 GiB.
    public static let below2G = MapFlags(rawValue: 0x40)
    /// `MAP_ABOVE4G`: not in the first 4 GiB.
    public static let above4G = MapFlags(rawValue: 0x80)
    /// `MAP_GROWSDOWN`: grows as a stack does.
    public static let growsDown = MapFlags(rawValue: 0x100)
    /// `MAP_DENYWRITE`: ignored.
    public static let denyWrite = MapFlags(rawValue: 0x800)
    /// `MAP_EXECUTABLE`: ignored.
    public static let executable = MapFlags(rawValue: 0x1000)
    /// `MAP_LOCKED`: locked, and brought in.
    public static let locked = MapFlags(rawValue: 0x2000)
    /// `MAP_NORESERVE`: not charged to the commit limit, but in overcommit mode 2.
    public static let noReserve = MapFlags(rawValue: 0x4000)
    /// `MAP_POPULATE`: brought in at once.
    public static let populate = MapFlags(rawValue: 0x8000)
    /// `MAP_NONBLOCK`: with ``populate``, nothing is brought in.
    public static let nonBlock = MapFlags(rawValue: 0x10000)
    /// `MAP_STACK`: no huge pages.
    public static let stack = MapFlags(rawValue: 0x20000)
    /// `MAP_HUGETLB`: of huge pages.
    public static let hugeTLB = MapFlags(rawValue: 0x40000)
    /// `MAP_SYNC`: with ``sharedValidate``, for files on persistent memory.
    public static let sync = MapFlags(rawValue: 0x80000)
    /// `MAP_FIXED_NOREPLACE`: exactly at the address, or EEXIST.
    public static let fixedNoReplace = MapFlags(rawValue: 0x100000)

    static let typeMask: UInt64 = 0x0f
    /// Bits 26 to 31: log2 of the size of a hugetlb page.
    static let hugeSizeMask: UInt64 = 0x3f << 26
    /// `LEGACY_MAP_MASK`: what MAP_SHARED_VALIDATE accepts; of the sizes of huge pages the bits of 2 MiB and 1 GiB (21 and
    /// 30), so not bit 31.
    static let legacyMask: UInt64 =
        0x01 | 0x02 | 0x10 | 0x20 | 0x800 | 0x1000 | 0x100 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000 | 0x40000
        | 0x40 | 0x80 | (21 | 30) << 26
}
