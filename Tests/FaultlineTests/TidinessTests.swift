import Foundation
import Testing

/// The rules of the house that a machine can check.
struct TidinessTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let layers = [
        "Base", "Trace", "Storage", "Hardware", "Frames", "Physical", "LRU", "Tables", "Mapping", "Backing", "Fault",
        "Reclaim", "Process", "Syscalls", "Machine", "Interface",
    ]

    private static func files(_ folder: String) throws -> [(path: String, text: String)] {
        let base = root.appending(path: folder)
        let names = try FileManager.default.subpathsOfDirectory(atPath: base.path).filter { $0.hasSuffix(".swift") }
        return try names.sorted().map { ($0, try String(contentsOf: base.appending(path: $0), encoding: .utf8)) }
    }

    @Test("in the kernel module, CShim is imported by Hardware, Frames and Physical alone")
    func importsCShim() throws {
        for (path, text) in try Self.files("Sources/Faultline") where text.contains("import CShim") {
            #expect(["Hardware/", "Frames/", "Physical/"].contains(where: path.hasPrefix), "\(path)")
        }
    }

    @Test("every file of the kernel module lies in a layer")
    func filesAreInLayers() throws {
        for (path, _) in try Self.files("Sources/Faultline") {
            let folder = path.split(separator: "/").first.map(String.init) ?? ""
            #expect(Self.layers.contains(folder), "\(path)")
        }
    }

    @Test("a type of a lower layer does not name a type of a higher one")
    func layersLookDown() throws {
        // The machine owns all parts, and handles are typed by what they refer to: these two look up on purpose.
        let allowed: Set<String> = ["Mapping/VMArea.swift", "Mapping/PageRecord+Owner.swift"]
        let files = try Self.files("Sources/Faultline")
        var rank: [String: Int] = [:]
        let declaration = /(?m)^(?:public |private )?(?:final )?(?:struct|class|enum|protocol) ([A-Z]\w+)/
        for (path, text) in files {
            guard let layer = Self.layers.firstIndex(where: { path.hasPrefix($0 + "/") }) else { continue }
            for match in text.matches(of: declaration) { rank[String(match.1)] = layer }
        }
        let low = ["Base/", "Trace/", "Storage/", "Hardware/", "Frames/", "Physical/"]
        for (path, text) in files where low.contains(where: path.hasPrefix) && !allowed.contains(path) {
            guard let layer = Self.layers.firstIndex(where: { path.hasPrefix($0 + "/") }) else { continue }
            for match in text.matches(of: /\b[A-Z]\w+\b/) {
                if let other = rank[String(match.0)], other > layer, !Self.isInComment(match.range.lowerBound, text) {
                    Issue.record("\(path) names \(match.0) of \(Self.layers[other])")
                }
            }
        }
    }

    private static func isInComment(_ index: String.Index, _ text: String) -> Bool {
        let start = text[..<index].lastIndex(of: "\n").map(text.index(after:)) ?? text.startIndex
        return text[start..<index].contains("//")
    }

    @Test("every errno of a call names the rule that refused: `throw refuse(.EINVAL, .rule(...))`")
    func errnosNameTheirRule() throws {
        // What makes the first process of a machine, or looks at one, is no call.
        let others = [
            "Machine/Machine+Exec", "Machine/Machine+Initial", "Machine/Machine+Smaps", "Machine/Machine+Status",
        ]
        for (path, text) in try Self.files("Sources/Faultline") where !others.contains(where: path.hasPrefix) {
            for match in text.matches(of: /throw (?:Errno)?\.E[A-Z0-9]+/)
            where !Self.isInComment(match.range.lowerBound, text) {
                Issue.record("\(path): `\(match.0)` gives no reason; see Trace/Refusal.swift")
            }
        }
    }

    @Test("no file is longer than 12 KB")
    func filesAreShort() throws {
        for folder in ["Sources", "Tests"] {
            for (path, text) in try Self.files(folder) { #expect(text.utf8.count <= 12_288, "\(folder)/\(path)") }
        }
    }
}
