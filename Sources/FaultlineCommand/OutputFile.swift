import Foundation

/// A file that a command writes.
enum OutputFile {
    /// Writes a file, or to standard output where `path` is `-`. A file that was there stays whole until the new one is.
    ///
    /// - Throws: `CommandFailure`, which names the file and what is wrong with it.
    static func write(_ bytes: [UInt8], to path: String) throws {
        if path == "-" {
            print(String(decoding: bytes, as: UTF8.self), terminator: "")
            return
        }
        let file = URL(filePath: path)
        let folder = file.deletingLastPathComponent().path
        if !FileManager.default.fileExists(atPath: folder) {
            throw CommandFailure("cannot write \(path): there is no directory \(folder); make it first")
        }
        do { try Data(bytes).write(to: file, options: .atomic) } catch {
            throw CommandFailure("cannot write \(path): \((error as NSError).localizedDescription)")
        }
    }
}
