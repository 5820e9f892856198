import CShim

extension FrameTable {
    /// Frames have lines of 64 bytes; a page record has a bit for each line that is real, in the host's memory. What is not real is
    /// as the record's ``CompactContents`` say.
    private static var lineBytes: Int { 64 }

    /// The byte at a physical address. Precondition: inside RAM.
    @inline(__always)
    func byte(_ address: PhysicalAddress) -> UInt8 {
        let record = page(address >> 12)
        guard record.pointee.lines >> (address >> 6 & 63) & 1 != 0 else {
            return CompactContents(record).byte(address & 4095)
        }
        // SAFETY: see the precondition.
        return base[Int(truncatingIfNeeded: address)]
    }

    /// Writes a byte. Precondition: inside RAM.
    @inline(__always)
    func setByte(_ address: PhysicalAddress, _ value: UInt8) {
        let record = page(address >> 12)
        if record.pointee.lines >> (address >> 6 & 63) & 1 == 0 {
            // A page that has real lines costs the host its memory already.
            if record.pointee.lines == 0, CompactContents(record).setByte(address & 4095, value) { return }
            makeReal(address >> 12, Int(truncatingIfNeeded: address >> 6 & 63))
        }
        // SAFETY: see the precondition.
        base[Int(truncatingIfNeeded: address)] = value
    }

    /// Copies a frame's contents.
    ///
    /// Per-CPU lists hand out last what was freed first, so frames that are copied one after the other lie mostly from high to low. A host
    /// fetches ahead in the direction in which it is read: such frames are copied from their ends, a third faster.
    @inline(__always)
    func copyFrame(from source: PFN, to target: PFN) {
        var lines = page(source).pointee.lines
        CompactContents.copy(page(source), to: page(target))
        page(target).pointee.lines = lines
        if lines == 0 { return }
        if lines == .max { CompactContents.reset(page(target)) }
        noteRealFrame()
        // SAFETY: both frames lie in RAM.
        let from = base + Int(truncatingIfNeeded: source << 12)
        let to = base + Int(truncatingIfNeeded: target << 12)
        let isDescending = target < host.pointee.lastCopy
        host.pointee.lastCopy = target
        // What is copied beside real lines is not read, and the host gives whole pages.
        if lines.nonzeroBitCount >= 32 {
            if isDescending { fl_copy_from_end(to, from) } else { to.update(from: from, count: 4096) }
            return
        }
        while lines != 0 {
            let offset = lines.trailingZeroBitCount * Self.lineBytes
            (to + offset).update(from: from + offset, count: Self.lineBytes)
            lines &= lines &- 1
        }
    }

    /// Makes a frame read zero.
    func zeroFrame(_ pfn: PFN) { setUniform(pfn, 0) }

    /// Fills a frame with one byte.
    func setUniform(_ pfn: PFN, _ byte: UInt8) {
        if page(pfn).pointee.lines == .max, fillShown(pfn, byte) { return }
        page(pfn).pointee.lines = 0
        CompactContents.reset(page(pfn), to: byte)
    }

    /// The byte that a frame is full of, as far as that is known without a look at every byte.
    func uniformByte(_ pfn: PFN) -> UInt8? {
        let contents = CompactContents(page(pfn))
        return page(pfn).pointee.lines == 0 && contents.count == 0 ? contents.background : nil
    }

    /// Sets a part of a frame to one byte. Precondition: the part lies inside the frame.
    func fill(_ pfn: PFN, offset: Int, length: Int, byte: UInt8) {
        precondition(offset >= 0 && length >= 0 && offset + length <= 4096, "a part lies inside its frame")
        if length == 4096 { return setUniform(pfn, byte) }
        if length <= CompactContents.capacity {
            for place in offset..<offset + length { setByte(pfn << 12 + UInt64(place), byte) }
            return
        }
        let contents = CompactContents(page(pfn))
        for line in (offset >> 6)...((offset + length - 1) >> 6) {
            let isReal = page(pfn).pointee.lines >> UInt64(line) & 1 != 0
            if !isReal, contents.background == byte, contents.isPlain(line: line) { continue }
            makeReal(pfn, line)
            let first = max(offset, line << 6)
            let end = min(offset + length, (line + 1) << 6)
            // SAFETY: see the precondition.
            UnsafeMutableRawPointer(base + Int(truncatingIfNeeded: pfn << 12) + first)
                .initializeMemory(as: UInt8.self, repeating: byte, count: end - first)
        }
    }

    /// Writes bytes into a frame. Precondition: they lie inside it.
    func write(_ bytes: ArraySlice<UInt8>, to pfn: PFN, offset: Int = 0) {
        for (index, byte) in bytes.enumerated() { setByte(pfn << 12 + UInt64(offset + index), byte) }
    }

    /// Copies bytes from one frame to another. Precondition: they lie inside both.
    func copyBytes(from source: PFN, offset from: Int, to target: PFN, offset: Int, count: Int) {
        if count == 4096 { return copyFrame(from: source, to: target) }
        if let byte = uniformByte(source) { return fill(target, offset: offset, length: count, byte: byte) }
        let first = source << 12 + UInt64(from)
        for index in 0..<count { setByte(target << 12 + UInt64(offset + index), byte(first + UInt64(index))) }
    }

    /// A frame's whole contents, made real for those who copy them out or in.
    func contents(_ pfn: PFN) -> UnsafeMutablePointer<UInt64> {
        var missing = ~page(pfn).pointee.lines
        while missing != 0 {
            makeReal(pfn, missing.trailingZeroBitCount)
            missing &= missing &- 1
        }
        return table(pfn)
    }

    @inline(never)
    private func makeReal(_ pfn: PFN, _ line: Int) {
        let record = page(pfn)
        guard record.pointee.lines >> UInt64(line) & 1 == 0 else { return }
        if record.pointee.lines == 0 { noteRealFrame() }
        record.pointee.lines |= 1 << UInt64(line)
        // SAFETY: a line of a frame inside RAM.
        let place = base + Int(truncatingIfNeeded: pfn << 12) + line * Self.lineBytes
        CompactContents(record).write(line: line, to: place)
    }
}
