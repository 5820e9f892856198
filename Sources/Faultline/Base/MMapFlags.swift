/// The flags of mmap(2) (`uapi/asm-generic/mman-common.h`, `uapi/asm/mman.h`).
struct MMapFlags: OptionSet {
    let rawValue: UInt64

    static let shared = MMapFlags(rawValue: 0x01)
    static let `private` = MMapFlags(rawValue: 0x02)
    static let sharedValidate = MMapFlags(rawValue: 0x03)
    static let droppable = MMapFlags(rawValue: 0x08)
    static let typeMask: UInt64 = 0x0f
    static let fixed = MMapFlags(rawValue: 0x10)
    static let anonymous = MMapFlags(rawValue: 0x20)
    static let bit32 = MMapFlags(rawValue: 0x40)
    static let above4G = MMapFlags(rawValue: 0x80)
    static let growsDown = MMapFlags(rawValue: 0x100)
    static let denyWrite = MMapFlags(rawValue: 0x800)
    static let executable = MMapFlags(rawValue: 0x1000)
    static let locked = MMapFlags(rawValue: 0x2000)
    static let noReserve = MMapFlags(rawValue: 0x4000)
    static let populate = MMapFlags(rawValue: 0x8000)
    static let nonBlock = MMapFlags(rawValue: 0x10000)
    static let stack = MMapFlags(rawValue: 0x20000)
    static let hugeTLB = MMapFlags(rawValue: 0x40000)
    static let sync = MMapFlags(rawValue: 0x80000)
    static let fixedNoReplace = MMapFlags(rawValue: 0x100000)
    /// Bits 26 to 31: log2 of the size of a hugetlb page.
    static let hugeSizeMask: UInt64 = 0x3f << 26
    /// `LEGACY_MAP_MASK`: what MAP_SHARED_VALIDATE accepts; of the sizes of huge pages the bits of 2 MiB and 1 GiB (21 and
    /// 30), so not bit 31.
    static let legacyMask: UInt64 =
        0x01 | 0x02 | 0x10 | 0x20 | 0x800 | 0x1000 | 0x100 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000 | 0x40000
        | 0x40 | 0x80 | (21 | 30) << 26
}
