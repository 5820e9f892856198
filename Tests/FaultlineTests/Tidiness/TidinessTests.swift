import Testing

/// The rules of the house that a machine can check. Those of the layers are in ``LayersTests``.
struct TidinessTests {
    private static let everything: [(folder: String, extensions: Set<String>)] = [
        ("Sources", ["swift", "c", "h", "S"]), ("CShim", ["c", "h", "S"]), ("CHost", ["c", "h", "S"]),
        ("Tests", ["swift", "c", "h"]), ("Package.swift", ["swift"]),
    ]

    private static func files() throws -> [SourceFile] {
        try everything.flatMap { try SourceFile.all($0.folder, $0.extensions) }
    }

    @Test("in the kernel module, CShim is imported by Hardware and Physical alone")
    func importsCShim() throws {
        for file in try SourceFile.all("Sources/Faultline") where file.code.contains("import CShim") {
            let layer = file.layer ?? ""
            #expect(["Hardware", "Frames", "Physical"].contains(layer), "\(file.path)")
        }
    }

    @Test("every errno of a call names the rule that refused: `throw refuse(.EINVAL, .rule(...))`")
    func errnosNameTheirRule() throws {
        // What makes the first process of a machine, or looks at one, is no call.
        let others = ["Machine+Exec", "Machine+Initial", "Machine+Smaps", "Machine+Status"]
        for file in try SourceFile.all("Sources/Faultline")
        where !others.contains(where: file.path.dropFirst("Sources/Faultline/Machine/".count).hasPrefix) {
            for match in file.code.matches(of: /throw (?:Errno)?\.E[A-Z0-9]+/) {
                Issue.record("\(file.path): `\(match.0)` gives no reason; see Trace/Refusal.swift")
            }
        }
    }

    @Test("no file is longer than 12 KB")
    func filesAreShort() throws {
        for file in try Self.files() { #expect(file.text.utf8.count <= 12_288, "\(file.path)") }
    }

    @Test("no function is longer than 70 lines")
    func functionsAreShort() throws {
        for file in try Self.files() {
            for function in FunctionLengths.of(file) where function.lines > FunctionLengths.limit {
                Issue.record("\(file.path): \(function.name) has \(function.lines) lines")
            }
        }
    }
}
