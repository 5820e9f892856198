/// The same members as ``CallSiteReport/json``, for reports that have this one in them.
extension CallSiteReport: Encodable {
    private struct Touched: Encodable {
        let first, last: String
    }

    private struct Frame: Encodable {
        let address: String
        let object: String?
        let objectOffset: String?
        let function: String?
        let functionOffset: String?
        let file: String?
        let line: UInt32?
        let guessed: Bool?

        enum CodingKeys: String, CodingKey {
            case address, object, function, file, line, guessed
            case objectOffset = "object_offset"
            case functionOffset = "function_offset"
        }

        init(_ frame: CallSite.Frame, _ symbol: Symbol) {
            address = Symbol.hexadecimal(frame.address)
            object = symbol.object
            objectOffset = symbol.object.map { _ in Symbol.hexadecimal(symbol.objectOffset) }
            function = symbol.function
            functionOffset = symbol.function.map { _ in Symbol.hexadecimal(symbol.functionOffset) }
            file = symbol.file
            line = symbol.file.map { _ in symbol.line }
            guessed = frame.isGuessed ? true : nil
        }
    }

    private struct Row: Encodable {
        let counts: [String: UInt64]
        let touched: Touched
        let mayBeIncomplete, cut: Bool
        let frames: [Frame]

        enum CodingKeys: String, CodingKey {
            case counts, touched, cut, frames
            case mayBeIncomplete = "may_be_incomplete"
        }

        init(_ site: Site) {
            counts = CallSiteReport.members(site.site.count)
            touched = Touched(
                first: Symbol.hexadecimal(site.site.touched.lowerBound),
                last: Symbol.hexadecimal(site.site.touched.upperBound))
            mayBeIncomplete = site.site.mayBeIncomplete
            cut = site.site.isCut
            frames = zip(site.site.frames, site.symbols).map(Frame.init)
        }
    }

    private enum Key: String, CodingKey {
        case total, lost, sites
    }

    /// Encodes all sites.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Self.members { total($0) }, forKey: .total)
        try container.encode(Self.members { lost[Int($0.rawValue)] }, forKey: .lost)
        try container.encode(sites.map(Row.init), forKey: .sites)
    }

    private static func members(_ count: (FaultKind) -> UInt64) -> [String: UInt64] {
        Dictionary(
            uniqueKeysWithValues: FaultKind.allCases.filter { count($0) > 0 }.map { ($0.name, count($0)) })
    }
}
