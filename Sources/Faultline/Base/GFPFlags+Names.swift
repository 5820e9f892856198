extension GFPFlags {
    /// Names of several bits together, the largest first, in the order in which the tracepoints look for them
    /// (`TRACE_GFP_FLAGS` behind `__def_gfpflag_names`).
    private static let combinations: [(name: String, bits: UInt32)] = [
        ("GFP_TRANSHUGE", 0x1c_24ca), ("GFP_TRANSHUGE_LIGHT", 0x1c_20ca),
        ("GFP_HIGHUSER_MOVABLE", 0x10_0cca), ("GFP_HIGHUSER", 0x10_0cc2), ("GFP_USER", 0x10_0cc0),
        ("GFP_KERNEL_ACCOUNT", 0x40_0cc0), ("GFP_KERNEL", 0xcc0), ("GFP_NOFS", 0xc40), ("GFP_ATOMIC", 0x820),
        ("GFP_NOIO", 0xc00), ("GFP_NOWAIT", 0x2800), ("GFP_DMA", 0x1), ("GFP_DMA32", 0x4), ("__GFP_RECLAIM", 0xc00),
    ]

    /// Names of single bits, low to high.
    private static let single = [
        "__GFP_DMA", "__GFP_HIGHMEM", "__GFP_DMA32", "__GFP_MOVABLE", "__GFP_RECLAIMABLE", "__GFP_HIGH", "__GFP_IO",
        "__GFP_FS", "__GFP_ZERO", "", "__GFP_DIRECT_RECLAIM", "__GFP_KSWAPD_RECLAIM", "__GFP_WRITE", "__GFP_NOWARN",
        "__GFP_RETRY_MAYFAIL", "__GFP_NOFAIL", "__GFP_NORETRY", "__GFP_MEMALLOC", "__GFP_COMP", "__GFP_NOMEMALLOC",
        "__GFP_HARDWALL", "__GFP_THISNODE", "__GFP_ACCOUNT",
    ]

    /// As the tracepoints print them (`show_gfp_flags`): `GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP`, `none`.
    public var text: String {
        if rawValue == 0 { return "none" }
        var rest = rawValue
        var names: [String] = []
        for (name, bits) in Self.combinations where rest & bits == bits {
            names.append(name)
            rest &= ~bits
        }
        for (bit, name) in Self.single.enumerated() where !name.isEmpty && rest & 1 << UInt32(bit) != 0 {
            names.append(name)
            rest &= ~(1 << UInt32(bit))
        }
        if rest != 0 { names.append("0x" + String(rest, radix: 16)) }
        return names.joined(separator: "|")
    }

    /// Every name that a program may write, with its bits.
    public static let names: [(name: String, flags: GFPFlags)] =
        combinations.map { ($0.name, GFPFlags(rawValue: $0.bits)) }
        + single.enumerated().filter { !$0.element.isEmpty }
        .map { ($0.element, GFPFlags(rawValue: 1 << UInt32($0.offset))) }
}
