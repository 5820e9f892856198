extension Event.Kind {
    /// What the value of such an event is, as a trace names it.
    public var valueName: String {
        switch self {
        case .pageFaultUser: "error_code"
        case .unmappedArea, .vmaNew, .vmaRemoved, .pageRangeCopied, .tlbFlush, .stackGrown: "len"
        case .vmaMerge: "end"
        case .vmaMergeRefused, .vmaSplit: "vma"
        case .anonVMANew, .anonVMAShared: "anon_vma"
        case .pageAllocated, .pageFreed, .pageMapped, .pageUnmapped, .cowCopied, .cowReused: "pfn"
        case .pteTableAllocated, .pmdTableAllocated, .pudTableAllocated: "pfn"
        case .pteTableFreed, .pmdTableFreed, .pudTableFreed: "pfn"
        case .signal: "value"
        case .outOfMemory: "process"
        case .writeback: "pages"
        case .addressSpaceShared, .addressSpaceLeft: "users"
        case .refused: "value"
        }
    }
}
