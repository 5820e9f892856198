import Faultline
import FaultlineInspect
import Testing

struct MapsReaderTests {
    @Test("lines have the columns of /proc/PID/maps, and a nameless one ends in a space")
    func columns() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let reader = MapsReader { $0 == "/agent" ? .init(major: 0xfe, minor: 1, inode: 42) : .none }
        let lines = reader.text(try machine.snapshot(process)).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "00400000-00401000 r--p 00000000 fe:01 42                                 /agent")
        #expect(lines[2] == "00402000-00407000 rw-p 00000000 00:00 0 ")
        #expect(lines[6] == "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]")
        #expect(lines[7] == "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]")
        #expect(lines[8] == "")
    }
}
