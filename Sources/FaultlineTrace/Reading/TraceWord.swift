import Faultline

/// An access of a trace in 8 bytes, as ``/Faultline/MemoryAccess`` has it, or a marker among them.
///
/// Bits 0 to 47 are the linear address's, of which bit 47 stands for all above it, and 62 and 63 the kind. Bits 48 to 61 are 0 but for
/// a marker, where they say its sort, and the address is its value. An access lies in one page; one that crosses into the
/// next is two, as hardware translates it twice.
public struct TraceWord: Sendable, Hashable {
    /// What a word is.
    public enum Kind: UInt8, Sendable {
        /// A load.
        case read = 0
        /// A store.
        case write = 1
        /// An instruction fetch.
        case execute = 2
        /// No access: see ``TraceMarker``.
        case marker = 3
    }

    /// The word.
    public let rawValue: UInt64

    /// A word as it stands in a packed trace; any is one.
    @inline(__always)
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// An access. - Parameter address: canonical.
    @inline(__always)
    public init(_ kind: Kind, at address: VirtualAddress) {
        rawValue = address & Self.addressMask | UInt64(kind.rawValue) << 62
    }

    /// A marker. - Parameter value: below 2^47, or an address.
    public init(_ marker: TraceMarker, _ value: UInt64) {
        rawValue = value & Self.addressMask | marker.rawValue << 48 | 3 << 62
    }

    /// The bits of an address that a word keeps.
    public static let addressMask: UInt64 = 1 << 48 - 1

    /// The address of the first byte.
    @inline(__always)
    public var address: VirtualAddress { UInt64(bitPattern: Int64(bitPattern: rawValue << 16) >> 16) }

    /// What it is.
    @inline(__always)
    public var kind: Kind {
        switch rawValue >> 62 {
        case 0: .read
        case 1: .write
        case 2: .execute
        default: .marker
        }
    }

    /// Bits 48 to 61.
    @inline(__always)
    var middle: UInt64 { rawValue >> 48 & 0x3fff }
    static var middleMask: UInt64 { 0x3fff << 48 }

    /// What a marker says; nil for an access, and for a marker of no known sort.
    public var marker: TraceMarker? { kind == .marker ? TraceMarker(rawValue: middle) : nil }
}

/// What markers in a trace say; the address of a marker is the value.
public enum TraceMarker: UInt64, Sendable {
    /// The accesses that follow are those of the instruction at this address.
    case instructionPointer = 1
    /// They are those of the process with this number.
    case process = 2
}
