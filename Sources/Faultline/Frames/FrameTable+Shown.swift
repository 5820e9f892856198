import CShim

extension FrameTable {
    /// Makes the contents of neighbouring frames real, for good: others read and write them in the host's memory, unseen, until the frames
    /// are freed.
    ///
    /// The mark stands in a field that says nothing else of a frame whose lines are all real, and goes when the frame is handed out again.
    func show(_ first: PFN, count: UInt64) {
        let end = first + count
        var pfn = first
        while pfn < end {
            let start = pfn
            while pfn < end, page(pfn).pointee.lines == 0 { pfn += 1 }
            if pfn > start { store(start, count: pfn - start) }
            if pfn < end {
                showPartlyReal(pfn)
                pfn += 1
            }
        }
    }

    private func showPartlyReal(_ pfn: PFN) {
        if CompactContents.isShown(page(pfn)) { return }
        _ = contents(pfn)
        CompactContents.markShown(page(pfn))
    }

    /// Frames none of whose lines is real: their bytes are put together beside them, and stored at once.
    private func store(_ first: PFN, count: UInt64) {
        var ram = ram
        let frames = first..<first + count
        if frames.allSatisfy({ page($0).pointee.contents0 == 0 }) {
            // SAFETY: frames inside RAM.
            if fl_ram_clear_frames(&ram, first, count) != FL_OK {
                table(first).update(repeating: 0, count: 512 * Int(count))
            }
        } else {
            let size = Int(count) << 12
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { bytes in
                guard let start = bytes.baseAddress else { return }
                for pfn in frames {
                    let place = start + Int(pfn - first) << 12
                    let contents = CompactContents(page(pfn))
                    place.initialize(repeating: contents.background, count: 4096)
                    contents.writeExceptions(to: place)
                }
                // SAFETY: frames inside RAM, and as many bytes as they have.
                if fl_ram_store_frames(&ram, first, count, start) != FL_OK {
                    (base + Int(truncatingIfNeeded: first << 12)).update(from: start, count: size)
                }
            }
        }
        for pfn in frames {
            noteRealFrame()
            page(pfn).pointee.lines = .max
            CompactContents.markShown(page(pfn))
        }
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

    /// Whether the frame was shown; see ``FrameTable/show(_:count:)``.
    @inline(__always)
    static func isShown(_ record: UnsafeMutablePointer<fl_page>) -> Bool {
        record.pointee.contents0 == shownMark && record.pointee.lines == .max
    }

    fileprivate static func markShown(_ record: UnsafeMutablePointer<fl_page>) {
        record.pointee.contents0 = shownMark
    }
}
