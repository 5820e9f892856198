import FaultlineInspect
import Testing

@Suite struct TextTableTests {
    @Test("words go to the left, numbers to the right, and no line ends in blanks")
    func alignment() {
        var table = TextTable([.left, .right, .left])
        table.add(["name", "KiB", "note"])
        table.add(["heap", "1024", ""])
        #expect(table.lines == ["name   KiB  note", "heap  1024"])
    }

    @Test("a column is as wide as is asked for at least")
    func leastWidth() {
        var table = TextTable(numbers: 1, leastWidths: [6, 4])
        table.separator = ""
        table.add(["a", "1"])
        #expect(table.lines == ["a        1"])
    }

    @Test("a table without rows has no lines")
    func empty() { #expect(TextTable(numbers: 2).lines.isEmpty) }
}
