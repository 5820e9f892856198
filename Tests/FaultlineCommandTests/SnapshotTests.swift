import Foundation
import SampleTexts
import Testing

/// What each command prints, to the byte. After a change that is meant, `FAULTLINE_RECORD_SNAPSHOTS=1` writes the snapshots anew; look
/// at what git says of them then.
@Suite struct SnapshotTests {
    /// A run of the command, by the name of its snapshot.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let arguments: [String]
        var testDescription: String { name }

        init(_ name: String, _ arguments: String) {
            self.init(name, arguments.split(separator: " ").map(String.init))
        }

        init(_ name: String, _ arguments: [String]) {
            self.name = name
            self.arguments = arguments
        }
    }

    static let cases = ordinaryCases + bootCases

    private static let ordinaryCases = [
        Case("run", "run cow.fl"),
        Case("run-trace", "run --trace cow.fl"),
        Case("run-trace-filter", "run --trace=cow*,vma_merge_refused cow.fl"),
        Case("run-trace-filter-unknown", "run --trace=cov cow.fl"),
        Case("run-json", "run --json lacks.fl"),
        Case("run-status", "run --status cow.fl"),
        Case("run-observed-end", "run observed.fl"),
        Case("run-lacks", "run lacks.fl"),
        Case("run-lacks-strict", "run --strict lacks.fl"),
        Case("run-failed-strict", "run --strict failed.fl"),
        Case("run-drop-flushes", "run --check-tlb --drop-flushes cow.fl"),
        Case("run-drop-flushes-alone", "run --drop-flushes cow.fl"),
        Case("run-json-lines", "run --json-lines lacks.fl"),
        Case("quiz", "quiz --topic cow --seed 1"),
        Case("quiz-answers", "quiz --topic cow --seed 1 --answers"),
        Case("quiz-merge", "quiz --topic merge --seed 2 --answers"),
        Case("quiz-tables", "quiz --topic tables --seed 1 --answers"),
        Case("quiz-tlb", "quiz --topic tlb --seed 1 --answers"),
        Case("quiz-faults", "quiz --topic faults --seed 1 --answers"),
        Case("quiz-sharing", "quiz --topic sharing --seed 1 --answers"),
        Case("quiz-reclaim", "quiz --topic reclaim --seed 1 -c"),
        Case("quiz-no-topic", "quiz --topic swap"),
        Case("run-small", "run --ram 64M --sysctl vm.overcommit_memory=2 failed.fl"),
        Case("record", "record cow.fl"),
        Case("record-failed", "record failed.fl wrong.fl cow.fl"),
        Case("record-maps", "record --maps space.maps failed.fl"),
        Case("record-lacks-strict", "record --strict lacks.fl"),
        Case("record-before", "record --before 4:fail-writes disk.fl"),
        Case("record-before-meminfo", "record --before 4:meminfo disk.fl"),
        Case("rmap", "rmap cow.fl"),
        Case("rmap-page", "rmap --page c:p+4K cow.fl"),
        Case("rmap-at", "rmap --at 4 --page init:p cow.fl"),
        Case("rmap-before-after", "rmap --before 5 --after 5 --page init:p --page c:p cow.fl"),
        Case("rmap-dot", "rmap --dot --at 5 --page init:p --page c:p cow.fl"),
        Case("rmap-dot-two", "rmap --dot --before 5 --after 5 cow.fl"),
        Case("rmap-no-line", "rmap --at 1 cow.fl"),
        Case("rmap-half", "rmap --before 3 cow.fl"),
        Case("report-json", "report cow.fl --json -o -"),
        Case("report-spaces", "report cow.fl --svg address-spaces --at 5 -o -"),
        Case("report-tables", "report cow.fl --svg page-tables -o -"),
        Case("report-rmap", "report cow.fl --svg reverse-map --at 5 -o -"),
        Case("report-timeline", "report cow.fl --svg timeline -o -"),
        Case("report-timeline-at", "report cow.fl --svg timeline --at 5 -o -"),
        Case("report-nowhere", "report cow.fl -o none/page.html"),
        Case("fork-report-two", "fork --smaps space.smaps --report out.html --json"),
        Case("maps", "maps --elf program"),
        Case("maps-aslr", "maps --aslr 7 --elf program"),
        Case("maps-no-elf", "maps --elf cow.fl"),
        Case("generate", "generate --profile anon --seed 3"),
        Case("generate-many", "generate --profile mix --count 2"),
        Case("cat-smaps", "cat --at 4 cow.fl /proc/c/smaps"),
        Case("cat-maps", "cat cow.fl /proc/1000/maps"),
        Case("cat-smaps-rollup", "cat cow.fl /proc/self/smaps_rollup"),
        Case("cat-pagemap", "cat --at 4 cow.fl /proc/c/pagemap"),
        Case("cat-numa-maps", "cat disk.fl /proc/init/numa_maps"),
        Case("cat-status", "cat cow.fl /proc/c/status"),
        Case("cat-stat", "cat cow.fl /proc/c/stat"),
        Case("cat-statm", "cat cow.fl /proc/c/statm"),
        Case("cat-oom-score", "cat cow.fl /proc/c/oom_score"),
        Case("cat-meminfo", "cat disk.fl /proc/meminfo"),
        Case("cat-vmstat", "cat disk.fl /proc/vmstat"),
        Case("cat-zoneinfo", "cat disk.fl /proc/zoneinfo"),
        Case("cat-buddyinfo", "cat --ram 64M disk.fl /proc/buddyinfo"),
        Case("cat-pagetypeinfo", "cat disk.fl /proc/pagetypeinfo"),
        Case("cat-kpageflags", "cat disk.fl /proc/kpageflags"),
        Case("cat-kpagecount", "cat --at 4 cow.fl /proc/kpagecount"),
        Case("cat-setting", "cat --sysctl vm.overcommit_memory=2 cow.fl /proc/sys/vm/overcommit_memory"),
        Case("cat-huge-pages", "cat cow.fl /sys/kernel/mm/transparent_hugepage/enabled"),
        Case("cat-lacks", "cat cow.fl /proc/kpagecgroup"),
        Case("cat-no-file", "cat cow.fl /proc/init/map"),
        Case("cat-no-process", "cat --at 3 cow.fl /proc/c/maps"),
        Case("cat-raw-all", "cat --raw cow.fl /proc/c/pagemap"),
        Case("vtop", "vtop --at 4 cow.fl c:p+4K"),
        Case("vtop-none", "vtop cow.fl c:p+1G"),
        Case("vtop-file", "vtop disk.fl init:p"),
        Case("pt", "pt --at 4 cow.fl"),
        Case("pt-one", "pt cow.fl c"),
        Case("shell", ["shell", "-c", "goto 4; rmap p; until cow*; rmap c:p; why; vm c; kmem -i; tree", "cow.fl"]),
        Case("shell-help", ["shell", "-c", "help; help vtop"]),
        Case("shell-failed", ["shell", "-c", "step; vtop q; step", "cow.fl"]),
        Case("trace", "trace --top 3 --curve lru small.lackey"),
        Case("trace-json", "trace --json --top 1 small.lackey"),
        Case("trace-svg", "trace --svg - --curve lru --curve plru small.lackey"),
        Case("trace-fixed", "trace --map fixed --pages 2m --tlb zen3 --tlb golden-cove --top 0 small.lackey"),
        Case("trace-refused", "trace --maps space.maps small.lackey"),
        Case("trace-unknown", "trace cow.fl"),
        Case("trace-pages", "trace --pages 2m small.lackey"),
        Case("check-nothing", "check"),
        Case("check-elf", "check --elf program cow.fl"),
        Case("check-jobs", "check --random 2 --jobs 2 --sysctl vm.overcommit_memory=2"),
    ]

    /// The folder's contents for every case.
    static let files = [
        "cow.fl": """
        # A page of three is shared by fork, then copied.
        p = mmap(W, 12K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) => W
        write_pages(p, 12K, 7)
        c = fork()
        c: store(p, 8) => ok
        mprotect(p+4K, 4K, PROT_READ)
        store(p+4K, 1) => SIGSEGV SEGV_ACCERR

        """,
        "observed.fl": "p = mmap(W, 4K, 3, 0x32, -1, 0)\nstore(p, 1)\nobserve()\nx = p + 1\n",
        "lacks.fl": """
        p = mmap(W, 4M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        load(0x401fff)
        store(p, 1) => ok

        """,
        "failed.fl": "p = mmap(W, 1G, 3, 0x32, -1, 0) => 7\n",
        "wrong.fl": "load(W)\nprctl(1)\n",
        "disk.fl": """
        f = disk_file(8K)
        p = mmap(W, 8K, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, f, 0)
        store(p, 1)
        fsync(f) => EIO

        """,
        "small.lackey": """
        ==1== Lackey, an example Valgrind tool
        I  00401000,3
         S 1ffefff7f8,8
        I  00401003,5
         M 00404ffc,8
        process 2
        I  00401000,3
         L 00404010,4

        """,
        "space.smaps": SampleSmaps.text,
        "space.maps": """
        555555554000-555555556000 r-xp 00000000 fe:00 17     /bin/x
        7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0      [stack]

        """,
    ].merging(bootFiles) { first, _ in first }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Snapshots")

    @Test(arguments: SnapshotTests.cases)
    func comesOutTheSame(_ snapshot: Case) throws {
        let run = try CommandRun.withFolder(Self.files) { folder in
            let program = folder.appending(path: "program")
            try Data(SmallProgram.bytes).write(to: program)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
            let run = try CommandRun(snapshot.arguments, in: folder)
            return run.transcript.replacing(folder.path, with: "FOLDER")
        }
        // Device and inode are this machine's.
        let text = run.replacing(/[0-9a-f]+:[0-9a-f]+ [1-9][0-9]* +(?=\S*program)/, with: "DEVICE INODE ")
        let file = Self.folder.appending(path: snapshot.name + ".txt")
        if ProcessInfo.processInfo.environment["FAULTLINE_RECORD_SNAPSHOTS"] != nil {
            try Data(text.utf8).write(to: file)
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(text == expected)
    }

    @Test("no snapshot is left over")
    func noneIsLeftOver() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(names) == Set(Self.cases.map { $0.name + ".txt" }))
    }

    @Test("generate writes the programs that it prints, a file a seed")
    func generateWrites() throws {
        try CommandRun.withFolder([:]) { folder in
            let arguments = ["generate", "--profile", "cow", "--seed", "4", "--count", "2", "--output", "made"]
            let made = try CommandRun(arguments, in: folder)
            #expect(made.status == 0 && made.output.isEmpty)
            for seed in [4, 5] {
                let printed = try CommandRun(["generate", "--profile", "cow", "--seed", "\(seed)"], in: folder)
                let file = folder.appending(path: "made/cow-\(seed).fl")
                #expect(try String(contentsOf: file, encoding: .utf8) == printed.output)
            }
            let blocked = try CommandRun(["generate", "--profile", "cow", "--output", "made/cow-4.fl"], in: folder)
            #expect(blocked.status == 2 && blocked.errors.hasPrefix("Error: cannot write into made/cow-4.fl: "))
        }
    }
}

