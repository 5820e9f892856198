/// Frames that are put somewhere together: `struct folio_batch` (`include/linux/pagevec.h`).
///
/// The frames lie in the value itself: an append is a store, with no look at who else holds the batch.
struct PageBatch {
    /// `PAGEVEC_SIZE`: a batch that reaches it is drained at once.
    static var capacity: Int { 31 }

    private var frames = InlineArray<31, PFN>(repeating: 0)
    private(set) var count = 0

    @inline(__always) var isEmpty: Bool { count == 0 }
    @inline(__always) var isFull: Bool { count == Self.capacity }

    /// Precondition: the batch is not full.
    @inline(__always)
    mutating func append(_ pfn: PFN) {
        frames[count] = pfn
        count &+= 1
    }

    /// Precondition: 0 <= position < count.
    @inline(__always)
    subscript(position: Int) -> PFN { frames[position] }

    @inline(__always)
    mutating func removeAll() { count = 0 }

    /// For those who look at it.
    var contents: [PFN] { (0..<count).map { frames[$0] } }
}
