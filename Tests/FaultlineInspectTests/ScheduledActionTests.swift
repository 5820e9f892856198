import Faultline
import FaultlineInspect
import Testing

struct ScheduledActionTests {
    @Test("an action has a line and a kind")
    func kinds() throws {
        let expected: [(String, Int, ScheduledAction.Kind)] = [
            ("7:repair", 7, .repair), ("1:fail-reads", 1, .failReads), ("12:fail-writes", 12, .failWrites),
            ("3:meminfo", 3, .meminfo), ("3:advance=30s", 3, .advance(3000)), ("3:advance=0.5s", 3, .advance(50)),
            ("3:advance=1.25s", 3, .advance(125)), ("3:advance=1.05s", 3, .advance(105)),
        ]
        for (text, line, kind) in expected {
            let action = try ScheduledAction(text)
            #expect(action.line == line && action.kind == kind, "\(text)")
        }
    }

    @Test(
        "a mistake is named with its remedy",
        arguments: [
            ("x", "begin with the line"), ("0:repair", "begin with the line"), (":repair", "begin with the line"),
            ("3:", "give one of"), ("3:break", "give one of"), ("3:advance=3", "such as advance=30s"),
            ("3:advance=s", "such as advance=30s"), ("3:advance=1.234s", "such as advance=30s"),
            ("3:advance=-1s", "such as advance=30s"), ("3:advance=99999999999s", "such as advance=30s"),
        ])
    func mistakes(_ text: String, _ remedy: String) {
        let error = #expect(throws: ScheduledActionError.self) { try ScheduledAction(text) }
        #expect(error?.description.hasPrefix("\(text): ") == true)
        #expect(error?.description.contains(remedy) == true)
    }

    @Test("actions change the machine and say so")
    func application() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        let file = try machine.diskFile(process, name: "file:f", size: 8192)
        let address = try machine.mmap(process, 0, 8192, prot: 3, flags: 1, fd: file)
        #expect(try machine.store(process, address, 1) == nil)
        #expect(try ScheduledAction("1:fail-reads").apply(to: machine) == ["reads of the disk fail from now on"])
        #expect(try ScheduledAction("1:fail-writes").apply(to: machine) == ["writes to the disk fail from now on"])
        #expect(machine.diskFailure == (true, true))
        #expect(try ScheduledAction("1:repair").apply(to: machine) == ["the disk works again"])
        #expect(machine.diskFailure == (false, false))
        #expect(
            try ScheduledAction("1:advance=40.05s").apply(to: machine)
                == ["40.05 s later: writeback of 1 page started"])
        let lines = try ScheduledAction("1:meminfo").apply(to: machine)
        #expect(lines.contains("Cached:                    8 kB"))
        #expect(lines.contains("Buffers:                  12 kB"))
        #expect(lines.contains("Dirty:                     0 kB"))
    }
}

struct MeminfoReaderTests {
    @Test("figures are in KiB, in columns, in the order of /proc/meminfo")
    func table() {
        var info = MemoryInfo()
        info.total = 1 << 20
        info.buffers = 3
        info.cached = 5
        info.dirty = 7
        info.writeback = 2
        info.shmem = 1
        info.mapped = 4
        info.dirtyFiles = 6
        let lines = MeminfoReader.text(info).split(separator: "\n").map(String.init)
        let names = lines.map { String($0.prefix { $0 != ":" }) }
        #expect(
            Array(names.prefix(11)) == [
                "MemTotal", "MemFree", "Buffers", "Cached", "Unevictable", "Mlocked", "Dirty", "Writeback", "AnonPages",
                "Mapped", "Shmem",
            ])
        #expect(lines[0] == "MemTotal:            4194304 kB" && Set(lines.dropLast().map { $0.count }).count == 1)
        #expect(lines.contains("Buffers:                  12 kB") && lines.contains("Cached:                   20 kB"))
        #expect(lines.contains("Dirty:                    28 kB") && lines.contains("Writeback:                 8 kB"))
        #expect(lines.last == "b_dirty:                      6")
    }
}
