import ArgumentParser
import Foundation
import Testing

@testable import FaultlineCommand

struct WhyCommandTests {
    private func file(_ text: String, _ suffix: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("why-\(UUID().uuidString)\(suffix)")
            .path
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    private func why(_ arguments: [String]) throws -> String {
        try #require(try FaultlineTool.parseAsRoot(["why"] + arguments) as? WhyCommand).answer()
    }

    @Test("a statement on its own is explained")
    func statement() throws {
        #expect(
            try why(["munmap(W+1, 4K)"]) == """
                line 1, init: munmap(W+1, 4K)
                  -1 EINVAL
                refused EINVAL: addr 0x100000000001 is not a multiple of 4K
                  rule unaligned
                    argument = addr
                    value = 0x100000000001
                    unit = 4K

                """)
    }

    @Test("a line of a program is explained, and what stands behind it does not run")
    func line() throws {
        let map = "p = mmap(W, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        let path = try file(map + "mseal(p, 4K, 0)\nc = fork()\nc: munmap(p, 8K) => 0\nprctl(1)\n", ".fl")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let answer = try why([path, "--line", "4"])
        #expect(answer.hasPrefix("line 4, c: c: munmap(p, 8K) => 0\n  -1 EPERM\nrefused EPERM: the VMA "))
        #expect(answer.contains("  rule sealed\n    vma = 100000000000-100000001000\n"))
        #expect(answer.hasSuffix("^ expected 0\n"))
        let merge = try why([path, "--line", "1"])
        #expect(merge.contains("what the machine did\n  init: vm_unmapped_area 0x100000000000 len=0x2000\n"))
        let missing = #expect(throws: ValidationError.self) { try why([path, "--line", "9"]) }
        #expect(missing?.message == "--line 9: no statement is there; the nearest is in line 5")
    }

    @Test("a statement may follow a program, with or without a line end, and use its names")
    func after() throws {
        let path = try file("p = W + 4K\n\nq = p + 1", ".fl")
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try why(["load(q)", "--after", path]).hasPrefix("line 4, init: load(q)\n  SIGSEGV SEGV_MAPERR at "))
    }

    @Test("a copy is explained by who else has the frame, with the machine as it was before")
    func holders() throws {
        let map =
            "p = mmap(W, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\nwrite_pages(p, 8K, 1)\n"
        let path = try file(map + "c = fork()\nd = fork()\nc: store(p, 2)\nstore(p, 3)\nd: store(p, 4)\n", ".fl")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try why([path, "--line", "5"])
        #expect(first.contains("who else has a frame that was copied\n  c at 100000000000 had frame 0x"))
        #expect(first.contains(", which is also mapped by init at 100000000000, d at 100000000000\n"))
        #expect(try why([path, "--line", "6"]).contains(", which is also mapped by d at 100000000000\n"))
        // The last one has the frame alone.
        #expect(!(try why([path, "--line", "7"]).contains("who else")))
        let shell = try Shell.example()
        let answer = try shell.last("goto 5", "why")
        #expect(
            answer.contains("c at 100000000000 had frame 0x") && answer.contains("also mapped by init at 100000000000"))
        #expect(shell.session.place == 5)
    }

    @Test("what cannot be explained is an error with its remedy")
    func errors() throws {
        #expect(throws: (any Error).self) { _ = try FaultlineTool.parseAsRoot(["why", "a.fl"]) }
        #expect(throws: CommandFailure.self) { _ = try why(["mmmap(1)"]) }
    }

    @Test("neighbours in smaps are compared; an address may be written with 0x or without")
    func notMerged() throws {
        let path = try file("1000-2000 rw-p 00000000 00:00 0\n2000-3000 r--p 00000000 00:00 0\n", ".txt")
        defer { try? FileManager.default.removeItem(atPath: path) }
        for address in ["0x1000", "1000"] {
            let command = try FaultlineTool.parseAsRoot(["why-not-merged", path, address]) as? WhyNotMergedCommand
            #expect(
                try command?.answer() == """
                    1000-2000 rw-p 0x0 00:00 0
                    below: no VMA
                    above: 2000-3000 r--p 0x0 00:00 0
                      permissions differ: 1000-2000 is rw-p, 2000-3000 r--p

                    """)
        }
        let command = try #require(
            try FaultlineTool.parseAsRoot(["why-not-merged", path, "3000"]) as? WhyNotMergedCommand)
        let error = #expect(throws: CommandFailure.self) { try command.answer() }
        #expect(
            error?.description
                == "\(path): no VMA holds 0x3000: the VMA below is 2000-3000, there is none above")
    }
}
