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
            while pfn < end, isUnwritten(pfn) { pfn += 1 }
            if pfn > start {
                clear(start, count: pfn - start)
            } else {
                show(pfn)
                pfn += 1
            }
        }
    }

    /// Whether a frame reads zero, and none of its lines is real.
    private func isUnwritten(_ pfn: PFN) -> Bool {
        let record = page(pfn)
        return record.pointee.lines == 0 && record.pointee.contents0 == 0
    }

    /// Frames that read zero: holes in the memory file, which the host fills as they are touched.
    private func clear(_ first: PFN, count: UInt64) {
        var ram = ram
        // SAFETY: frames inside RAM.
        let isDone = fl_ram_clear_frames(&ram, first, count) == FL_OK
        for pfn in first..<first + count {
            noteRealFrame()
            if !isDone { table(pfn).update(repeating: 0, count: 512) }
            page(pfn).pointee.lines = .max
            CompactContents.markShown(page(pfn))
        }
    }

    private func show(_ pfn: PFN) {
        let record = page(pfn)
        if CompactContents.isShown(record) { return }
        if record.pointee.lines == 0 {
            store(pfn, record)
        } else {
            _ = contents(pfn)
        }
        CompactContents.markShown(record)
    }

    /// A frame none of whose lines is real: its bytes are put together beside it, and stored at once.
    private func store(_ pfn: PFN, _ record: UnsafeMutablePointer<fl_page>) {
        noteRealFrame()
        let contents = CompactContents(record)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { bytes in
            guard let start = bytes.baseAddress else { return }
            start.initialize(repeating: contents.background, count: 4096)
            contents.writeExceptions(to: start)
            var ram = ram
            // SAFETY: a frame inside RAM, and as many bytes as it has.
            if fl_ram_store_frame(&ram, pfn, start) != FL_OK {
                (base + Int(truncatingIfNeeded: pfn << 12)).update(from: start, count: 4096)
            }
        }
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
