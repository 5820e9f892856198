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

    private static let text = """
        555555554000-555555555000 r--p 00000000 00:00 0                          /bin/p
        555555555000-555555557000 r-xp 00001000 00:00 0                          /bin/p
        555555557000-555555558000 rw-p 00003000 00:00 0                          /bin/p
        555555558000-555555579000 rw-p 00000000 00:00 0                          [heap]
        7ffff7c00000-7ffff7d00000 rw-s 00000000 00:00 0                          /memfd:m (deleted)
        7ffff7fbd000-7ffff7fbe000 ---p 00000000 00:00 0 \n\
        7ffff7fbe000-7ffff7fbf000 rw-p 00000000 00:00 0 \n\
        7ffff7fc2000-7ffff7fc6000 r--p 00000000 00:00 0                          [vvar]
        7ffff7fc6000-7ffff7fc8000 r--p 00000000 00:00 0                          [vvar_vclock]
        7ffff7fc8000-7ffff7fca000 r-xp 00000000 00:00 0                          [vdso]
        7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]
        ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]

        """

    @Test("a described address space is the one that comes out, and a process can live in it")
    func parses() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start(try InitialAddressSpace(maps: Self.text))
        #expect(MapsReader().text(try machine.snapshot(process)) == Self.text)
        #expect(try machine.brk(process, 0) == 0x5555_5557_9000)
        #expect(try machine.mmap(process, 0, 4096, prot: 3, flags: 0x22) == 0x7fff_f7fc_1000)
        #expect(try machine.load(process, 0x5555_5555_4000) == .success(0))
        #expect(try machine.store(process, 0x5555_5555_7000, 1) == nil)
        #expect(try machine.store(process, 0x7fff_f7c0_0000, 1) == nil)
        #expect(try machine.store(process, 0x7fff_f7fb_d000, 1)?.signal == .accessDenied)
        _ = try machine.fork(process)
        #expect(machine.checkInvariants() == nil)
    }

    @Test(
        "a faulty line is refused with its number and field",
        arguments: [
            ("400000-401000 r--p 0 00:00", "line"), ("400000 r--p 0 00:00 0", "addresses"),
            ("401000-400000 r--p 0 00:00 0", "addresses"), ("400800-401000 r--p 0 00:00 0", "addresses"),
            ("400000-900000000000 r--p 0 00:00 0", "addresses"), ("1000-3000 r--p 0 00:00 0", "addresses"),
            ("400000-401000 rw-q 0 00:00 0", "permissions"), ("400000-401000 rwxpp 0 00:00 0", "permissions"),
            ("400000-401000 rw-s 0 00:00 0", "permissions"), ("400000-401000 r--p 10 00:00 0 /a", "offset"),
            ("400000-401000 r--p fffffffffffff000 00:00 0 /a", "offset"), ("400000-401000 r--p z 00:00 0 /a", "offset"),
            ("400000-401000 rw-p 0 00:00 0 [stack]\n500000-501000 rw-p 0 00:00 0 [stack]", "name"),
        ])
    func refuses(line: String, field: String) {
        #expect {
            _ = try InitialAddressSpace(maps: "2000-3000 r--p 0 00:00 0\n" + line)
        } throws: { error in
            guard let error = error as? MapsError else { return false }
            return error.field == field && error.line == (line.contains("\n") ? 3 : 2)
        }
    }
}
