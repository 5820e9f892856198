import Faultline
import FaultlineInspect
import Testing

/// The address space of a program before its first instruction, as `load_elf_binary` leaves it.
struct ExecveTests {
    private func start(
        _ file: ELFFile, interpreter: ELFFile? = nil, seed: UInt64? = nil, mode: Int = 2
    ) throws -> (machine: Machine, process: Int) {
        var settings = KernelSettings()
        settings.randomizeVASpace = mode
        let machine = try Machine(ramBytes: 256 << 20, settings: settings)
        var execution = Execution(path: "/p", environment: ["A=1"])
        execution.seed = seed
        let process = try machine.start(
            try ELFImage(name: "/p", bytes: file.bytes),
            interpreter: try interpreter.map { try ELFImage(name: "/ld", bytes: $0.bytes) }, execution)
        #expect(machine.checkInvariants() == nil)
        return (machine, process)
    }

    private func maps(_ started: (machine: Machine, process: Int)) throws -> [String] {
        let text = MapsReader().text(try started.machine.snapshot(started.process))
        return text.split(separator: "\n").map { line in
            line.split(separator: " ").enumerated().filter { ![3, 4].contains($0.offset) }.map { String($0.element) }
                .joined(separator: " ")
        }
    }

    @Test("a program with fixed addresses lies where it was linked, its bss behind its data, without a name")
    func fixedAddresses() throws {
        #expect(
            try maps(start(.program(type: 2, base: 0x40_0000))) == [
                "00400000-00401000 r--p 00000000 /p", "00401000-00403000 r-xp 00001000 /p",
                "00404000-00406000 rw-p 00002000 /p", "00406000-0040b000 rw-p 00000000",
                "7ffff7ff7000-7ffff7ffb000 r--p 00000000 [vvar]",
                "7ffff7ffb000-7ffff7ffd000 r--p 00000000 [vvar_vclock]",
                "7ffff7ffd000-7ffff7fff000 r-xp 00000000 [vdso]",
                "7ffffffde000-7ffffffff000 rw-p 00000000 [stack]",
                "ffffffffff600000-ffffffffff601000 --xp 00000000 [vsyscall]",
            ])
    }

    @Test("a dynamic program lies at two thirds of the address space, its interpreter at the top of the mmap area")
    func dynamic() throws {
        let lines = try maps(
            start(
                {
                    var file = ELFFile.program(type: 3, base: 0)
                    file.interpreter = "/ld"
                    return file
                }(), interpreter: .program(type: 3, base: 0)))
        #expect(lines.first == "555555554000-555555555000 r--p 00000000 /p")
        #expect(lines.contains("7ffff7ff4000-7ffff7ff5000 r--p 00000000 /ld"))
        #expect(lines.contains("7ffff7fff000-7ffff8000000 rw-p 00000000") == false)
        #expect(lines.contains { $0.hasSuffix("[vdso]") && $0 < "7ffff7ff4000" })
    }

    @Test("the file's bytes are there, the rest of its last page and the bss read zero")
    func contents() throws {
        let (machine, process) = try start(.program(type: 2, base: 0x40_0000))
        #expect(try machine.load(process, 0x40_0000) == .success(0x7f))
        #expect(try machine.load(process, 0x40_1000) == .success(0x90))
        #expect(try machine.load(process, 0x40_50ff) == .success(0x90))
        #expect(try machine.load(process, 0x40_5100) == .success(0))
        #expect(try machine.load(process, 0x40_5fff) == .success(0))
        #expect(try machine.load(process, 0x40_a000) == .success(0))
        // The data page is the process's own now, the file's is not changed.
        #expect(try machine.store(process, 0x40_4e00, 1) == nil)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("argc stands where the stack pointer is, and the path ends the stack")
    func stack() throws {
        let (machine, process) = try start(.program(type: 2, base: 0x40_0000))
        // The path, one variable and one argument take 10 bytes; see create_elf_tables for the rest.
        let top: UInt64 = 0x7fff_ffff_f000
        let path = try (0..<3).map { try machine.load(process, top - 8 - 3 + $0).get() }
        #expect(path == Array("/p\0".utf8))
        let pointer = ((top - 8 - 10) & ~15) - 23
        let argc = (pointer - (46 + 5) * 8) & ~15
        #expect(try machine.load(process, argc) == .success(1))
    }

    @Test("the heap begins behind the bss; brk grows it there")
    func heap() throws {
        let started = try start(.program(type: 2, base: 0x40_0000))
        #expect(try started.machine.brk(started.process, 0) == 0x40_b000)
        #expect(try started.machine.brk(started.process, 0x40_c000) == 0x40_c000)
        #expect(try maps(started).contains("0040b000-0040c000 rw-p 00000000 [heap]"))
    }

    @Test("the heap of a static position-independent program lies outside the mmap area")
    func movedHeap() throws {
        let (machine, process) = try start(.program(type: 3, base: 0))
        #expect(try machine.brk(process, 0) == 0x5555_5555_5000)
    }

    // MARK: Random places

    @Test("the same seed gives the same places, another seed gives others")
    func seeds() throws {
        let file = ELFFile.program(type: 3, base: 0)
        let first = try maps(start(file, seed: 1))
        #expect(try maps(start(file, seed: 1)) == first)
        #expect(try maps(start(file, seed: 2)) != first)
        #expect(try maps(start(file, seed: 1, mode: 0)) == maps(start(file)))
    }

    @Test("drawn places are page-aligned, in the kernel's ranges, and spread over them")
    func ranges() throws {
        let taskSize: UInt64 = 0x7fff_ffff_f000
        // mmap_base: the stack's 8 MiB, its random 2^22 pages and its guard stay free; then 28 bits of pages.
        let highest = taskSize - (8 << 20) - (0x3f_ffff << 12) - (1 << 20)
        var tops: [UInt64] = []
        var bases: [UInt64] = []
        var heaps: [UInt64] = []
        for seed in 0..<200 {
            let (machine, process) = try start(.program(type: 2, base: 0x40_0000), seed: UInt64(seed))
            let vmas = try machine.snapshot(process).vmas
            tops.append(try #require(vmas.first { $0.name == "[stack]" }).end)
            bases.append(try #require(vmas.first { $0.name == "[vdso]" }).end)
            heaps.append(try machine.brk(process, 0))
        }
        let lowestTop = taskSize - (0x40_0000 << 12)
        #expect(tops.allSatisfy { $0 <= taskSize && $0 >= lowestTop && $0 % 4096 == 0 })
        #expect(bases.allSatisfy { $0 <= highest && $0 >= highest - (1 << 40) && $0 % 4096 == 0 })
        #expect(heaps.allSatisfy { $0 >= 0x40_c000 && $0 < 0x40_c000 + (1 << 30) && $0 % 4096 == 0 })
        // Of 200 uniform numbers, some lie in each quarter.
        for (values, low, length) in [
            (tops, lowestTop, UInt64(0x40_0000) << 12), (bases, highest - (1 << 40), 1 << 40),
            (heaps, 0x40_c000, 1 << 30),
        ] {
            for quarter in 0..<4 as Range<UInt64> {
                #expect(values.contains { ($0 - low) * 4 / length == quarter })
            }
        }
    }

    @Test("randomize_va_space 1 leaves the heap behind the bss")
    func modeOne() throws {
        let (machine, process) = try start(.program(type: 2, base: 0x40_0000), seed: 5, mode: 1)
        #expect(try machine.brk(process, 0) == 0x40_b000)
        let (second, child) = try start(.program(type: 2, base: 0x40_0000), seed: 5, mode: 2)
        #expect(try second.brk(child, 0) > 0x40_b000)
    }
}
