import Foundation

/// Turns of phrase that plain English does without. Most put a clause in the place of a noun.
enum BannedWords {
    /// In lower case, with what to write instead. A blank also stands for the end of a line.
    private static let phrases: [(phrase: [UInt8], remedy: String)] = [
        (" of what ", "name the thing"), ("what it makes of", "say what it does"),
        (" is for others", "name the others"),
        (" are for others", "name the others"), ("whoever", "name who"), (" come to a ", "becomes, reaches"),
        (" comes to a ", "becomes, reaches"), (" comes to be", "becomes"), (" it comes to", "the outcome"),
        ("ess comes to", "the outcome"), ("call comes to", "the outcome"), (" is told.", "reported"),
        (" is told of", "reported"), (" is told with", "reported"), (" is told so", "reported"),
        (" is told as", "reported"), (" are told as", "reported"), (" was told", "reported"),
        ("held against", "compared with"),
        (" wished for", "asked for"), ("set out for the disk", "writeback started"), ("made its exit", "exited"),
        ("without their asking", "say who looks"), (" under way to be ", "will be"),
        ("one that comes again", "a repeated one"),
    ].map { (Array($0.0.utf8), $0.1) }

    /// Each with its place and what to write in its stead.
    static func find() throws -> [String] {
        let kinds: Set<String> = ["swift", "c", "h", "S", "md"]
        let files = try [
            "Sources", "CShim", "CHost", "CWindow", "CExec", "Tests", "docs", "README.md", "CONTRIBUTING.md",
        ]
        .flatMap {
            try SourceFile.all($0, kinds)
        }
        return files.filter { !$0.path.hasSuffix("BannedWords.swift") }.flatMap { file in
            find(in: file.text).map { "\(file.path):\($0)" }
        }
    }

    static func find(in text: String) -> [String] {
        var bytes = Array(text.utf8)
        for index in bytes.indices where bytes[index] >= 65 && bytes[index] <= 90 { bytes[index] |= 32 }
        let blanked = Data(bytes.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 })
        return phrases.flatMap { phrase, remedy in
            places(of: Data(phrase), in: blanked).map { place in
                let line = bytes[..<place].count { $0 == UInt8(ascii: "\n") } + 1
                return "\(line): `\(String(decoding: phrase, as: UTF8.self))`: \(remedy)"
            }
        }
    }

    private static func places(of phrase: Data, in text: Data) -> [Int] {
        var places: [Int] = []
        var start = 0
        while let found = text.range(of: phrase, in: start..<text.count) {
            places.append(found.lowerBound)
            start = found.upperBound
        }
        return places
    }
}
