import CShim

/// What an access wants.
public enum AccessKind: UInt32, Sendable, CaseIterable {
    /// A load.
    case read = 0
    /// A store.
    case write = 1
    /// An instruction fetch.
    case execute = 2
}

/// One access of a program, in 8 bytes: what a trace of addresses holds.
public struct MemoryAccess: Sendable, Hashable {
    /// Bits 0 to 47 of the address, whose bit 47 stands for all above it; ``AccessKind`` in bits 62 and 63. The other bits are 0, so
    /// that an address of the lower half is the word of a read of it.
    public let rawValue: UInt64

    /// An access to one byte, or to more on the same page. Nil for an address that is not canonical: it has bits that no access
    /// translates.
    @inlinable
    public init?(_ address: VirtualAddress, _ kind: AccessKind) {
        guard UInt64(bitPattern: Int64(bitPattern: address << 16) >> 16) == address else { return nil }
        rawValue = address & 0xffff_ffff_ffff | UInt64(kind.rawValue) << 62
    }

    /// A word as ``rawValue`` has it. Nil for one with another bit set, or with no kind.
    @inlinable
    public init?(rawValue: UInt64) {
        guard rawValue & 0x3fff_0000_0000_0000 == 0, rawValue >> 62 < 3 else { return nil }
        self.rawValue = rawValue
    }

    /// The byte address.
    @inlinable
    public var address: VirtualAddress { UInt64(bitPattern: Int64(bitPattern: rawValue << 16) >> 16) }

    /// What it wants.
    @inlinable
    public var kind: AccessKind { AccessKind(rawValue: UInt32(truncatingIfNeeded: rawValue >> 62)) ?? .execute }
}

/// What became of an access that succeeded, in 8 bytes.
public struct MadeAccess: Sendable, Hashable {
    /// The physical address in bits 0 to 51; in bits 60 to 62 who had it, as ``found`` says.
    public let rawValue: UInt64

    /// Who knew where the page lies.
    public enum Found: Sendable, Hashable {
        /// The first-level TLB.
        case firstLevel
        /// The second-level TLB.
        case secondLevel
        /// A walk that read so many entries, 1 to 4.
        case walk(loads: Int)
        /// A walk after at least one page fault.
        case fault
    }

    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The least ``rawValue`` of an access that walked the tables.
    public static let leastWalk: UInt64 = 2 << 60

    /// The byte's physical address.
    public var physicalAddress: PhysicalAddress { rawValue & (1 << 52 - 1) }

    /// Who knew where the page lies.
    public var found: Found {
        switch rawValue >> 60 {
        case 0: .firstLevel
        case 1: .secondLevel
        case 6: .fault
        case let code: .walk(loads: Int(code) - 1)
        }
    }
}
