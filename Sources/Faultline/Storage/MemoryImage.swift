/// Copies of pieces of the host's memory, to be put back where they were: what a checkpoint holds of a machine.
///
/// Pieces that are as they were in the image before share its copy, so that a row of images costs what changed between them.
struct MemoryImage {
    /// One copy; it does not change.
    private final class Piece {
        let bytes: UnsafeMutableRawBufferPointer

        init(_ source: UnsafeRawBufferPointer) {
            bytes = .allocate(byteCount: source.count, alignment: 16)
            bytes.copyMemory(from: source)
        }

        deinit { bytes.deallocate() }

        func isEqual(_ source: UnsafeRawBufferPointer) -> Bool {
            guard source.count == bytes.count else { return false }
            let words = source.count / 8
            // SAFETY: both are aligned to 8 bytes and have `words` words.
            guard let mine = bytes.baseAddress?.assumingMemoryBound(to: UInt64.self),
                let other = source.baseAddress?.assumingMemoryBound(to: UInt64.self)
            else { return source.isEmpty }
            var difference: UInt64 = 0
            for index in 0..<words { difference |= mine[index] ^ other[index] }
            return difference == 0 && bytes[(words * 8)...].elementsEqual(source[(words * 8)...])
        }
    }

    /// The most bytes of a piece.
    private static var pieceBytes: Int { 1 << 14 }

    private var pieces: [UnsafeMutableRawPointer: Piece] = [:]
    private let previous: [UnsafeMutableRawPointer: Piece]
    /// Bytes of the copies that the image before did not have.
    private(set) var storedBytes = 0

    /// An image of nothing; `previous` is the one before of the same machine.
    init(after previous: MemoryImage? = nil) { self.previous = previous?.pieces ?? [:] }

    /// Copies memory that is aligned to 8 bytes. Precondition: it stays allocated as long as the image may be put back.
    mutating func add(_ base: UnsafeMutableRawPointer, byteCount: Int) {
        var offset = 0
        while offset < byteCount {
            let count = min(Self.pieceBytes, byteCount - offset)
            let place = base + offset
            // SAFETY: see the precondition; the piece lies inside the memory.
            let source = UnsafeRawBufferPointer(start: place, count: count)
            if let former = previous[place], former.isEqual(source) {
                pieces[place] = former
            } else {
                pieces[place] = Piece(source)
                storedBytes += count
            }
            offset += count
        }
    }

    /// The same for records behind a typed pointer.
    mutating func add<Record>(_ records: UnsafeMutablePointer<Record>, count: Int) {
        add(UnsafeMutableRawPointer(records), byteCount: count * MemoryLayout<Record>.stride)
    }

    /// The image without what the image before had, which is needed while it is made only.
    func finished() -> MemoryImage {
        var image = MemoryImage()
        image.pieces = pieces
        image.storedBytes = storedBytes
        return image
    }

    /// Writes every piece back to where it was.
    func putBack() {
        for (place, piece) in pieces {
            // SAFETY: see the precondition of `add`.
            place.copyMemory(from: piece.bytes.baseAddress.unsafelyUnwrapped, byteCount: piece.bytes.count)
        }
    }
}
