/// Padding to a width that a format gives, as those of /proc and of crash do. Where the rows decide the width, ``TextTable`` does it.
extension String {
    /// The text at the right end of a column.
    package func right(_ width: Int) -> String { String(repeating: " ", count: max(width - count, 0)) + self }

    /// The text at the left end of a column.
    package func left(_ width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
}

extension BinaryInteger {
    /// In hexadecimal, with zeros in front up to a width.
    func hex(_ width: Int = 0) -> String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// In decimal, at the right end of a column.
    package func right(_ width: Int) -> String { String(self).right(width) }
}
