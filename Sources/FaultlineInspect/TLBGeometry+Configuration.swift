import Faultline

/// A file that describes TLBs: one JSON object.
///
///     {
///       "comment": "a Zen 3 with half the second level",
///       "preset": "zen3",
///       "l2x4K": { "sets": 128, "ways": 8, "replacement": "plru" },
///       "hasUnifiedL2": true
///     }
///
/// - `preset` names what to start from (``TLBGeometry/presets``); without it there is no array that the file does not give.
/// - Each array of ``TLBGeometry/Array`` by its name (`l1i4K` ... `pml4e`): `sets` (0 for none), `ways`, `replacement` (`lru` or
///   `plru`). Missing keys come from the preset; without one `sets` and `ways` must be given, and `replacement` is `plru`.
/// - `hasUnifiedL2`: 2 MiB translations lie in `l2x4K`, among those of 4 KiB, and there is no `l2x2M`; true if left out.
/// - `comment` is for people.
extension TLBGeometry {
    /// Reads a configuration file's text.
    ///
    /// What the arrays must fulfil to be built (``TLBConfigurationError``) is checked when a machine is made.
    ///
    /// - Throws: ``TLBFileError``, which names the line, the field and the rule.
    public init(configuration text: String) throws(TLBFileError) {
        let root: JSONValue
        do { root = try JSONParser.parse(text) } catch {
            throw TLBFileError(line: error.line, column: error.column, field: nil, rule: error.message)
        }
        guard case .object(let members) = root.content else {
            throw TLBFileError(root, nil, "must be one JSON object, is \(root.kind)")
        }
        let reader = ConfigurationReader(members: members)
        try reader.checkNames(Self.fieldNames, parent: nil)
        let base = try Self.basis(reader)
        self = base ?? TLBGeometry([:])
        if let value = reader["hasUnifiedL2"] { hasUnifiedL2 = try value.bool("hasUnifiedL2") }
        for array in Array.allCases {
            guard let value = reader[array.name] else { continue }
            self[array] = try value.shape(array.name, base: base?[array])
        }
        if hasUnifiedL2, self[.l2x2M].sets != 0 {
            throw TLBFileError(
                reader["l2x2M"] ?? root, "l2x2M",
                "must be absent where hasUnifiedL2 is true: 2 MiB translations lie in l2x4K then")
        }
    }

    private static let fieldNames = ["comment", "preset", "hasUnifiedL2"] + Array.allCases.map(\.name)

    private static func basis(_ reader: ConfigurationReader) throws(TLBFileError) -> TLBGeometry? {
        if let comment = reader["comment"] { _ = try comment.string("comment") }
        guard let value = reader["preset"] else { return nil }
        let name = try value.string("preset")
        guard let geometry = preset(name) else {
            let names = presets.map(\.name).joined(separator: ", ")
            throw TLBFileError(value, "preset", "there is no '\(name)'; there are: \(names)")
        }
        return geometry
    }
}

/// What is wrong with a configuration file of TLBs.
public struct TLBFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// The column, from 1, where the file is not JSON.
    public let column: Int?
    /// The field, such as `l1d4K.sets`; nil for the file as a whole.
    public let field: String?
    /// The rule that it breaks.
    public let rule: String

    /// What is wrong and what to do about it, for the user.
    public var description: String {
        let place = "line \(line)" + (column.map { ", column \($0)" } ?? "")
        return "\(place): " + (field.map { "\($0): " } ?? "") + rule
    }
}

extension TLBFileError {
    fileprivate init(_ value: JSONValue, _ field: String?, _ rule: String) {
        self.init(line: value.line, column: nil, field: field, rule: rule)
    }
}

/// The members of an object.
private struct ConfigurationReader {
    let members: [JSONValue.Member]

    subscript(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }

    func checkNames(_ allowed: [String], parent: String?) throws(TLBFileError) {
        var seen: Set<String> = []
        for member in members {
            let field = parent.map { "\($0).\(member.name)" } ?? member.name
            if !allowed.contains(member.name) {
                throw TLBFileError(
                    line: member.line, column: nil, field: field,
                    rule: "there is no such field; there are: \(allowed.joined(separator: ", "))")
            }
            if !seen.insert(member.name).inserted {
                throw TLBFileError(line: member.line, column: nil, field: field, rule: "must stand there once")
            }
        }
    }
}

extension JSONValue {
    fileprivate func string(_ field: String) throws(TLBFileError) -> String {
        if case .string(let text) = content { return text }
        throw TLBFileError(self, field, "must be a string, is \(kind)")
    }

    fileprivate func bool(_ field: String) throws(TLBFileError) -> Bool {
        if case .bool(let value) = content { return value }
        throw TLBFileError(self, field, "must be true or false, is \(kind)")
    }

    fileprivate func number(_ field: String, upTo limit: UInt32) throws(TLBFileError) -> UInt32 {
        guard case .number(let text) = content else {
            throw TLBFileError(self, field, "must be a whole number from 0 to \(limit), is \(kind)")
        }
        guard let number = UInt32(text), number <= limit else {
            throw TLBFileError(self, field, "must be a whole number from 0 to \(limit), is \(text.prefix(32))")
        }
        return number
    }

    fileprivate func shape(
        _ name: String, base: TLBGeometry.Shape?
    ) throws(TLBFileError) -> TLBGeometry.Shape {
        guard case .object(let members) = content else {
            throw TLBFileError(self, name, "must be an object with sets, ways and replacement, is \(kind)")
        }
        let reader = ConfigurationReader(members: members)
        try reader.checkNames(["sets", "ways", "replacement"], parent: name)
        var shape = base ?? .none
        if let value = reader["sets"] {
            shape.sets = try value.number("\(name).sets", upTo: 65536)
        } else if base == nil {
            throw TLBFileError(self, "\(name).sets", "must be given: there is no preset to take it from")
        }
        if let value = reader["ways"] {
            shape.ways = try value.number("\(name).ways", upTo: 128)
        } else if base == nil, shape.sets != 0 {
            throw TLBFileError(self, "\(name).ways", "must be given: there is no preset to take it from")
        }
        if let value = reader["replacement"] {
            guard let policy = TLBGeometry.Replacement(rawValue: try value.string("\(name).replacement")) else {
                throw TLBFileError(value, "\(name).replacement", "must be lru or plru")
            }
            shape.replacement = policy
        }
        return shape
    }
}
