/// A word of a file's page cache (`FileMapping.pages`): pages, or a number that a page left behind (``XArrayValue``), or 0.
///
/// Pages are told from numbers by bit 0. Above it stands the order of the folio, so that a look-up of any of its indices knows the
/// frame without a look at the head's record.
///
///     bits 0-1   0
///     bits 2-7   order of the folio
///     bits 8-    PFN of its first page
struct CacheEntry: Equatable {
    let rawValue: UInt64

    @inline(__always) init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Precondition: `pfn` is the first page of the folio.
    @inline(__always) init(page pfn: PFN, order: UInt64 = 0) { rawValue = pfn << 8 | order << 2 }

    /// Whether there is a page. A number is none: a swap entry or a shadow.
    @inline(__always) var isPage: Bool { rawValue != 0 && !XArrayValue.isValue(rawValue) }

    /// `folio_file_page`: the frame of the page at a file index. Precondition: ``isPage``, and the entry covers the index.
    @inline(__always)
    func frame(at index: UInt64) -> PFN {
        // Most folios are one page.
        if rawValue & Self.orderMask == 0 { return head }
        return head &+ index & (1 &<< (rawValue &>> 2 & 63) &- 1)
    }

    /// Whether it is a large folio. A word that is no page gives some answer.
    @inline(__always) var isLarge: Bool { rawValue & Self.orderMask != 0 }

    private static var orderMask: UInt64 { 63 << 2 }

    /// The folio's first frame. A word that is no page gives some number.
    @inline(__always) var head: PFN { rawValue >> 8 }
}

extension XArrayEntry {
    /// Of the page cache.
    @inline(__always) var cached: CacheEntry { CacheEntry(rawValue: value) }
}
