import CShim

/// A random tree of page tables in simulated RAM, well-formed for the most part, and addresses worth accessing in it.
///
/// Tables and pages lie in places of their own, so that no access under test changes a table. Entries that name a table
/// name one in simulated RAM unless they are not present or have a reserved bit set.
struct TableScene {
    /// Frames of simulated RAM that a scene needs: 8 MiB.
    static let frames: UInt64 = 2048
    static let root: UInt64 = 16
    static let tableFrames: Range<UInt64> = 16..<48
    static let oracleFrame: UInt64 = 64
    /// Above 1 MiB: below it an emulated PC has its screen and its ROM.
    private static let smallPages: Range<UInt64> = 256..<384
    private static let largePages: Range<UInt64> = 1024..<2048

    let ram: fl_ram
    let physicalBits: UInt64

    /// PML4 slots that no address may lie in.
    let unusableSlots: Set<UInt64>
    private(set) var addresses: [UInt64] = []
    private var nextTable = TableScene.root + 1
    private var random: RandomSource

    init(ram: fl_ram, physicalBits: UInt64, unusableSlots: Set<UInt64>, seed: UInt64) {
        self.ram = ram
        self.physicalBits = physicalBits
        self.unusableSlots = unusableSlots
        random = RandomSource(seed: seed)
        for pfn in TableScene.tableFrames {
            ram.table(pfn).update(repeating: 0, count: 512)
        }
        fill(table: TableScene.root, level: 4, prefix: 0)
    }

    /// An address to access: most lie on a path that the tree has, some beside it, some are not canonical.
    mutating func nextAddress() -> UInt64 {
        if random.chance(4) { return nonCanonical() }
        if random.chance(6) || addresses.isEmpty { return randomCanonical() }
        let page = addresses[Int(random.below(UInt64(addresses.count)))]
        if random.chance(6) { return page ^ 1 << (12 + random.below(9)) }
        return page | random.below(4096)
    }

    private mutating func nonCanonical() -> UInt64 {
        let base = addresses.isEmpty ? 0 : addresses[Int(random.below(UInt64(addresses.count)))]
        return base ^ 1 << (48 + random.below(16))
    }

    private func canonical(_ address: UInt64) -> UInt64 {
        UInt64(bitPattern: Int64(bitPattern: address << 16) >> 16)
    }

    private mutating func randomCanonical() -> UInt64 {
        while true {
            let address = random.next()
            if !unusableSlots.contains(address >> 39 & 511) { return canonical(address) }
        }
    }

    /// Fills a few entries of a table, and the tables below them.
    private mutating func fill(table: UInt64, level: UInt64, prefix: UInt64) {
        let shift = 3 + 9 * level
        for _ in 0..<(level == 1 ? 6 : 2 + random.below(2)) {
            let index = random.chance(30) ? [0, 1, 255, 256, 510, 511][Int(random.below(6))] : random.below(512)
            if level == 4 && unusableSlots.contains(index) { continue }
            let slot = ram.table(table) + Int(index)
            guard slot.pointee == 0 else { continue }
            let address = prefix | index << shift
            let isLeaf = level == 1 || (level < 4 && random.chance(level == 2 ? 30 : 8))
            let isFull = nextTable == TableScene.tableFrames.upperBound
            if isFull && level == 4 { return }
            if isLeaf || isFull {
                slot.pointee = damaged(
                    flags(isLeaf: true, patBit: level == 1 ? 1 << 7 : 1 << 12) | target(level: level), isLeaf: true,
                    level: level)
                addLeaf(address, level: level)
            } else {
                let child = nextTable
                nextTable += 1
                slot.pointee = damaged(flags(isLeaf: false) | child << 12, isLeaf: false, level: level)
                fill(table: child, level: level - 1, prefix: address)
            }
        }
    }

    /// The physical address of a leaf entry, with PS where the level needs it.
    private mutating func target(level: UInt64) -> UInt64 {
        switch level {
        case 1: (TableScene.smallPages.lowerBound + random.below(UInt64(TableScene.smallPages.count))) << 12
        case 2: (4 << 20 | random.below(2) << 21) | 1 << 7
        case 3: 1 << 7
        default: preconditionFailure("a PML4 entry is never a leaf")
        }
    }

    /// Remembers pages of the leaf whose physical addresses hold no table.
    private mutating func addLeaf(_ address: UInt64, level: UInt64) {
        for _ in 0..<2 {
            let within: UInt64
            switch level {
            case 1: within = 0
            case 2: within = random.below(512) << 12
            default: within = (TableScene.largePages.lowerBound + random.below(1024)) << 12
            }
            addresses.append(canonical(address | within))
        }
    }

    private mutating func flags(isLeaf: Bool, patBit: UInt64 = 0) -> UInt64 {
        var entry: UInt64 = 1
        if random.chance(88) { entry |= 1 << 1 }
        if random.chance(88) { entry |= 1 << 2 }
        if random.chance(20) { entry |= 1 << 3 }
        if random.chance(20) { entry |= 1 << 4 }
        if random.chance(30) { entry |= 1 << 5 }
        if isLeaf && random.chance(30) { entry |= 1 << 6 }
        if isLeaf && random.chance(20) { entry |= 1 << 8 }
        if isLeaf && random.chance(20) { entry |= patBit }
        if random.chance(20) { entry |= random.below(8) << 9 }
        if random.chance(40) { entry |= random.below(2048) << 52 }  // the protection key among them
        if random.chance(isLeaf ? 15 : 3) { entry |= 1 << 63 }
        return entry
    }

    /// Some entries are made wrong: not present, or with a reserved bit.
    private mutating func damaged(_ entry: UInt64, isLeaf: Bool, level: UInt64) -> UInt64 {
        switch random.below(100) {
        case 0..<4: return entry & ~1
        case 4..<6 where physicalBits < 52: return entry | 1 << (physicalBits + random.below(52 - physicalBits))
        case 10..<11 where level == 4: return entry | 1 << 7
        case 10..<12 where isLeaf && level > 1: return entry | 1 << (13 + random.below(level == 3 ? 17 : 8))
        case 13..<14 where !isLeaf: return entry | 1 << 8
        case 15..<17 where !isLeaf: return entry | 1 << 6
        default: return entry
        }
    }
}
