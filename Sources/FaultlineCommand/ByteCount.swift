/// A number of bytes as a user writes it: `4096`, `64K`, `1G`.
struct ByteCount {
    let bytes: UInt64

    private static let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]

    /// Nil where the text is no number, or its bytes do not fit in 64 bits.
    init?(_ text: some StringProtocol) {
        let unit = text.last.flatMap { Self.units[$0] }
        guard let number = UInt64(unit == nil ? String(text) : String(text.dropLast())) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        if overflow { return nil }
        self.bytes = bytes
    }
}
