import CShim

/// One frame's record: `struct page`. `CShim/include/page.h` says what its fields mean.
typealias PageRecord = fl_page

/// Page flags (`enum pageflags`), as far as they are modelled. The list stands in `CShim/include/page.h`.
typealias PageFlag = fl_page_flags

extension fl_page {
    @inline(__always) func has(_ flag: PageFlag) -> Bool { flags.rawValue & flag.rawValue != 0 }
    /// Whether it has one of the flags.
    @inline(__always) func hasAny(_ set: PageFlag) -> Bool { flags.rawValue & set.rawValue != 0 }
    @inline(__always) mutating func set(_ flag: PageFlag) { flags = PageFlag(rawValue: flags.rawValue | flag.rawValue) }
    @inline(__always) mutating func clear(_ flag: PageFlag) {
        flags = PageFlag(rawValue: flags.rawValue & ~flag.rawValue)
    }
    /// `PageCompound`: the frame is one of a large folio's.
    @inline(__always) var isOfLargeFolio: Bool { hasAny(PageFlag.head.union(.tail)) }
    /// `folio_test_anon`: the low bit of `mapping`. Precondition: no tail of a large folio.
    @inline(__always) var isAnonymous: Bool { mapping & 1 != 0 }

    /// `folio_get` and the count of `folio_add_file_rmap_pte`. Precondition: no large folio.
    @inline(__always)
    mutating func addMapping() {
        refcount &+= 1
        mapcount &+= 1
    }

    /// `folio->mlock_count`: locks of a page on the unevictable list.
    @inline(__always) var lockCount: UInt32 {
        get { prev }
        set { prev = newValue }
    }

    /// `pmd_huge_pte`: the next of the tables that a table keeps for splits of its huge entries; 0 for none.
    @inline(__always) var deposited: PFN {
        get { PFN(next) }
        set { next = FrameLink.to(newValue) }
    }

    /// Forgets who owned the page, where, and in which list it was.
    @inline(__always)
    mutating func clearOwner() {
        mapping = 0
        index = 0
        next = 0
        prev = 0
    }
}

/// A link to a frame in a page record: 32 bits, or ``none``.
enum FrameLink {
    @inline(__always) static var none: UInt32 { .max }

    /// Precondition: the frame lies in RAM, which ends below 2^31 frames.
    @inline(__always) static func to(_ pfn: PFN) -> UInt32 { UInt32(truncatingIfNeeded: pfn) }
}
