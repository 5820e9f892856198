extension PageRecord {
    /// The anon_vma of an anonymous page (`folio_anon_vma`). Precondition: `isAnonymous`.
    @inline(__always)
    var anonVMA: Handle<AnonVMA> { Handle(bits: mapping & ~1) }

    @inline(__always)
    mutating func setAnonVMA(_ anonVMA: Handle<AnonVMA>, index: UInt64) {
        mapping = anonVMA.bits | 1
        self.index = index
    }

    /// The file that a page-cache page belongs to; nil for anonymous pages and truncated ones.
    @inline(__always)
    var fileMapping: Handle<FileMapping>? { mapping == 0 || mapping & 1 != 0 ? nil : Handle(bits: mapping) }
}
