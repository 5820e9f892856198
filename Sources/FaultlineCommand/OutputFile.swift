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
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) + "/" } ?? "."
        if HostFiles.kind(folder) == nil {
            let whole = path.hasPrefix("/") ? folder : HostFiles.workingFolder + "/" + folder
            throw CommandFailure("cannot write \(path): there is no directory \(whole.dropLast()); make it first")
        }
        do { try HostFiles.replace(path, with: bytes) } catch {
            throw CommandFailure("cannot write \(path): \(error)")
        }
    }
}