/// The smallest program with code and data: an ELF64 file of two segments.
enum SmallProgram {
    static let bytes: [UInt8] = {
        var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        func add(_ value: UInt64, _ size: Int) {
            for byte in 0..<size { file.append(UInt8(value >> (8 * UInt64(byte)) & 0xff)) }
        }
        // e_type EXEC, e_machine x86-64, e_version, e_entry, e_phoff, e_shoff, e_flags
        for (value, size) in [(2, 2), (62, 2), (1, 4), (0x401000, 8), (64, 8), (0, 8), (0, 4)] as [(UInt64, Int)] {
            add(value, size)
        }
        // e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx
        for value in [64, 56, 2, 0, 0, 0] as [UInt64] { add(value, 2) }
        for (flags, offset, address, size) in [(5, 0x1000, 0x401000, 1), (6, 0x2000, 0x402000, 0x1234)]
            as [(UInt64, UInt64, UInt64, UInt64)]
        {
            add(1, 4)
            add(flags, 4)
            for value in [offset, address, address, min(size, 0x10), size, 0x1000] { add(value, 8) }
        }
        file += [UInt8](repeating: 0, count: 0x1000 - file.count) + [0xc3]
        file += [UInt8](repeating: 0, count: 0x2000 - file.count) + [UInt8](repeating: 9, count: 0x10)
        return file
    }()
}
