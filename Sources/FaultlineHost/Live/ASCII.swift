extension UInt64 {
    /// A number in ASCII digits, all of `text`; nil where it is not one or is too large.
    init?(ascii text: some Collection<UInt8>, radix: UInt64 = 10) {
        guard !text.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in text {
            let digit: UInt64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte - UInt8(ascii: "a")) + 10
            default: return nil
            }
            guard digit < radix else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            guard !overflow else { return nil }
            value = product &+ digit
        }
        self = value
    }

    /// Lower-case hexadecimal digits without a prefix.
    var hexadecimal: String { String(self, radix: 16) }
}
