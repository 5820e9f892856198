/// Numbers with decimals, the same in every locale.
enum Decimals {
    /// Rounded to so many decimals. - Precondition: not negative, and below 10^12.
    static func text(_ value: Double, _ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = UInt64((value * scale).rounded())
        let whole = scaled / UInt64(scale)
        let digits = String(scaled % UInt64(scale))
        return "\(whole)." + String(repeating: "0", count: max(0, decimals - digits.count)) + digits
    }
}
