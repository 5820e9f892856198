import Faultline
import FaultlineScenario
import Testing

@testable import FaultlineCommand

/// The shell shows who waits for whom.
@Suite("Waiting processes in the shell") struct ShellWaitTests {
    private static let program = """
        mmap(W, 16K, 3, 0x32, -1, 0)
        u = userfaultfd(O_NONBLOCK)
        uffd_api(u, UFFD_FEATURE_EVENT_REMOVE)
        uffd_register(u, W, 16K, UFFDIO_REGISTER_MODE_MISSING)
        t = clone_vm()
        t: run_on(1)
        t: store(W+5, 1)
        uffd_zeropage(u, W, 4K, 0)
        mlock(W+4K, 4K)
        t: uffd_zeropage(u, W+4K, 4K, 0)
        t: madvise(W, 4K, MADV_DONTNEED)
        uffd_read(u)
        v = vfork()

        """

    @Test("waits, ps, set and the prompt tell who waits for whom")
    func page() throws {
        let shell = try Shell.example(Self.program)
        #expect(try shell.last("goto 6", "waits") == "nobody waits\n")
        #expect(shell.prompt == "init 6> ")
        let lines = try shell.last("goto 7", "waits").split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        #expect(
            lines == [
                "PROCESS LINE WAITS FOR SERVED BY STATEMENT",
                "t 7 MISSING at 0x100000000000 [write] init (descriptor 0), t (descriptor 0) t: store(W+5, 1)",
            ])
        #expect(shell.prompt == "init [t waits] 7> ")
        let list = try shell.last("ps").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        // Behind the mark of the current process: PID, PPID, CPU, TASK, ST.
        #expect(list[1][3...5] == ["0", "task#0", "RU"] && list[2][2...4] == ["1", "task#1", "IN"], "\(list)")
        let described = try shell.last("set t")
        #expect(described.contains("STATE: TASK_INTERRUPTIBLE, waits for MISSING at 0x100000000000 [write]\n"))
        #expect(described.contains("CPU: 1\n"))
        #expect(try shell.last("vm").contains(" CPU: 1 "))
        #expect(shell.prompt == "t (waits) 7> ")
        #expect(try shell.last("back", "waits") == "nobody waits\n")
        #expect(try shell.last("goto 8", "waits") == "nobody waits\n")
    }

    @Test("a wait in get_user_pages, for the reader of an event, and in vfork cannot be interrupted")
    func states() throws {
        let shell = try Shell.example(Self.program)
        func state(_ process: String) throws -> String {
            let line = try shell.last("ps").split(separator: "\n").first { $0.hasSuffix("  " + process) }
            return line?.split(separator: " ").first { ["RU", "IN", "UN"].contains($0) }.map(String.init) ?? ""
        }
        _ = try shell.last("goto 9")
        #expect(try state("init") == "UN" && state("t") == "RU")
        _ = try shell.last("goto 11")
        #expect(try state("init") == "RU" && state("t") == "UN")
        #expect(try shell.last("waits").contains("an event to be read"))
        _ = try shell.last("goto 13")
        #expect(try state("init") == "UN" && state("v") == "RU")
        #expect(try shell.last("waits").contains("init     13    v to exit or become a program  v"))
        _ = try shell.last("v: exit(0)")
        #expect(try shell.last("waits") == "nobody waits\n" && state("init") == "RU")
    }
}
