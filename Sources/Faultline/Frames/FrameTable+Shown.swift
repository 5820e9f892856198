import CShim

extension FrameTable {
    /// Makes a frame's contents real, for good: others read and write them in the host's memory, unseen, until the frame is freed.
    ///
    /// The mark stands in a field that says nothing else of a frame whose lines are all real, and goes when the frame is handed out again.
    func show(_ pfn: PFN) {
        let record = page(pfn)
        if CompactContents.isShown(record) { return }
        if record.pointee.lines == 0 {
            showFresh(pfn, record)
        } else {
            _ = contents(pfn)
        }
        CompactContents.markShown(record)
    }

    /// A frame none of whose lines is real: written at once, most often with zeros.
    private func showFresh(_ pfn: PFN, _ record: UnsafeMutablePointer<fl_page>) {
        noteRealFrame()
        let contents = CompactContents(record)
        // SAFETY: a frame inside RAM.
        let bytes = base + Int(truncatingIfNeeded: pfn << 12)
        bytes.update(repeating: contents.background, count: 4096)
        contents.writeExceptions(to: bytes)
        record.pointee.lines = .max
    }

    /// Fills a shown frame with one byte, in the host's memory. - Returns: false for any other frame.
    @inline(never)
    func fillShown(_ pfn: PFN, _ byte: UInt8) -> Bool {
        guard CompactContents.isShown(page(pfn)) else { return false }
        // SAFETY: a frame inside RAM.
        (base + Int(truncatingIfNeeded: pfn << 12)).update(repeating: byte, count: 4096)
        return true
    }
}

extension CompactContents {
    /// No count of exceptions is that high.
    private static var shownMark: UInt64 { .max }

    /// Whether the frame was shown; see ``FrameTable/show(_:)``.
    @inline(__always)
    static func isShown(_ record: UnsafeMutablePointer<fl_page>) -> Bool {
        record.pointee.contents0 == shownMark && record.pointee.lines == .max
    }

    fileprivate static func markShown(_ record: UnsafeMutablePointer<fl_page>) {
        record.pointee.contents0 = shownMark
    }
}
