import Faultline

/// The state for machines. Addresses are text: many readers of JSON keep 53 bits of a number.
extension RecordedProcess: Encodable {
    private enum CodingKeys: CodingKey { case name, pageTablesKiB, lockedKiB, pinnedKiB, sharedWith, vmas }

    /// All of it; `sharedWith` where there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(pgtablesKiB, forKey: .pageTablesKiB)
        try container.encode(lockedKiB, forKey: .lockedKiB)
        if pinnedKiB != 0 { try container.encode(pinnedKiB, forKey: .pinnedKiB) }
        try container.encodeIfPresent(sharedWith, forKey: .sharedWith)
        try container.encode(vmas, forKey: .vmas)
    }
}

extension RecordedVMA: Encodable {
    private enum CodingKeys: CodingKey { case start, end, permissions, offset, name, flags, policy, smaps, pages }

    /// The flags as a list, the figures by name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("0x" + start.hex, forKey: .start)
        try container.encode("0x" + end.hex, forKey: .end)
        try container.encode(permissions, forKey: .permissions)
        try container.encode(offset, forKey: .offset)
        try container.encode(name, forKey: .name)
        try container.encode(vmFlags.split(separator: " ").map(String.init), forKey: .flags)
        try container.encodeIfPresent(policy, forKey: .policy)
        let smaps = figures.nonzero.map { ($0.figure.name, $0.value) }
        try container.encode(Dictionary(uniqueKeysWithValues: smaps), forKey: .smaps)
        try container.encode(runs, forKey: .pages)
    }
}

extension PageRun: Encodable {
    private enum CodingKeys: CodingKey {
        case address, count, kind, frame, slot, isFile, isExclusive, isWriteProtected, mapCount, flags
    }

    /// `kind` is `frame`, `zero` (the shared zero page), `guard`, `marker`, `poison`, or `swap`, which is a guard marker too where pagemap does not
    /// tell; `frame` is the number of the first page's frame, `slot` the first page's slot in the swap area.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("0x" + address.hex, forKey: .address)
        try container.encode(count, forKey: .count)
        switch frame {
        case .zero: try container.encode("zero", forKey: .kind)
        case .swap: try container.encode("swap", forKey: .kind)
        case .slot(let slot):
            try container.encode("swap", forKey: .kind)
            try container.encode(slot, forKey: .slot)
        case .guardMarker: try container.encode("guard", forKey: .kind)
        case .marker: try container.encode("marker", forKey: .kind)
        case .poison: try container.encode("poison", forKey: .kind)
        case .number(let number):
            try container.encode("frame", forKey: .kind)
            try container.encode(number, forKey: .frame)
        }
        try container.encode(isFile, forKey: .isFile)
        try container.encode(isExclusive, forKey: .isExclusive)
        if isWriteProtected { try container.encode(true, forKey: .isWriteProtected) }
        try container.encode(mapCount, forKey: .mapCount)
        let names = PageFlags.named.filter { flags.contains($0.flag) }.map(\.name)
        try container.encode(names, forKey: .flags)
    }
}
