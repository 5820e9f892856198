import Faultline
import FaultlineInspect
import Testing

/// Texts in the form of /proc/PID/smaps.
struct SmapsTextTests {
    private static let head = "1000-3000 rw-p 00001000 fe:01 42                 /a b\n"

    @Test("figures are read in the order of smaps, in any other order, and beside unknown ones")
    func figures() throws {
        let inOrder = "Rss: 8 kB\nPss: 4 kB\nPss_Dirty: 3 kB\nSwap: 2 kB\nLocked: 1 kB\n"
        let mixed = "Locked: 1 kB\nNewFigure: 7 kB\nSwap:           2 kB\nPss: 4 kB\nPss_Dirty: 3 kB\nRss: 8 kB\n"
        let expected: SmapsFigures = [.rss: 8, .pss: 4, .pssDirty: 3, .swap: 2, .locked: 1]
        for text in [inOrder, mixed] {
            let entries = try SmapsText((Self.head + text + "4000-5000 r--p 0 0:0 0\nRss: 4 kB\n").utf8).entries
            #expect(entries.map(\.vma.figures) == [expected, [.rss: 4]])
        }
    }

    @Test(
        "flags have one space between them, however the text has them",
        arguments: ["rd wr mr ", "rd  wr\tmr", "\trd wr mr\r"])
    func flags(_ text: String) throws {
        let entries = try SmapsText((Self.head + "VmFlags: \(text)\n").utf8).entries
        #expect(entries.map(\.vma.flags) == ["rd wr mr"])
        #expect(entries[0].vma.name == "/a b" && entries[0].vma.offset == 0x1000)
    }

    @Test("a line VmFlags without a flag, and a VMA without the line, have none")
    func noFlags() throws {
        let entries = try SmapsText((Self.head + "VmFlags: \n4000-5000 r--p 0 0:0 0\n").utf8).entries
        #expect(entries.map(\.vma.flags) == ["", ""])
    }

    @Test("an error names the line")
    func namesTheLine() {
        let error = #expect(throws: MapsError.self) { try SmapsText((Self.head + "Rss: 4 kB\nRss: x\n").utf8) }
        #expect(error?.line == 3)
        #expect(throws: MapsError.self) { try SmapsText("Rss: 4 kB\n".utf8) }
    }
}
