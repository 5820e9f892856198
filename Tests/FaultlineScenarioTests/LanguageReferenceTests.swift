import Foundation
import Testing

@testable import FaultlineScenario

/// The reference is made from the tables, and docs/LANGUAGE.md is what the program prints.
@Suite struct LanguageReferenceTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/LANGUAGE.md")

    @Test func theDocumentIsWhatTheCommandPrints() throws {
        let document = try String(contentsOf: Self.file, encoding: .utf8)
        // The command ends its output with one more newline.
        #expect(
            document == LanguageReference.text + "\n",
            "docs/LANGUAGE.md is stale: make it anew with `faultline help language >docs/LANGUAGE.md`")
    }

    @Test func theDocumentOfTracesIsWhatTheCommandPrints() throws {
        let file = Self.file.deletingLastPathComponent().appending(path: "EVENTS.md")
        let document = try String(contentsOf: file, encoding: .utf8)
        #expect(
            document == TraceReference.text + "\n",
            "docs/EVENTS.md is stale: make it anew with `faultline help events >docs/EVENTS.md`")
    }

    @Test func everyCallAndEveryConstantIsInIt() {
        for call in CallTable.definitions { #expect(LanguageReference.text.contains("`\(call.signature)`")) }
        for constant in ScenarioConstant.names { #expect(LanguageReference.text.contains("`\(constant)`")) }
    }

    @Test func oneCallHasAnEntryOfItsOwn() throws {
        let entry = try #require(LanguageReference.text(of: "mincore"))
        #expect(entry.hasPrefix("#### `mincore(addr, len)`\n"))
        #expect(entry.contains("is written `ok`"))
        #expect(LanguageReference.text(of: "mincor") == nil)
    }
}
