import Faultline
import FaultlineInspect
import Testing

/// Texts of /proc/PID/maps and smaps as real machines have them.
struct ProcessDescriptionTests {
    /// Parts of the maps of a server with io_uring, memory files, named memory and old thread stacks; names replaced.
    private static let server = """
        55d5fc000000-55d5fc002000 r--p 00000000 fe:00 1001                       /opt/server one/bin\\012x
        55d5fc002000-55d5fc003000 rw-p 00002000 fe:00 1001                       /opt/server one/bin\\012x
        55d5fc003000-55d5fc005000 rw-p 00000000 00:00 0 \n\
        7f0000000000-7f0000021000 rw-p 00000000 00:00 0                          [anon:worker heap]
        7f0000100000-7f0000102000 rw-p 00000000 00:00 0                          [stack:4711]
        7f0000200000-7f0000204000 rw-s 00000000 00:01 2049                       /dev/zero (deleted)
        7f0000210000-7f0000214000 rw-s 00000000 00:01 2050                       /dev/zero (deleted)
        7f0000220000-7f0000224000 rw-s 00001000 00:01 2051                       /memfd:frames (deleted)
        7f0000230000-7f0000234000 rw-s 00000000 00:01 65536                      /SYSV0000002a (deleted)
        7f0000240000-7f0000244000 rw-s 00000000 00:01 2052                       [anon_shmem:ring]
        7f0000250000-7f0000252000 rw-s 00000000 00:1a 77                         /dev/shm/box
        7f0000260000-7f0000261000 rw-s 00000000 00:10 43172                      anon_inode:[io_uring]
        7f0000261000-7f0000262000 rw-s 10000000 00:10 43172                      anon_inode:[io_uring]
        7f0000262000-7f0000263000 r--s 00000000 00:10 43172                      anon_inode:[perf_event]
        7f0000270000-7f0000271000 rw-s 00000000 00:05 12                         /dev/dri/card0
        7f0000280000-7f0000281000 r--p 00000000 00:00 0                          [uprobes]
        7f0000290000-7f0000291000 r--p 00000000 00:00 0                          odd
        7f00002a0000-7f00002a4000 r--p 00000000 00:00 0                          [vvar]
        7f00002a4000-7f00002a6000 r--p 00000000 00:00 0                          [vvar_vclock]
        7f00002a6000-7f00002a8000 r-xp 00000000 00:00 0                          [vdso]
        7ffd33acb000-7ffd33aec000 rw-p 00000000 00:00 0                          [stack]
        ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]

        """

    private func start(_ description: ProcessDescription) throws -> (machine: Machine, process: Int) {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start(description.populatedSpace)
        #expect(machine.checkInvariants() == nil)
        return (machine, process)
    }

    @Test("every name that /proc has is taken, and shown as it came where the model keeps names")
    func names() throws {
        let description = try ProcessDescription(Self.server.utf8)
        let (machine, process) = try start(description)
        let shown = MapsReader().text(try machine.snapshot(process)).split(separator: "\n").map { $0.dropFirst(73) }
        let given = Self.server.split(separator: "\n").map { $0.dropFirst(73) }
        // A kernel without CONFIG_ANON_VMA_NAME names no memory, and none since 4.5 the stacks of threads.
        #expect(given.count == 22 && shown.count == given.count)
        for (line, name) in zip(shown, given) where !name.hasPrefix("[anon:") && !name.hasPrefix("[stack:") {
            #expect(line == name)
        }
        #expect(description.notes.contains { $0.contains("anon_inode:[io_uring]") })
        _ = try machine.fork(process)
        #expect(machine.checkInvariants() == nil)
    }

