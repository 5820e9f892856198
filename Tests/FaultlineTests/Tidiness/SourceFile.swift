import Foundation

/// A file of the project, as the tests of tidiness read it.
struct SourceFile {
    /// Below the project's root.
    let path: String
    let text: String
    /// The text without comments and without the contents of string literals; what they interpolate stays, and so do line breaks.
    let code: String

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every file that the tests look at, read once.
    private static let everything = Result {
        try [
            "Sources", "CShim", "CHost", "CWindow", "CExec", "Tests", "docs", "Package.swift", "README.md",
            "CONTRIBUTING.md",
        ]
        .flatMap(
            read)
    }
    private static let extensions: Set<String> = ["swift", "c", "h", "S", "md"]

    private static func read(_ folder: String) throws -> [SourceFile] {
        let base = root.appending(path: folder)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: base.path, isDirectory: &isFolder) else { return [] }
        let names = isFolder.boolValue ? try FileManager.default.subpathsOfDirectory(atPath: base.path) : [""]
        return try names.sorted().compactMap { name in
            let path = name.isEmpty ? folder : folder + "/" + name
            guard extensions.contains((path as NSString).pathExtension) else { return nil }
            return SourceFile(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
        }
    }

    /// The files under a folder, or the one file, whose names end in one of the extensions, in the order of paths.
    static func all(_ folder: String, _ extensions: Set<String> = ["swift"]) throws -> [SourceFile] {
        try everything.get().filter {
            ($0.path == folder || $0.path.hasPrefix(folder + "/"))
                && extensions.contains(($0.path as NSString).pathExtension)
        }
    }

    init(path: String, text: String) {
        self.path = path
        self.text = text
        var blanker = Blanker(text)
        code = path.hasSuffix(".md") ? "" : blanker.code()
    }

    /// The folder below `Sources/Faultline`; nil for a file of another module.
    var layer: String? {
        let parts = path.split(separator: "/")
        return parts.count > 3 && parts[0] == "Sources" && parts[1] == "Faultline" ? String(parts[2]) : nil
    }
}

/// Takes comments and string literals out of Swift and C.
private struct Blanker {
    private let bytes: [UInt8]
    private var index = 0
    private var result: [UInt8] = []

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func code() -> String {
        scanCode(isInterpolation: false)
        return String(decoding: result, as: UTF8.self)
    }

    private func comes(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard index + length <= bytes.count else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[index..<index + length]) }
    }

    private mutating func scanCode(isInterpolation: Bool) {
        var depth = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "/"), comes("//") {
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
            } else if byte == UInt8(ascii: "/"), comes("/*") {
                skipBlockComment()
            } else if byte == UInt8(ascii: "'"), comes("'\"'") {
                index += 3
            } else if byte == UInt8(ascii: "\"") {
                scanString(isLong: comes("\"\"\""))
            } else {
                index += 1
                if isInterpolation {
                    if byte == UInt8(ascii: "(") { depth += 1 }
                    if byte == UInt8(ascii: ")"), depth == 0 { return }
                    if byte == UInt8(ascii: ")") { depth -= 1 }
                }
                result.append(byte)
            }
        }
    }

    private mutating func skipBlockComment() {
        while index < bytes.count, !comes("*/") {
            if bytes[index] == UInt8(ascii: "\n") { result.append(bytes[index]) }
            index += 1
        }
        index = min(index + 2, bytes.count)
    }

    private mutating func scanString(isLong: Bool) {
        index += isLong ? 3 : 1
        result.append(UInt8(ascii: "\""))
        while index < bytes.count {
            if isLong ? comes("\"\"\"") : comes("\"") {
                index += isLong ? 3 : 1
                break
            }
            if comes("\\(") {
                index += 2
                result.append(UInt8(ascii: " "))
                scanCode(isInterpolation: true)
                result.append(UInt8(ascii: " "))
            } else if bytes[index] == UInt8(ascii: "\\") {
                index += 2
            } else {
                let byte = bytes[index]
                index += 1
                if byte == UInt8(ascii: "\n") { result.append(byte) }
                // A literal of one line ends with it: what began one was something else, such as a quotation mark in C.
                if byte == UInt8(ascii: "\n"), !isLong { return }
            }
        }
        result.append(UInt8(ascii: "\""))
    }
}
