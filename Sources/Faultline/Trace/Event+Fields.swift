extension Event {
    /// What a field's number counts, and so how it is written.
    public enum Unit: String, Sendable, CaseIterable, Codable {
        /// A byte address, hexadecimal.
        case address
        /// A length in bytes, hexadecimal.
        case bytes
        /// A number of a frame (PFN), hexadecimal.
        case frame
        /// A set of bits, hexadecimal.
        case bits
        /// An offset into a file, in pages of 4 KiB, decimal.
        case page
        /// A plain number, decimal.
        case count
        /// A number with a sign, decimal; -1 stands for all.
        case signedCount = "signed_count"
        /// A set of GFP flags; a text has their names, as the tracepoints print them.
        case gfp
        /// A process by its index in the order of creation; a text has its name.
        case process
    }

    /// A number that an event carries.
    public struct Field: Sendable, Hashable {
        /// In snake_case, such as `error_code`.
        public let name: String
        /// What the number counts.
        public let unit: Unit
        /// The number, in the unit.
        public let value: UInt64

        /// As a trace writes it: `0x1000`, `3`, a process's name.
        public func text(processName: (Int) -> String) -> String {
            switch unit {
            case .address, .bytes, .frame, .bits: "0x" + String(value, radix: 16)
            case .page, .count: String(value)
            case .signedCount: String(Int64(bitPattern: value))
            case .gfp: GFPFlags(rawValue: UInt32(truncatingIfNeeded: value)).text
            case .process: processName(Int(truncatingIfNeeded: value))
            }
        }
    }

    /// All that it carries, whatever the numbers are: what its kind says, in that order.
    public var fields: [Field] {
        let shape = kind.shape
        let fields = [
            shape.subject.map { Field(name: $0.name, unit: $0.unit, value: address) },
            shape.detail.map { Field(name: $0.name, unit: $0.unit, value: value) },
        ].compactMap { $0 }
        var rest = address
        return fields
            + kind.packed.map { name, unit, bits in
                defer { rest >>= bits }
                return Field(name: name, unit: unit, value: rest & (1 << bits - 1))
            }
    }
}

extension Event.Kind {
    /// The name of a field and what it counts.
    public typealias FieldShape = (name: String, unit: Event.Unit)

    /// The fields of such an event: what ``Event/address`` is, and what ``Event/value`` is; nil where it has none.
    public var shape: (subject: FieldShape?, detail: FieldShape?) {
        switch self {
        case .pageFaultUser: (Self.address, ("error_code", .bits))
        case .vmaLockedToRead: (Self.address, ("vma", .address))
        case .vmaLockedToWrite: (Self.address, ("len", .bytes))
        case .vmaLockAborted, .vmaLockRetried: (Self.address, nil)
        case .entriesHinted: (Self.address, ("pages", .count))
        case .hintingFault: (Self.address, Self.frame)
        case .areaPassedOver: (Self.address, ("len", .bytes))
        case .unmappedArea, .vmaNew, .vmaRemoved, .pageRangeCopied, .tlbFlush, .stackGrown:
            (Self.address, ("len", .bytes))
        case .vmaMerge: (Self.address, ("end", .address))
        case .vmaMergeRefused, .vmaSplit: (Self.address, ("vma", .address))
        case .anonVMANew, .anonVMAShared: (Self.address, ("anon_vma", .count))
        case .pageAllocated, .pageFreed, .pageTakenFromOthers: (nil, Self.frame)
        case .hugePageMapped, .hugePageCollapsed: (Self.address, Self.frame)
        case .hugePageTaken, .hugePageReturned: (nil, Self.frame)
        case .hugePagesPromised: (nil, ("reserved", .count))
        case .hugePoolChanged: (nil, ("total", .count))
        case .folioSplit: (("order", .count), Self.frame)
        case .pageMapped, .pageUnmapped, .pageMigrated, .cowCopied, .cowReused: (Self.address, Self.frame)
        case .pteTableAllocated, .pmdTableAllocated, .pudTableAllocated: (Self.address, Self.frame)
        case .pteTableFreed, .pmdTableFreed, .pudTableFreed: (Self.address, Self.frame)
        case .signal, .userfaultWait: (Self.address, nil)
        case .ksmEntered, .ksmLeft, .ksmAddressSpaceScanned: (nil, ("process", .process))
        case .ksmScanStarted: (nil, ("address_spaces", .count))
        case .ksmScanEnded: (nil, ("full_scans", .count))
        case .ksmNotMerged, .ksmMergedWithPage, .ksmMergedOnePage: (Self.address, Self.frame)
        case .ksmPageForgotten: (nil, Self.frame)
        case .outOfMemory: (nil, ("victim", .process))
        case .writeback: (("index", .page), ("pages", .count))
        case .addressSpaceShared, .addressSpaceLeft: (nil, ("users", .count))
        case .tlbFlushOnCPU: (("cpu", .count), ("pages", .signedCount))
        case .tlbFlushAll, .refused: (nil, nil)
        }
    }

    /// The further fields of such an event, which ``Event/address`` has, from its low bits on: a name, what it counts, how many bits.
    public var packed: [(name: String, unit: Event.Unit, bits: UInt64)] {
        switch self {
        case .pageAllocated: [("order", .count, 8), ("migratetype", .count, 8), ("gfp_flags", .gfp, 32)]
        case .pageFreed: [("order", .count, 8)]
        case .pageTakenFromOthers:
            [
                ("alloc_order", .count, 8), ("fallback_order", .count, 8), ("pageblock_order", .count, 8),
                ("alloc_migratetype", .count, 8), ("fallback_migratetype", .count, 8), ("fragmenting", .count, 1),
                ("change_ownership", .count, 1),
            ]
        default: []
        }
    }

    private static var address: FieldShape { ("address", .address) }
    private static var frame: FieldShape { ("pfn", .frame) }
}
