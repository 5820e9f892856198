/// A virtual address of a simulated process or kernel, in bytes.
public typealias VirtualAddress = UInt64
/// A physical address in simulated RAM, in bytes.
public typealias PhysicalAddress = UInt64
/// A page frame number: a physical address divided by 4096.
public typealias PFN = UInt64

/// Sizes and masks of x86-64 paging (`arch/x86/include/asm/page_types.h`, `pgtable_64_types.h`).
public enum PageSize {
    /// log2 of the base page size.
    public static let shift: UInt64 = 12
    /// The base page: 4096 bytes.
    public static let base: UInt64 = 4096
    /// A PMD-mapped page: 2 MiB.
    public static let large: UInt64 = 2 << 20
    /// A PUD-mapped page: 1 GiB.
    public static let huge: UInt64 = 1 << 30

    /// `hstate_sizelog`: the size that the bits of MAP_HUGETLB, MFD_HUGETLB or SHM_HUGETLB name by its logarithm, 0 being
    /// 2 MiB; nil where the CPU has no such page.
    static func ofHugeTLB(shift: UInt64) -> UInt64? {
        switch shift {
        case 0, 21: large
        case 30: huge
        default: nil
        }
    }
}

/// Limits of the 4-level address space.
public enum AddressSpaceLimit {
    /// `TASK_SIZE_MAX`: the first address that user space cannot map; one page below 2^47.
    public static let taskSize: VirtualAddress = 0x7fff_ffff_f000
    /// Where the vsyscall page stands (`VSYSCALL_ADDR`).
    public static let vsyscall: VirtualAddress = 0xffff_ffff_ff60_0000
}

extension UInt64 {
    /// Rounded down to a page boundary.
    @inline(__always) var pageAlignedDown: UInt64 { self & ~(PageSize.base - 1) }
    /// Rounded up to a page boundary; wraps to 0 above 2^64 - 4096, as `PAGE_ALIGN` does.
    @inline(__always) var pageAlignedUp: UInt64 { (self &+ (PageSize.base - 1)) & ~(PageSize.base - 1) }
    /// Bytes to pages, rounding down.
    @inline(__always) var pages: UInt64 { self >> PageSize.shift }
    /// True on a page boundary.
    @inline(__always) var isPageAligned: Bool { self & (PageSize.base - 1) == 0 }
}