    @Test(
        "shared memory is no disk file: its first touch is a minor fault, and maps of one name are files of their own")
    func sharedMemory() throws {
        let (machine, process) = try start(try ProcessDescription(Self.server.utf8))
        for address in [0x7f00_0020_0000, 0x7f00_0021_0000, 0x7f00_0022_0000, 0x7f00_0023_0000, 0x7f00_0024_0000]
            as [UInt64]
        {
            let before = try machine.faultCounts(process)
            #expect(try machine.store(process, address, 7) == nil)
            #expect(try machine.faultCounts(process).minor == before.minor + 1)
            #expect(try machine.faultCounts(process).major == before.major)
        }
        #expect(try machine.store(process, 0x7f00_0020_0000, 9) == nil)
        #expect(try machine.load(process, 0x7f00_0021_0000) == .success(7))
        #expect(try machine.store(process, 0x7f00_0025_0000, 1) == nil)
        #expect(try machine.store(process, 0x7f00_0026_1000, 1) == nil)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("without a heap, brk begins behind the program and its bss")
    func programBreak() throws {
        let (machine, process) = try start(try ProcessDescription(Self.server.utf8))
        #expect(try machine.brk(process, 0) == 0x55d5_fc00_5000)
        let fixed = """
            400000-401000 r-xp 00000000 fe:00 7 /bin/fixed
            600000-601000 rw-p 00000000 fe:00 7 /bin/fixed
            10000000-10001000 rw-p 00000000 00:00 0
            7f0000000000-7f0000001000 r--p 00000000 fe:00 8 /lib/x.so
            """
        let other = try start(try ProcessDescription(fixed.utf8))
        #expect(try other.machine.brk(other.process, 0) == 0x60_1000)
        // In a bottom-up layout libraries lie below the program.
        let low = """
            2aaaaaaab000-2aaaaaaac000 r--p 00000000 fe:00 8 /lib/ld.so
            2aaaaaaac000-2aaaaaaad000 r-xp 00000000 00:00 0 [vdso]
            555555554000-555555556000 rw-p 00000000 fe:00 7 /bin/program
            """
        let bottomUp = try start(try ProcessDescription(low.utf8))
        #expect(try bottomUp.machine.brk(bottomUp.process, 0) == 0x5555_5555_6000)
    }

    @Test("a bottom-up process stays bottom-up, told by its vdso or by the user")
    func bottomUp() throws {
        let text = """
            2b9cf22cd000-2b9cf22cf000 r--p 00000000 fe:00 8 /lib/ld.so
            2b9cf22cf000-2b9cf22d1000 r-xp 00000000 00:00 0 [vdso]
            5562ea31a000-5562ea36e000 rw-p 00000000 fe:00 7 /bin/program
            7ffd33acb000-7ffd33aec000 rw-p 00000000 00:00 0 [stack]
            """
        let low = try ProcessDescription(text.utf8)
        #expect(low.isLegacyLayout && low.space.mmapBase == 0x2b9c_f22c_d000)
        let (machine, process) = try start(low)
        #expect(try machine.mmap(process, 0, 4096, prot: 3, flags: 0x22) == 0x2b9c_f22d_1000)
        #expect(try machine.mmap(process, 0, 4096, prot: 1, flags: 0x22) == 0x2b9c_f22d_2000)
        #expect(!(try ProcessDescription(Self.server.utf8)).isLegacyLayout)
        let told = try ProcessDescription(Self.server.utf8, isLegacyLayout: true)
        #expect(told.isLegacyLayout && told.space.mmapBase == 0x2aaa_aaaa_b000)
    }

    /// Of the smaps of an interpreter, with three kinds of pages.
    private static let smaps = """
        55d5fdd59000-55d5fdd5d000 rw-p 00000000 00:00 0                          [heap]
        Size:                 16 kB
        KernelPageSize:        4 kB
        MMUPageSize:           4 kB
        Rss:                  12 kB
        Pss:                  12 kB
        Private_Dirty:        12 kB
        Anonymous:            12 kB
        Swap:                  4 kB
        THPeligible:           0
        ProtectionKey:         0
        VmFlags: rd wr mr mw me ac sd dc \n\
        7f00000c0000-7f00000c2000 r-xp 00000000 fe:00 333151                     /lib/libc.so.6
        Size:                  8 kB
        Rss:                   8 kB
        Pss:                   0 kB
        Shared_Clean:          8 kB
        VmFlags: rd ex mr mw me um
        ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
        Size:                  4 kB
        VmFlags: ex

        """

    @Test("smaps gives the flags, and the pages as many as it counts")
    func smapsText() throws {
        let description = try ProcessDescription(Self.smaps.utf8)
        #expect(description.areas.map(\.name) == ["[heap]", "/lib/libc.so.6"] && description.hasFigures)
        #expect(description.areas[0].kib("Rss") == 12 && description.areas[1].kib("Shared_Clean") == 8)
        #expect(description.notes.contains { $0.contains("'um'") })
        let (machine, process) = try start(description)
        let snapshot = try machine.snapshot(process)
        #expect(snapshot.vmas.map(\.flags) == ["rd wr mr mw me dc ac sd", "rd ex mr mw me"])
        #expect(snapshot.vmas.map(\.figures[.rss]) == [12, 8] && snapshot.vmas.map(\.figures[.anonymous]) == [12, 0])
        #expect(snapshot.rssKiB == 20)
        let child = try machine.fork(process)
        #expect(try machine.snapshot(child).vmas.map(\.name) == ["/lib/libc.so.6"])
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a text of many lines is read whole")
    func manyLines() throws {
        let text = (0..<100_000).map { index in
            let start = 0x7000_0000_0000 + index << 13
            return String(start, radix: 16) + "-" + String(start + 4096, radix: 16)
                + " r--s 00000000 00:10 \(index) socket:[\(index)]\n"
        }.joined()
        let description = try ProcessDescription(text.utf8)
        #expect(description.areas.count == 100_000 && description.areas.last?.name == "socket:[99999]")
    }

    @Test(
        "a faulty line of smaps is refused with its number and field",
        arguments: [
            ("Rss: 4 kB\n", 1, "Rss"), ("1000-2000 r--p 0 0:0 0\nRss: x kB\n", 2, "Rss"),
            ("1000-2000 r--p 0 0:0 0\nVmFlags: rd wr\n", 2, "VmFlags"), ("1000-2000 r--p 0 0:0 z\n", 1, "inode"),
            ("\n\n", 1, "text"),
        ])
    func refuses(text: String, line: Int, field: String) {
        #expect {
            _ = try ProcessDescription(text.utf8)
        } throws: { ($0 as? MapsError)?.line == line && ($0 as? MapsError)?.field == field }
    }
}
