import Foundation
import Testing

@testable import FaultlineCommand

@Suite struct TextFileTests {
    /// What reading a file of these bytes says; nil if it is read.
    private func complaint(about bytes: [UInt8]) throws -> String? {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("text-\(UUID().uuidString).fl").path
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return complaint(path)?.replacingOccurrences(of: path, with: "FILE")
    }

    private func complaint(_ path: String) -> String? {
        do {
            _ = try TextFile.read(path)
            return nil
        } catch { return "\(error)" }
    }

    @Test func textIsReadWhole() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("text-\(UUID().uuidString).fl").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = String(repeating: "load(W)  # ä\n", count: 200_000)  // of several reads
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect(try TextFile.read(path) == text)
    }

    @Test func aPipeIsReadToItsEnd() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("load(W)\n".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(try TextFile.read("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)") == "load(W)\n")
    }

    @Test("bytes that are no UTF-8 are named by line and column")
    func garbage() throws {
        let expected = "is not UTF-8; give a file of plain text in UTF-8"
        #expect(try complaint(about: [0xff]) == "cannot read FILE: line 1, column 1 \(expected)")
        #expect(try complaint(about: Array("a\nä".utf8) + [0xc3]) == "cannot read FILE: line 2, column 2 \(expected)")
        #expect(try complaint(about: []) == nil)
    }

    @Test func whatCannotBeReadIsNamed() {
        #expect(complaint("/nowhere/a.fl") == "cannot read /nowhere/a.fl: there is no such file")
        #expect(complaint("/") == "cannot read /: it is a directory; name a file in it")
    }
}
