import CShim

/// One frame's record: `struct page`.
typealias PageRecord = fl_page

/// Page flags (`enum pageflags`), as far as they are modelled.
enum PageFlag {
    static var uptodate: UInt32 { 1 << 0 }
    static var dirty: UInt32 { 1 << 1 }
    static var writeback: UInt32 { 1 << 2 }
    static var swapBacked: UInt32 { 1 << 3 }
    static var anonExclusive: UInt32 { 1 << 4 }
    static var referenced: UInt32 { 1 << 5 }
    static var active: UInt32 { 1 << 6 }
    static var lru: UInt32 { 1 << 7 }
    static var mlocked: UInt32 { 1 << 8 }
    static var unevictable: UInt32 { 1 << 9 }
    static var table: UInt32 { 1 << 10 }
    static var reserved: UInt32 { 1 << 11 }
    static var error: UInt32 { 1 << 12 }
    static var readahead: UInt32 { 1 << 13 }
    /// Free, the first of a buddy block.
    static var buddy: UInt32 { 1 << 14 }
    /// Free: on the per-CPU list, or came from there to the block that has it now.
    static var perCPU: UInt32 { 1 << 15 }
    /// It has a buffer head.
    static var `private`: UInt32 { 1 << 16 }
}

extension fl_page {
    @inline(__always) func has(_ flag: UInt32) -> Bool { flags & flag != 0 }
    @inline(__always) mutating func set(_ flag: UInt32) { flags |= flag }
    @inline(__always) mutating func clear(_ flag: UInt32) { flags &= ~flag }
    /// `folio_test_anon`: the low bit of `mapping`.
    @inline(__always) var isAnonymous: Bool { mapping & 1 != 0 }

    /// `folio->mlock_count`: locks of a page on the unevictable list.
    @inline(__always) var lockCount: UInt64 {
        get { priv }
        set { priv = newValue }
    }
}
