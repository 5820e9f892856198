import Faultline
import Testing

/// The reader of ELF files: what it takes, what it refuses, and that nothing makes it crash.
struct ELFImageTests {
    private func refusal(_ file: ELFFile) -> ELFError? { refusal(file.bytes) }

    private func refusal(_ bytes: [UInt8]) -> ELFError? {
        do {
            let machine = try Machine(ramBytes: 64 << 20)
            _ = try machine.start(try ELFImage(name: "/f", bytes: bytes), Execution(path: "/f"))
            #expect(machine.checkInvariants() == nil)
            return nil
        } catch let error as ELFError { return error } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    @Test("segments, entry, interpreter and stack are read")
    func readsFields() throws {
        var file = ELFFile.program(type: 3, base: 0)
        file.interpreter = "/lib/ld.so"
        let image = try ELFImage(name: "/p", bytes: file.bytes)
        #expect(image.kind == .positionIndependent)
        #expect(image.entry == 0x1000)
        #expect(image.interpreter == "/lib/ld.so")
        #expect(!image.hasExecutableStack)
        #expect(image.segments.map(\.protection) == [1, 5, 3])
        #expect(image.segments.map(\.offset) == [0, 0x1000, 0x2e00])
        #expect(image.segments[2].memorySize == 0x300 + 0x5678)
    }

    @Test("each rule of the loader names its field")
    func namesFields() {
        var file = ELFFile.program(type: 2, base: 0x40_0000)
        #expect(refusal(file) == nil)
        #expect(refusal([])?.field == "e_ident")
        #expect(refusal([0x7f] + [UInt8](repeating: 0, count: 100))?.field == "e_ident")
        file.entry = 0x7fff_ffff_f000
        #expect(refusal(file)?.field == "e_entry with the load bias")
        file.entry = 0x7fff_ffff_effe
        #expect(refusal(file) == nil)
        file.type = 1
        #expect(refusal(file)?.field == "e_type")
        file.type = 2
        file.machine = 3
        #expect(refusal(file)?.field == "e_machine")
        file.machine = 62
        file.headerSize = 32
        #expect(refusal(file)?.field == "e_phentsize")
        file.headerSize = 56
        file.headers = []
        #expect(refusal(file)?.field == "e_phnum")
        #expect(refusal(Array(ELFFile.program(type: 2, base: 0x40_0000).bytes.prefix(200)))?.field == "e_phoff")
    }

    @Test("a file without segments starts, the last PT_GNU_STACK counts, and the class byte does not")
    func lenience() throws {
        var file = ELFFile(type: 2, headers: [.init(type: 0x6474_e551, flags: 6), .init(type: 0x6474_e551, flags: 7)])
        #expect(refusal(file) == nil)
        #expect(try ELFImage(name: "/f", bytes: file.bytes).hasExecutableStack)
        file.headers.append(.init(type: 0x6474_e551, flags: 6))
        #expect(try !ELFImage(name: "/f", bytes: file.bytes).hasExecutableStack)
        var bytes = file.bytes
        bytes[4] = 1
        #expect(refusal(bytes) == nil)
    }

    @Test("a 32-bit program is told apart from a broken one, and death in execve from a refusal")
    func consequences() {
        var file = ELFFile.program(type: 2, base: 0x40_0000)
        file.entry = 1 << 47
        #expect(refusal(file)?.consequence == .fatal)
        #expect(refusal(file)?.description.contains("the process dies with SIGSEGV") == true)
        file.machine = 3
        #expect(refusal(file)?.consequence == .refused)
        var bytes = file.bytes
        // ELF32: e_phoff 52, e_phentsize 32, e_phnum 1.
        for (place, value) in [(28, 52), (29, 0), (30, 0), (31, 0), (42, 32), (43, 0), (44, 1), (45, 0)] {
            bytes[place] = UInt8(value)
        }
        #expect(refusal(bytes)?.consequence == .notModelled)
        #expect(refusal(bytes)?.description.contains("32-bit programs") == true)
    }

    @Test("each rule for a segment names its field and the errno of execve")
    func namesSegmentFields() {
        func changed(_ change: (inout ELFFile.Header) -> Void) -> ELFError? {
            var file = ELFFile.program(type: 2, base: 0x40_0000)
            change(&file.headers[1])
            return refusal(file)
        }
        #expect(changed { $0.fileSize = 0x2000 }?.field == "p_filesz of program header 1")
        #expect(changed { $0.offset += 1 }?.field == "p_offset of program header 1")
        #expect(changed { $0.address = 1 << 47 }?.field == "p_vaddr of program header 1")
        #expect(changed { $0.memorySize = 1 << 63 }?.field == "p_memsz of program header 1")
        #expect(changed { $0.memorySize = 1 << 63 }?.errno == .EINVAL)
        #expect(changed { $0.memorySize = 0x7000_0000_0000 }?.errno == .ENOMEM)
        var file = ELFFile.program(type: 2, base: 0x40_0000)
        file.interpreter = "/nowhere"
        #expect(refusal(file)?.field == "PT_INTERP (/nowhere)")
        #expect(refusal(file)?.errno == .ENOENT)
        file.interpreter = ""
        #expect(refusal(file)?.errno == .ENOEXEC)
    }

    @Test("files with random bytes changed are loaded or refused, and never crash", arguments: 0..<4)
    func survivesMutations(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var refused = 0
        for _ in 0..<100 {
            var bytes = ELFFile.program(
                type: random.chance(50) ? 2 : 3, base: random.chance(50) ? 0 : 0x40_0000,
                alignment: 1 << UInt64(random.below(64))
            ).bytes
            for _ in 0..<1 + random.below(6) {
                bytes[random.below(64 + 4 * 56)] = random.pick([0, 1, 0x7f, 0x80, 0xff, UInt8(random.below(256))])
            }
            if random.chance(20) { bytes.removeLast(random.below(bytes.count)) }
            if refusal(bytes) != nil { refused += 1 }
        }
        #expect(refused > 10 && refused < 100)
    }
}
