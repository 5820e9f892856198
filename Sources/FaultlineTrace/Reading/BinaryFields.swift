/// Fields of binary records, which are little-endian.
extension UnsafeRawBufferPointer {
    /// - Precondition: the bytes are within the buffer.
    @inline(__always)
    func field<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Number.Type) -> Number {
        // SAFETY: the precondition; readers go from record to record below `count`.
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
