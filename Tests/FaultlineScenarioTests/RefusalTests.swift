import Faultline
import FaultlineHost
import Testing

@testable import FaultlineScenario

/// Every errno and every signal has its reason, in the words and with the figures of its rule.
struct RefusalTests {
    /// The steps of a program that fail.
    private func failures(_ source: String, settings: KernelSettings = KernelSettings()) throws -> [ScenarioStep] {
        let executor = try SimulatorExecutor(settings: settings)
        executor.findProgram = ProgramImage.files
        let runner = try ScenarioSession(try Parser.parse(source), on: executor)
        return try runner.run().steps.filter {
            guard case .result(let result) = $0.content else { return false }
            switch result.outcome {
            // The out-of-memory killer has its own line.
            case .signal(.SIGKILL, _, _): return false
            case .error, .signal: return true
            default: return false
            }
        }
    }

    /// What the last statement of a program was refused for.
    private func refusal(_ source: String, settings: KernelSettings = KernelSettings()) throws -> String? {
        let executor = try SimulatorExecutor(settings: settings)
        let runner = try ScenarioSession(try Parser.parse(source + "\n"), on: executor)
        return try runner.run().steps.last?.refusal?.text
    }

    @Test("in every recording, what fails has a refusal with the same errno or signal", arguments: RecordedCase.folders)
    func recordings(_ profile: String) throws {
        var count = 0
        for recorded in try RecordedCase.all(of: profile) {
            var settings = KernelSettings()
            settings.cpu = try Recording.parse(recorded.recording).cpu
            for step in try failures(recorded.program, settings: settings) {
                guard case .result(let result) = step.content else { continue }
                let answer = step.refusal?.answer.name
                #expect(
                    answer.map { result.text.contains($0) } ?? false,
                    "\(profile)/\(recorded.name):\(step.statement.line): \(step.statement.source): \(result.text), refused \(step.refusal?.text ?? "without a reason")"
                )
                count += 1
            }
        }
        // In the programs of oom processes are killed, and no call fails.
        #expect(count > 0 || profile == "oom")
    }

    private static let anonymous = "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"

    private static let cases: [(String, String)] = [
        (
            "setrlimit(RLIMIT_AS, 64M)\nmmap(0, 1G, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
            "RLIMIT_AS 65,536K"
        ),
        (
            "setrlimit(RLIMIT_DATA, 1M)\nmmap(0, 2M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
            "RLIMIT_DATA 1,024K"
        ),
        (
            "mmap(0, 1<<40, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
            "ENOMEM: one request for 1,073,741,824K is more than all memory,"
        ),
        ("munmap(W, 0)", "EINVAL: length is 0"), ("munmap(W+1, 4K)", "addr 0x100000000001 is not a multiple of 4K"),
        ("mmap(W, 200<<40, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)", "reaches beyond TASK_SIZE 0x7ffffffff000"),
        ("mmap(0, 4K, PROT_READ, MAP_PRIVATE, 77, 0)", "EBADF: descriptor 77 is not open"),
        ("mmap(0, 4K, PROT_READ, MAP_ANONYMOUS, -1, 0)", "flags name the type 0x0"),
        (
            "mmap(W, 8K, PROT_READ, \(anonymous)mseal(W, 4K, 0)\nmunmap(W, 8K)",
            "EPERM: the VMA 100000000000-100000001000 is sealed (sl)"
        ),
        (
            "mmap(W, 4K, PROT_READ, \(anonymous)mprotect(W, 8K, PROT_NONE)",
            "ENOMEM: nothing is mapped at 0x100000001000 of the range 100000000000-100000002000"
        ),
        (
            "mmap(W, 4K, PROT_READ, \(anonymous)mlock(W, 4K)\nmadvise(W, 4K, MADV_DONTNEED)",
            "is lo, which MADV_DONTNEED refuses"
        ),
        ("madvise(W, 4K, 99)", "EINVAL: advice is 99: no advice has this number here"),
        ("brk(W)", "brk: one request for 17,"), ("mremap(W, 4K, 8K, 0)", "EFAULT: nothing is mapped at 0x100000000000"),
        ("load(W)", "SIGSEGV: no VMA holds 0x100000000000"), ("load(-1)", "SIGSEGV:"),
        ("load(1<<62)", "0x4000000000000000 is not canonical"),
        (
            "mmap(W, 4K, PROT_READ, \(anonymous)store(W, 1)",
            "SIGSEGV: the VMA 100000000000-100000001000 is r--p, which allows no write"
        ),
        ("setrlimit(RLIMIT_FSIZE, 4K)\nf = memfd_create(\"m\", 0)\nftruncate(f, 8K)", "RLIMIT_FSIZE 4K"),
        (
            "f = tmpfs_file(4K)\nmmap(W, 8K, PROT_READ, MAP_SHARED|MAP_FIXED, f, 0)\nload(W+4K)",
            "SIGBUS: offset 0x1000"
        ),
        (
            "m = tmpfs_mount(64K)\nf = tmpfs_file(64K, m)\npwrite(f, 64K, 1, 1)",
            "ENOSPC: the tmpfs has 16 blocks of 4 KiB, 16 are used"
        ),
        (
            "m = tmpfs_mount(8K)\nf = tmpfs_file(4K, m)\nfallocate(f, 0, 0, 12K)",
            "ENOSPC: 3 blocks are asked for, the tmpfs has 2 blocks of 4 KiB"
        ),
        (
            "m = tmpfs_mount(4K)\nf = tmpfs_file(4K, m)\nftruncate(f, 8K)\nmmap(W, 8K, 3, MAP_SHARED|MAP_FIXED, f, 0)\nload(W+4K)",
            "SIGBUS: the tmpfs has 1 block of 4 KiB, 1 is used"
        ),
        ("tmpfs_file(4K, 3)", "EBADF: tmpfs_mount has made no file system 3"),
        ("drop_caches(0)", "EINVAL: N is 0: must be 1, 2 or 3"),
        ("shmat(77, 0, 0)", "EINVAL: there is no shared memory segment with id 77"),
        (
            "setuid(1000)\nsetuid(0)",
            "EPERM: the process is user 1000 and cannot become user 0: CAP_SETUID is missing"
        ),
        (
            "f = disk_file(4K)\nsetuid(1000)\nreopen(f, O_RDONLY)",
            "EACCES: the file has mode 0600 and belongs to user 0; user 1000 may not read it"
        ),
        (
            "s = shmget(1, 4K, IPC_CREAT|416)\nsetuid(1000)\nshmat(s, 0, 0)",
            "has mode 0640 and belongs to user 0; user 1000 wants 0x6, and CAP_IPC_OWNER is missing"
        ),
        (
            "s = shmget(1, 4K, IPC_CREAT|416)\nsetuid(1000)\nshmctl(s, IPC_RMID, 0)",
            "belongs to user 0, not to user 1000, and CAP_SYS_ADMIN is missing"
        ),
        (
            "setuid(1000)\nmem_read(init, W, 1)",
            "user 1000 may not open /proc/PID/mem of a process of user 1000, which may not be dumped"
        ),
        (
            "setuid(1000)\nsetrlimit(RLIMIT_NPROC, 0)\nc = fork()",
            "EAGAIN: user 1000 would have 2 processes; RLIMIT_NPROC is 0"
        ),
        ("fadvise(9, 0, 0, 0)", "EBADF: descriptor 9 is not open"),
        ("f = disk_file(4K)\nfadvise(f, 0, 0, 6)", "EINVAL: advice is 6: no advice has this number"),
        ("f = disk_file(4K)\nfadvise(f, 0, -1, 0)", "EINVAL: length is -1: must not be negative"),
    ]

    @Test("a refusal gives the figures of its rule", arguments: cases)
    func figures(source: String, expected: String) throws {
        let text = try refusal(source)
        #expect(text?.contains(expected) ?? false, "\(source): \(text ?? "no refusal")")
    }

    @Test("strict overcommit names charge and limit")
    func commitLimit() throws {
        var settings = KernelSettings()
        settings.overcommitMode = 2
        let map = "mmap(0, 13G, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"
        let text = try #require(try refusal(map, settings: settings))
        #expect(text.hasPrefix("ENOMEM: commit charge 13,63"))
        #expect(text.contains("K would exceed the limit 12,"))
    }

    @Test("an expansion over two VMAs says why they are two")
    func severalVMAs() throws {
        let map =
            "f = tmpfs_file(64K)\nmmap(W, 4K, PROT_READ, MAP_SHARED|MAP_FIXED, f, 0)\n"
            + "mmap(W+4K, 4K, PROT_READ, MAP_SHARED|MAP_FIXED, f, 8K)\nmremap(W, 8K, 12K, MREMAP_MAYMOVE)"
        let text = try #require(try refusal(map))
        #expect(text.hasPrefix("EFAULT: the range 100000000000-100000002000 is more than one VMA"))
        #expect(text.contains("file offset 0x2000 does not continue 0x0 by 4K"))
    }

    @Test("a stack that may not grow names its neighbour and the distance, or RLIMIT_STACK")
    func stacks() throws {
        let stack = "mmap(W, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0)\n"
        let below = "mmap(W-64K, 4K, PROT_READ, \(Self.anonymous)store(W-4K, 1)"
        let near = try #require(try refusal(stack + below))
        #expect(near.contains("would be 56K above the VMA fffffff0000-fffffff1000, and stack_guard_gap is 1,024K"))
        let limited = try #require(try refusal("setrlimit(RLIMIT_STACK, 8K)\n" + stack + "store(W-8K, 1)"))
        #expect(limited == "SIGSEGV: a stack of 12K would exceed RLIMIT_STACK 8K")
    }

    @Test("a merge that is refused names the flag that differs")
    func merges() throws {
        let executor = try SimulatorExecutor()
        let source =
            "mmap(W, 4K, PROT_READ|PROT_WRITE, \(Self.anonymous)"
            + "mmap(W+4K, 4K, PROT_READ|PROT_WRITE, MAP_NORESERVE|\(Self.anonymous)"
        executor.machine.trace(true)
        let runner = try ScenarioSession(try Parser.parse(source), on: executor)
        _ = try runner.run()
        let refused = executor.machine.takeEvents().filter { $0.kind == .vmaMergeRefused }
        let text = try #require(refused.last?.text())
        #expect(text.hasSuffix("(flags differ: 100000000000-100000001000 has ac and lacks nr)"), "\(text)")
    }

    @Test("nothing is kept while no one listens, and a refused call that went on is no reason")
    func listening() throws {
        let machine = try Machine(ramBytes: 64 << 20)
        let process = try machine.start()
        #expect(throws: Errno.EINVAL) { try machine.munmap(process, 1, 4096) }
        #expect(machine.takeRefusal() == nil)
        machine.listensForRefusals = true
        #expect(throws: Errno.EINVAL) { try machine.munmap(process, 1, 4096) }
        let refusal = try #require(machine.takeRefusal())
        #expect(refusal.rule.id == "unaligned" && refusal.process == 0)
        #expect(refusal.rule.fields.map(\.name) == ["argument", "value", "unit"])
        #expect(refusal.rule.fields[1].value.number == 1)
        #expect(machine.takeRefusal() == nil)
        _ = try machine.mmap(process, 0, 4096, prot: 0, flags: 0x22)
        try machine.mlockall(process, flags: 1)
        #expect(machine.takeRefusal() == nil)
    }

    @Test("a failed expectation is followed by the reason, with the process")
    func transcript() throws {
        let source = "c = fork()\nc: munmap(W, 0) => ok\n"
        let program = try Parser.parse(source)
        let runner = try ScenarioSession(program, on: try SimulatorExecutor())
        let step = try #require(try runner.run().steps.last)
        let text = Transcript(program).text(step)
        #expect(text.hasSuffix("      ^ expected ok\n      ^ c: refused EINVAL: length is 0\n"))
    }

    @Test("the report for machines has the rule taken apart")
    func report() throws {
        let program = try Parser.parse("setrlimit(RLIMIT_AS, 64M)\nmmap(0, 1G, 1, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n")
        let executor = try SimulatorExecutor()
        executor.machine.trace(true)
        let runner = try ScenarioSession(program, on: executor)
        var notes: [Transcript.Notes] = []
        let run = try runner.run(onStep: { _ in
            var note = Transcript.Notes()
            note.events = executor.machine.takeEvents()
            notes.append(note)
        })
        var contents = RunReport.Contents()
        contents.events = true
        let step = RunReport(run, notes: notes, contents: contents).steps[1]
        let refusal = try #require(step.refusal)
        #expect(refusal.answer == "ENOMEM" && refusal.rule == "rlimit")
        let limit = try #require(refusal.fields.first { $0.name == "limit" })
        #expect(limit.number == 64 << 20 && limit.unit == "bytes" && limit.text == "65,536K")
        #expect(
            step.trace?.last?.refusal?.rule == "rlimit"
                && step.events?.last?.hasPrefix("process 0: refused ENOMEM: ") ?? false)
    }
}
