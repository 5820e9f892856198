import CShim

extension PhysicalMemory {
    /// Frames are written by lines of 64 bytes; a page record has a bit for each line that is real.
    private static var lineBytes: Int { 64 }

    /// The byte at a physical address. Precondition: inside RAM.
    @inline(__always)
    func byte(_ address: PhysicalAddress) -> UInt8 {
        guard page(address >> 12).pointee.reserved >> (address >> 6 & 63) & 1 != 0 else { return 0 }
        // SAFETY: see the precondition.
        return base[Int(truncatingIfNeeded: address)]
    }

    /// Writes a byte. Precondition: inside RAM.
    @inline(__always)
    func setByte(_ address: PhysicalAddress, _ value: UInt8) {
        let bit: UInt64 = 1 << (address >> 6 & 63)
        let record = page(address >> 12)
        let lines = record.pointee.reserved
        // SAFETY: see the precondition; a line lies in the frame of any address in it.
        let place = base + Int(truncatingIfNeeded: address)
        if lines & bit == 0 {
            record.pointee.reserved = lines | bit
            UnsafeMutableRawPointer(base + Int(truncatingIfNeeded: address & ~63))
                .initializeMemory(as: UInt64.self, repeating: 0, count: Self.lineBytes / 8)
        }
        place.pointee = value
    }

    /// Has the host fetch a line of a fresh frame, which the access that faulted will write, and the same line of the frame
    /// that the next fault gets, which is written soon if the program goes from page to page. Precondition: inside RAM.
    @inline(__always)
    func prefetch(_ pfn: PFN, _ address: VirtualAddress) {
        fl_prefetch(base + Int(truncatingIfNeeded: pfn << 12 | address & 4095))
        let count = preferred.pointee.pcpCount
        if count > 1 {
            fl_prefetch(base + Int(truncatingIfNeeded: preferred.pointee.pcp[count &- 2] << 12 | address & 4095))
        }
    }

    /// Has the host fetch a frame's record. The number may be any: nothing is read.
    @inline(__always)
    func prefetchRecord(_ pfn: PFN) { fl_prefetch(pages + Int(truncatingIfNeeded: pfn)) }

    /// Copies a frame's contents.
    @inline(__always)
    func copyFrame(from source: PFN, to target: PFN) {
        var lines = page(source).pointee.reserved
        page(target).pointee.reserved = lines
        // SAFETY: both frames lie in RAM.
        let from = UnsafeRawPointer(base + Int(truncatingIfNeeded: source << 12))
        let to = UnsafeMutableRawPointer(base + Int(truncatingIfNeeded: target << 12))
        if lines == .max {
            to.copyMemory(from: from, byteCount: 4096)
            return
        }
        while lines != 0 {
            let offset = lines.trailingZeroBitCount * Self.lineBytes
            (to + offset).copyMemory(from: from + offset, byteCount: Self.lineBytes)
            lines &= lines &- 1
        }
    }

    /// Makes a frame read zero.
    func zeroFrame(_ pfn: PFN) { page(pfn).pointee.reserved = 0 }

    /// Sets a part of a frame to one byte. Precondition: the part lies inside the frame.
    func fill(_ pfn: PFN, offset: Int, length: Int, byte: UInt8) {
        precondition(offset >= 0 && length >= 0 && offset + length <= 4096, "a part lies inside its frame")
        if length == 0 { return }
        for line in (offset >> 6)...((offset + length - 1) >> 6) { makeReal(pfn, line) }
        // SAFETY: see the precondition.
        UnsafeMutableRawPointer(base + Int(truncatingIfNeeded: pfn << 12) + offset)
            .initializeMemory(as: UInt8.self, repeating: byte, count: length)
    }

    /// Writes bytes into a frame. Precondition: they lie inside it.
    func write(_ bytes: ArraySlice<UInt8>, to pfn: PFN, offset: Int = 0) {
        for (index, byte) in bytes.enumerated() { setByte(pfn << 12 + UInt64(offset + index), byte) }
    }

    /// A frame's whole contents, made real for those who copy them out or in.
    func contents(_ pfn: PFN) -> UnsafeMutablePointer<UInt64> {
        var missing = ~page(pfn).pointee.reserved
        while missing != 0 {
            makeReal(pfn, missing.trailingZeroBitCount)
            missing &= missing &- 1
        }
        return table(pfn)
    }

    private func makeReal(_ pfn: PFN, _ line: Int) {
        let record = page(pfn)
        guard record.pointee.reserved >> UInt64(line) & 1 == 0 else { return }
        record.pointee.reserved |= 1 << UInt64(line)
        // SAFETY: a line of a frame inside RAM.
        UnsafeMutableRawPointer(base + Int(truncatingIfNeeded: pfn << 12) + line * Self.lineBytes)
            .initializeMemory(as: UInt64.self, repeating: 0, count: Self.lineBytes / 8)
    }
}
