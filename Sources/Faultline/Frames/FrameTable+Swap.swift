import CShim

extension FrameTable {
    /// `is_folio_zero_filled`: whether every byte of a frame is 0.
    func isZeroFilled(_ pfn: PFN) -> Bool {
        if page(pfn).pointee.lines == 0 { return CompactContents(page(pfn)).isZeroFilled }
        let words = contents(pfn)
        for index in 0..<512 where words[index] != 0 { return false }
        return true
    }

    /// Gives a frame the compact contents that another one had.
    func setCompact(_ pfn: PFN, _ contents0: UInt64, _ contents1: UInt64) {
        // Sees to a frame that the host shows.
        setUniform(pfn, UInt8(truncatingIfNeeded: contents0))
        let record = page(pfn)
        if record.pointee.lines == 0 {
            (record.pointee.contents0, record.pointee.contents1) = (contents0, contents1)
            return
        }
        var source = fl_page()
        (source.contents0, source.contents1) = (contents0, contents1)
        let place = base + Int(truncatingIfNeeded: pfn << 12)
        withUnsafeMutablePointer(to: &source) { CompactContents($0).writeExceptions(to: place) }
    }
}

extension CompactContents {
    /// Whether every byte is 0.
    var isZeroFilled: Bool {
        guard background == 0 else { return false }
        for index in 0..<count where exceptionByte(index) != 0 { return false }
        return true
    }
}
