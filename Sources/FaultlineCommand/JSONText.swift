import FoundationEssentials

/// JSON as the commands print it: names in order, so that equal values are equal texts.
enum JSONText {
    /// For people and for files.
    static func pretty(_ value: some Encodable) throws -> String { try text(value, [.prettyPrinted]) }

    /// On one line.
    static func line(_ value: some Encodable) throws -> String { try text(value, []) }

    private static func text(_ value: some Encodable, _ options: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = options.union([.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
