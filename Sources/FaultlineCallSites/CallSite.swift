/// A chain of callers that took faults, with how many.
public struct CallSite: Sendable, Equatable {
    /// One function of the chain.
    public struct Frame: Sendable, Hashable {
        /// An address inside the instruction: the first byte of the one that faulted, the last of a call.
        public var address: UInt64
        /// Found by looking at the stack, since the code inside has no unwind information.
        public var isGuessed: Bool

        /// A frame at an address.
        public init(address: UInt64, isGuessed: Bool = false) {
            self.address = address
            self.isGuessed = isGuessed
        }
    }

    /// From the code that touched the memory to the outermost caller.
    public var frames: [Frame]
    /// By the number of the kind.
    var counts: [UInt64]
    /// The first and the last address that was touched.
    public var touched: ClosedRange<UInt64>
    /// Callers may be missing where a frame was guessed or the stack could not be followed to its end.
    public var mayBeIncomplete: Bool
    /// Callers outside the last frame were left out for want of room.
    public var isCut: Bool

    /// Faults of a kind.
    public func count(_ kind: FaultKind) -> UInt64 { counts[Int(kind.rawValue)] }

    /// Faults of all kinds.
    public var total: UInt64 { counts.reduce(0, +) }
}
