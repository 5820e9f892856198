import CShim

/// Frames whose contents are all real, as those of the kernel's own memory are: read and written without a look at each line.
extension FrameTable {
    /// Makes all lines of a frame real, each reading zero.
    func makeWhole(_ pfn: PFN) {
        noteRealFrame()
        table(pfn).update(repeating: 0, count: 512)
        page(pfn).pointee.lines = .max
    }

    /// The aligned word at a physical address. Precondition: its frame is whole.
    @inline(__always)
    func word(_ address: PhysicalAddress) -> UInt64 { wordPlace(address).pointee }

    /// Writes the aligned word at a physical address. Precondition: its frame is whole.
    @inline(__always)
    func setWord(_ address: PhysicalAddress, _ value: UInt64) { wordPlace(address).pointee = value }

    @inline(__always)
    private func wordPlace(_ address: PhysicalAddress) -> UnsafeMutablePointer<UInt64> {
        // SAFETY: the caller has compared the address with the frames that it owns; words are aligned.
        UnsafeMutableRawPointer(base + Int(truncatingIfNeeded: address)).assumingMemoryBound(to: UInt64.self)
    }

    /// Fills bytes of whole frames that lie side by side.
    func setBytes(_ address: PhysicalAddress, count: Int, to byte: UInt8) {
        precondition(count >= 0 && address + UInt64(count) <= endFrame << 12, "bytes lie in RAM")
        // SAFETY: see the precondition; the frames are whole.
        (base + Int(truncatingIfNeeded: address)).update(repeating: byte, count: count)
    }
}
