extension Refusal {
    /// The sentence of a rule. A figure is written as `\("charge", .pages(n))`: it becomes a part of the text and a field, so
    /// that neither can be without the other.
    public struct Message: ExpressibleByStringInterpolation, Sendable {
        /// The sentence.
        public let text: String
        /// Its figures.
        public let fields: [Field]

        /// A sentence without figures.
        public init(stringLiteral value: String) {
            text = value
            fields = []
        }

        /// A sentence with figures.
        public init(stringInterpolation: StringInterpolation) {
            text = stringInterpolation.text
            fields = stringInterpolation.fields
        }

        /// Collects text and figures.
        public struct StringInterpolation: StringInterpolationProtocol, Sendable {
            var text = ""
            var fields: [Field] = []

            /// Makes room.
            public init(literalCapacity: Int, interpolationCount: Int) {
                text.reserveCapacity(literalCapacity + interpolationCount * 12)
                fields.reserveCapacity(interpolationCount)
            }

            /// Text between the figures.
            public mutating func appendLiteral(_ literal: String) { text += literal }

            /// A figure with its name.
            public mutating func appendInterpolation(_ name: String, _ value: Value) {
                text += value.text
                fields.append(Field(name: name, value: value))
            }

            /// Words that are no figure.
            public mutating func appendInterpolation(words: String) { text += words }
        }
    }
}

extension Refusal.Value {
    /// For a reader: `13,631,488K`, `0x1000`, `100000000000-100000002000`.
    public var text: String {
        switch self {
        case .bytes(let bytes): Self.size(bytes)
        case .pages(let pages): Self.grouped(pages &* 4) + "K"
        case .address(let address), .bits(let address): "0x" + String(address, radix: 16)
        case .range(let start, let end): String(start, radix: 16) + "-" + String(end, radix: 16)
        case .count(let count): (count < 0 ? "-" : "") + Self.grouped(count.magnitude)
        case .name(let name): name
        }
    }

    /// What the number counts; nil for a name.
    public var unit: String? {
        switch self {
        case .bytes, .pages: "bytes"
        case .address: "address"
        case .range: "addresses"
        case .bits: "bits"
        case .count: "count"
        case .name: nil
        }
    }

    /// The number in its ``unit``; nil for a name and a range, and where it is more than 64 bits hold.
    public var number: UInt64? {
        switch self {
        case .bytes(let number), .address(let number), .bits(let number): number
        case .pages(let pages):
            pages.multipliedReportingOverflow(by: 4096).overflow ? nil : pages &* 4096
        case .count(let count): count < 0 ? nil : UInt64(count)
        case .range, .name: nil
        }
    }

    /// KiB where the bytes are whole ones.
    private static func size(_ bytes: UInt64) -> String {
        if bytes == .max { return "unlimited" }
        return bytes & 1023 == 0 ? grouped(bytes >> 10) + "K" : grouped(bytes) + (bytes == 1 ? " byte" : " bytes")
    }

    /// Digits in groups of three.
    private static func grouped(_ number: UInt64) -> String {
        let digits = Array(String(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }
}
