import Glibc

/// The text of a file that the user named.
enum TextFile {
    /// More than any program of the language or map of an address space needs; keeps a slip such as /dev/zero harmless.
    static let maximumBytes = 256 << 20

    /// Reads the file, or standard input where `path` is `-`; pipes are as good as files.
    ///
    /// - Throws: `CommandFailure`, which names the file, what is wrong with it and, for a byte that is not UTF-8, its place.
    static func read(_ path: String) throws -> String {
        let bytes = try bytes(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure("cannot read \(path): \(notText(bytes)); give a file of plain text in UTF-8")
        }
        return text
    }

    /// The bytes of the file, or of standard input where `path` is `-`.
    ///
    /// - Throws: `CommandFailure`, which names the file and what is wrong with it.
    static func bytes(_ path: String) throws -> [UInt8] {
        if path == "-" { return try read(STDIN_FILENO, path) }
        switch HostFiles.kind(path) {
        case nil: throw CommandFailure("cannot read \(path): there is no such file")
        case .folder: throw CommandFailure("cannot read \(path): it is a directory; name a file in it")
        case .other: break
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            throw CommandFailure("cannot read \(path): it may not be opened for reading; look at its permissions")
        }
        defer { close(descriptor) }
        return try read(descriptor, path)
    }

    /// Writes a file anew.
    ///
    /// - Throws: `CommandFailure`, which names the file and what the system says.
    static func write(_ text: String, to path: String) throws {
        do { try HostFiles.write(Array(text.utf8), to: path) } catch {
            throw CommandFailure("cannot write \(path): \(error)")
        }
    }

    private static func read(_ descriptor: Int32, _ path: String) throws -> [UInt8] {
        var data: [UInt8] = []
        // A small file takes one small piece, a large one few large ones.
        var piece = 1 << 14
        while true {
            let count: Int
            do { count = try HostFiles.read(descriptor, atMost: piece, onto: &data) } catch {
                throw CommandFailure("cannot read \(path): reading failed after \(data.count) bytes")
            }
            if count == 0 { return data }
            piece = 1 << 20
            if data.count > maximumBytes {
                throw CommandFailure("cannot read \(path): it is longer than \(maximumBytes >> 20) MiB")
            }
        }
    }

    /// Names the first byte that is no UTF-8 by its line and column.
    private static func notText(_ bytes: [UInt8]) -> String {
        var line = 1
        var column = 1
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            column += 1
            if scalar == "\n" { (line, column) = (line + 1, 1) }
        }
        return "line \(line), column \(column) is not UTF-8"
    }
}
