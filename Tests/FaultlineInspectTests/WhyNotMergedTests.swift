import Testing

@testable import FaultlineInspect

struct WhyNotMergedTests {
    private func why(_ text: String, _ address: UInt64) throws -> String? {
        WhyNotMergedReader(try SmapsText(text.utf8)).text(at: address)
    }

    private let rw = "VmFlags: rd wr mr mw me ac\n"

    @Test("a flag that differs is named, with what sets it")
    func flags() throws {
        let text =
            "1000-2000 rw-p 00000000 00:00 0\n\(rw)2000-3000 rw-p 00000000 00:00 0\nVmFlags: rd wr mr mw me ac dc sd\n"
        #expect(
            try why(text, 0x2fff) == """
                2000-3000 rw-p 0x0 00:00 0
                  VmFlags: rd wr mr mw me ac dc sd
                below: 1000-2000 rw-p 0x0 00:00 0
                  only 2000-3000 has dc (MADV_DONTFORK)
                above: no VMA

                """)
    }

    @Test("permissions, a gap and the commitment's flag are told apart")
    func several() throws {
        let text =
            "1000-2000 rw-p 00000000 00:00 0\n\(rw)2000-4000 r--p 00000000 00:00 0\nVmFlags: rd mr mw me\n"
            + "6000-7000 r--p 00000000 00:00 0\nVmFlags: rd mr mw me\n"
        let answer = try #require(try why(text, 0x2000))
        #expect(answer.contains("  permissions differ: 1000-2000 is rw-p, 2000-4000 r--p\n"))
        #expect(answer.contains("  only 1000-2000 has ac (its pages are charged to the commitment)\n"))
        #expect(answer.hasSuffix("above: 6000-7000 r--p 0x0 00:00 0\n  a gap of 8K lies between them\n"))
    }

    @Test("files differ by inode, and offsets must continue")
    func files() throws {
        let text =
            "1000-2000 r--p 00000000 fe:00 5 /a\n2000-3000 r--p 00002000 fe:00 5 /a\n3000-4000 r--p 00003000 fe:00 6 /b\n"
        let answer = try #require(try why(text, 0x2000))
        #expect(answer.contains("  file offset 0x2000 does not continue 0x0 by 4K (0x1000 would)\n"))
        #expect(answer.contains("  files differ: /a (fe:00 5) and /b (fe:00 6)\n"))
    }

    @Test("special mappings and VM_SPECIAL are never merged; names of anonymous memory count, [heap] does not")
    func kinds() throws {
        let special = "1000-2000 r--p 00000000 00:00 0 [vvar]\n2000-3000 r-xp 00000000 00:00 0 [vdso]\n"
        #expect(try #require(try why(special, 0x1000)).contains("[vvar] is a special mapping"))
        let io = "VmFlags: rd mr io\n"
        let device = "1000-2000 r--s 00000000 00:05 9 /dev/x\n\(io)2000-3000 r--s 00001000 00:05 9 /dev/x\n\(io)"
        #expect(try #require(try why(device, 0x1000)).contains("both have io (memory-mapped I/O)"))
        let named = "1000-2000 rw-p 00000000 00:00 0 [anon:a]\n2000-3000 rw-p 00000000 00:00 0 [heap]\n"
        #expect(try #require(try why(named, 0x1000)).contains("names differ: [anon:a] and none"))
    }

    @Test("where all agrees, the answer is what smaps cannot show")
    func invisible() throws {
        let text =
            "1000-2000 rw-p 00000000 00:00 0 [heap]\nAnonymous:   4 kB\n\(rw)2000-3000 rw-p 00000000 00:00 0\nAnonymous: 0 kB\n\(rw)"
        let answer = try #require(try why(text, 0x1000))
        #expect(answer.contains("  all that smaps shows agrees; one of these differs, which smaps cannot show:\n"))
        #expect(answer.contains("(2000-3000 has no anonymous page now; it had one if so)"))
        #expect(answer.contains("  - vm_pgoff: "))
        let file = "1000-2000 r--s 00000000 fe:00 5 /a\n2000-3000 r--s 00001000 fe:00 5 /a\n"
        let shared = try #require(try why(file, 0x1000))
        #expect(shared.contains("  - the open file") && !shared.contains("anon_vma"))
    }

    @Test("a text that is none names the line; an address outside finds nothing")
    func errors() throws {
        #expect(throws: MapsError.self) { try SmapsText("".utf8) }
        let error = #expect(throws: MapsError.self) { try SmapsText("1000-2000 rw-p 0 0:0 0\nnonsense\n".utf8) }
        #expect(error?.line == 2)
        let order = #expect(throws: MapsError.self) {
            try SmapsText("2000-3000 rw-p 0 0:0 0\n1000-2000 rw-p 0 0:0 0\n".utf8)
        }
        #expect(order?.field == "addresses")
        #expect(try why("1000-2000 rw-p 0 0:0 0\n", 0x2000) == nil)
    }
}
