import Foundation

/// Checks JSON by a schema: the keywords of draft 2020-12 that docs/schema.json uses, and an error for any other.
struct JSONSchema {
    private let root: [String: Any]
    private let definitions: [String: Any]

    init(_ data: Data) throws {
        root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        definitions = root["$defs"] as? [String: Any] ?? [:]
    }

    /// What is wrong with a text of JSON; empty where nothing is.
    func problems(_ json: String) throws -> [String] {
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        return check(value, root, "$")
    }

    private static let annotations: Set<String> = ["$schema", "$defs", "title", "description"]

    private func check(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        schema.sorted { $0.key < $1.key }.flatMap { keyword, rule in
            Self.annotations.contains(keyword) ? [] : check(value, keyword, rule, schema, path)
        }
    }

    private func check(
        _ value: Any, _ keyword: String, _ rule: Any, _ schema: [String: Any], _ path: String
    ) -> [String] {
        switch (keyword, rule) {
        case ("$ref", let name as String):
            guard let target = definitions[String(name.dropFirst("#/$defs/".count))] as? [String: Any] else {
                return ["the schema has no \(name)"]
            }
            return check(value, target, path)
        case ("oneOf", let choices as [[String: Any]]):
            let results = choices.map { check(value, $0, path) }
            if results.count(where: \.isEmpty) == 1 { return [] }
            return results.min { $0.count < $1.count }.map { $0.isEmpty ? ["\(path): more than one form fits"] : $0 }
                ?? []
        case ("type", let type as String): return Self.isType(value, type) ? [] : ["\(path): is no \(type)"]
        case ("const", _): return same(value, rule) ? [] : ["\(path): is not \(rule)"]
        case ("enum", let values as [Any]):
            return values.contains { same(value, $0) } ? [] : ["\(path): is none of \(values)"]
        case ("minimum", let least as NSNumber):
            guard let number = value as? NSNumber else { return [] }
            // compare() of a number that was read with all its digits, and of an integer, says nonsense.
            return number.doubleValue < least.doubleValue ? ["\(path): \(number) is below \(least)"] : []
        case ("pattern", let pattern as String):
            guard let text = value as? String else { return [] }
            return text.range(of: pattern, options: .regularExpression) == nil
                ? ["\(path): '\(text)' has another form"] : []
        case ("items", let items as [String: Any]):
            return (value as? [Any] ?? []).enumerated().flatMap { check($1, items, "\(path)[\($0)]") }
        case ("required", let names as [String]):
            guard let object = value as? [String: Any] else { return [] }
            return names.filter { object[$0] == nil }.map { "\(path): has no \($0)" }
        case ("properties", let properties as [String: Any]):
            guard let object = value as? [String: Any] else { return [] }
            return object.flatMap { name, member in
                (properties[name] as? [String: Any]).map { check(member, $0, "\(path).\(name)") } ?? []
            }
        case ("additionalProperties", _): return additional(value, rule, schema, path)
        default: return ["the schema has '\(keyword)', which this checker does not know"]
        }
    }

    private func additional(_ value: Any, _ rule: Any, _ schema: [String: Any], _ path: String) -> [String] {
        let known = Set((schema["properties"] as? [String: Any] ?? [:]).keys)
        let others = (value as? [String: Any] ?? [:]).filter { !known.contains($0.key) }
        if let rule = rule as? [String: Any] { return others.flatMap { check($1, rule, "\(path).\($0)") } }
        return (rule as? Bool) == false ? others.keys.map { "\(path): \($0) is not described" } : []
    }

    private func same(_ a: Any, _ b: Any) -> Bool { (a as? NSObject) == (b as? NSObject) }

    private static func isType(_ value: Any, _ type: String) -> Bool {
        let isBoolean = (value as? NSNumber).map { String(cString: $0.objCType) } == "c"
        return switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": isBoolean
        case "number": !isBoolean && value is NSNumber
        case "integer": !isBoolean && (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } == true
        default: false
        }
    }
}
