/// A typed, non-owning reference to a record in an ``Arena``: what a `struct foo *` is to the kernel.
///
/// Two handles are equal when they refer to the same record. A handle is valid until its record is freed; using it
/// afterwards is an engine bug that `checkInvariants()` looks for, not something a caller can provoke.
struct Handle<Record>: Equatable, Hashable {
    /// The record's place in its arena's slab.
    let raw: UnsafeMutablePointer<Record>

    @inline(__always)
    init(_ raw: UnsafeMutablePointer<Record>) { self.raw = raw }

    /// The record itself, read and written in place.
    var pointee: Record {
        // SAFETY: the arena keeps every live slot at a fixed address, and a machine is single-threaded.
        @inline(__always) unsafeAddress { UnsafePointer(raw) }
        @inline(__always) nonmutating unsafeMutableAddress { raw }
    }

    /// The address as bits: for packing into `struct page` fields and for stable identities.
    @inline(__always)
    var bits: UInt64 { UInt64(UInt(bitPattern: raw)) }

    /// Precondition: `bits` came from ``bits`` of a live handle of the same record type.
    @inline(__always)
    init(bits: UInt64) {
        // SAFETY: see the precondition; the bits are those of a slot of this type.
        self.raw = UnsafeMutablePointer(bitPattern: UInt(bits)).unsafelyUnwrapped
    }
}
