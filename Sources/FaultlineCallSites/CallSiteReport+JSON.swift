extension CallSiteReport {
    /// The same for machines (RFC 8259): `total` and `lost` by kind, and `sites`, each with `counts`, the range of addresses `touched`, and
    /// its `frames` from the innermost. Addresses are strings such as `"0x7f00"`; kinds without faults are left out.
    public var json: String {
        let all = sites.map(Self.json).joined(separator: ",\n")
        return """
            {"total": \(Self.json { total($0) }), "lost": \(Self.json { lost[Int($0.rawValue)] }), "sites": [
            \(all)
            ]}

            """
    }

    private static func json(_ count: (FaultKind) -> UInt64) -> String {
        let members = FaultKind.allCases.filter { count($0) > 0 }.map { "\"\($0.name)\": \(count($0))" }
        return "{" + members.joined(separator: ", ") + "}"
    }

    private static func json(_ site: Site) -> String {
        let touched =
            "{\"first\": \(address(site.site.touched.lowerBound)), \"last\": \(address(site.site.touched.upperBound))}"
        let frames = zip(site.site.frames, site.symbols).map(json).joined(separator: ",\n  ")
        return "{\"counts\": \(json(site.site.count)), \"touched\": \(touched), "
            + "\"may_be_incomplete\": \(site.site.mayBeIncomplete), \"cut\": \(site.site.isCut), \"frames\": [\n  \(frames)]}"
    }

    private static func json(_ frame: CallSite.Frame, _ symbol: Symbol) -> String {
        var members = ["\"address\": \(address(frame.address))"]
        if let object = symbol.object {
            members.append("\"object\": \(quoted(object))")
            members.append("\"object_offset\": \(address(symbol.objectOffset))")
        }
        if let function = symbol.function {
            members.append("\"function\": \(quoted(function))")
            members.append("\"function_offset\": \(address(symbol.functionOffset))")
        }
        if let file = symbol.file { members.append("\"file\": \(quoted(file)), \"line\": \(symbol.line)") }
        if frame.isGuessed { members.append("\"guessed\": true") }
        return "{" + members.joined(separator: ", ") + "}"
    }

    private static func address(_ number: UInt64) -> String { "\"\(Symbol.hexadecimal(number))\"" }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
