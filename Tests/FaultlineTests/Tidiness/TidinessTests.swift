import Testing

/// The rules of the house that a machine can check. Those of the layers are in ``LayersTests``.
struct TidinessTests {
    private static let everything: [(folder: String, extensions: Set<String>)] = [
        ("Sources", ["swift", "c", "h", "S"]), ("CShim", ["c", "h", "S"]), ("CHost", ["c", "h", "S"]),
        ("CWindow", ["c", "h"]), ("CExec", ["c", "h", "S"]),
        ("Tests", ["swift", "c", "h"]), ("Package.swift", ["swift"]),
    ]

    private static func files() throws -> [SourceFile] {
        try everything.flatMap { try SourceFile.all($0.folder, $0.extensions) }
    }

    @Test("in the kernel module, CShim is imported by Hardware, Frames and Physical alone")
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

    @Test("every declaration is used somewhere")
    func nothingIsDead() throws {
        for dead in try DeadDeclarations.find() { Issue.record("\(dead)") }
    }

    @Test("no file has a turn of phrase that plain English does without")
    func wordsArePlain() throws {
        for found in try BannedWords.find() { Issue.record("\(found)") }
    }

    @Test("banned phrases are found in capitals too, and over the end of a line")
    func findsPhrases() {
        #expect(BannedWords.find(in: "Who" + "ever\nreads it\nis one of what\nis left").count == 2)
        #expect(BannedWords.find(in: "the page tables that are left").isEmpty)
    }

    @Test("the length of a function is that of its body, and a declaration has none")
    func measuresFunctions() {
        let swift = SourceFile(
            path: "a.swift", text: "protocol P { func a() }\nfunc b(_ x: Int) {\n  if x > 0 {\n  }\n}\ninit() { }\n")
        #expect(FunctionLengths.of(swift).map(\.lines) == [4, 1])
        let c = SourceFile(path: "a.c", text: "int a(void);\nstatic int b(int x) {\n  return x;\n}\n")
        #expect(FunctionLengths.of(c).map(\.lines) == [3])
    }
}
