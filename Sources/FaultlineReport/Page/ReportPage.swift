import FoundationEssentials

/// The page: one file of HTML with its style, its script and its data, which loads nothing.
///
/// The frame has four places to fill in, so it is filled in by hand: a template library would be a dependency in place of one function.
public struct ReportPage {
    private let document: ReportDocument

    /// A page of a report.
    public init(_ document: ReportDocument) { self.document = document }

    /// The whole page.
    ///
    /// - Throws: what the encoder throws.
    public func html() throws -> [UInt8] {
        let data = Self.withoutMarkup(try Self.json(document))
        return Self.fill(
            PackageResources.report_html,
            [
                "title": Array(Self.escaped(document.title).utf8), "kernel": Array(Self.escaped(document.kernel).utf8),
                "style": PackageResources.report_css, "script": Self.script, "data": data,
            ])
    }

    /// The data as JSON, as the page has it; `isPretty` is for people.
    public func data(isPretty: Bool = false) throws -> [UInt8] { try Self.json(document, isPretty: isPretty) }

    private static var script: [UInt8] {
        PackageResources.model_js + PackageResources.strips_js + PackageResources.pictures_js
            + PackageResources.numbers_js + PackageResources.page_js
    }

    private static func json(_ document: ReportDocument, isPretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return Array(try encoder.encode(document)) + (isPretty ? [UInt8(ascii: "\n")] : [])
    }

    /// JSON that cannot end the element it stands in.
    private static func withoutMarkup(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(UInt8(ascii: "<")) else { return json }
        var result: [UInt8] = []
        result.reserveCapacity(json.count)
        for byte in json {
            if byte == UInt8(ascii: "<") { result += Array("\\u003c".utf8) } else { result.append(byte) }
        }
        return result
    }

    /// Text for HTML.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    /// Puts values into the places `{{name}}` of a frame; what is put in is not looked at again.
    private static func fill(_ frame: [UInt8], _ values: [String: [UInt8]]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = frame[...]
        let brace = UInt8(ascii: "{")
        while let open = rest.indices.first(where: {
            rest[$0] == brace && $0 + 1 < rest.endIndex && rest[$0 + 1] == brace
        }) {
            guard let close = rest[open...].firstIndex(of: UInt8(ascii: "}")) else { break }
            let name = String(decoding: rest[(open + 2)..<close], as: UTF8.self)
            guard let value = values[name] else { preconditionFailure("the frame has no value for {{\(name)}}") }
            result += rest[..<open]
            result += value
            rest = rest[(close + 2)...]
        }
        return result + rest
    }
}
