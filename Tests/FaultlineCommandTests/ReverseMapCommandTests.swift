import Foundation
import Testing

@testable import FaultlineCommand

@Suite struct ReverseMapCommandTests {
    /// What `faultline rmap --page PAGE` says of a program with the processes init and a, of which b has ended.
    private func complaint(page: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("rmap-\(UUID().uuidString).fl").path
        try Data("a = fork()\nb = fork()\nb: exit(0)\n".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var command = try #require(try FaultlineTool.parseAsRoot(["rmap", "--page", page, path]) as? ReverseMapCommand)
        do {
            try command.run()
            return ""
        } catch { return FaultlineTool.message(for: error) }
    }

    @Test(arguments: [
        ("a", "--page a: give PROCESS:ADDRESS, as init:0x1000"),
        ("c:W", "--page c:W: the program has no process 'c'; alive at the program's end: init, a"),
        ("b:W", "--page b:W: the process 'b' is not alive at the program's end; alive then: init, a"),
        ("a:q", "--page a:q: 'q' is no address; as 0x100000001000, W+4K or p+4K with a name of the program"),
    ])
    func aPageThatIsNotIsExplained(page: String, expected: String) throws {
        #expect(try complaint(page: page) == expected)
    }
}
