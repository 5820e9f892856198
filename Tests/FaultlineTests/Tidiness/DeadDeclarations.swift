/// Declarations of the sources whose name stands nowhere else.
enum DeadDeclarations {
    /// Called by the compiler, or by a library, and by name nowhere.
    private static let calledByOthers: Set<Substring> = [
        "appendLiteral", "UNW_LOCAL_ONLY", "_GNU_SOURCE",
    ]

    static func find() throws -> [String] {
        let swift = try SourceFile.all("Sources")
        let c = try ["Sources", "CShim", "CHost", "CWindow", "CExec"].flatMap {
            try SourceFile.all($0, ["c", "h", "S"])
        }
        let tests = try SourceFile.all("Tests", ["swift", "c", "h"])
        var uses: [Substring: Int] = [:]
        for file in swift + c + tests {
            for name in names(file.code) { uses[name, default: 0] += 1 }
        }
        return swift.flatMap { dead($0, uses) } + deadInC(c, uses)
    }

    /// The identifiers and keywords of a piece of code.
    private static func names(_ code: String) -> [Substring] {
        code.utf8.split { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                false
            default: true
            }
        }.map(Substring.init)
    }

    private static func dead(_ file: SourceFile, _ uses: [Substring: Int]) -> [String] {
        // The cases of an enum with raw values are a table of these values, made by the number or the text.
        let declaration =
            /(?m)^(?<before>[^\n"(){}=]*?)\b(?:func|var|let|struct|enum|class|protocol|typealias) `?(?<name>[A-Za-z_]\w*)/
        return file.code.matches(of: declaration.wordBoundaryKind(.simple)).compactMap { match in
            guard uses[match.name] == 1, !calledByOthers.contains(match.name) else { return nil }
            return "\(file.path): \(match.name) is used nowhere"
        }
    }

    /// A function of C is declared in a header and defined once; a macro, or a static function, is defined.
    private static func deadInC(_ files: [SourceFile], _ uses: [Substring: Int]) -> [String] {
        var names: [Substring: (path: String, declarations: Int)] = [:]
        let declaration = /(?m)^(?:#define ([A-Za-z_]\w*)|(?:[a-z_]\w*[ *]+)+([a-z_]\w*)\()/
        for file in files {
            for match in file.code.matches(of: declaration.wordBoundaryKind(.simple)) {
                guard let name = match.1 ?? match.2 else { continue }
                names[name, default: (file.path, 0)].declarations += 1
            }
        }
        // Names that the preprocessor puts together are not written out where they are used.
        let pasted = files.flatMap { $0.code.matches(of: /\b(\w+)##/.wordBoundaryKind(.simple)).map(\.1) }
        return names.sorted { $0.key < $1.key }.compactMap { name, place in
            guard uses[name] == place.declarations, !calledByOthers.contains(name),
                !pasted.contains(where: name.hasPrefix)
            else { return nil }
            return "\(place.path): \(name) is used nowhere"
        }
    }
}
