import Foundation
import Testing

/// What this machine allows.
enum LiveCommands {
    /// It counts only where the kernel does not overcommit.
    static let setting = "/proc/sys/vm/user_reserve_kbytes"

    /// Whether programs run here and settings can be changed.
    static let canRun: Bool = {
        guard geteuid() == 0, access(setting, W_OK) == 0 else { return false }
        let run = try? CommandRun.withFolder(["a.fl": "load(W)\n"]) {
            try CommandRun(["record", "--on", "live", "a.fl"], in: $0)
        }
        return run?.status == 0
    }()
}

/// Live runs as the user starts and stops them; they take root, for the settings.
@Suite("On the live kernel", .enabled(if: LiveCommands.canRun), .serialized)
struct LiveCommandTests {
    private static func value() throws -> Int {
        let text = try String(contentsOfFile: LiveCommands.setting, encoding: .utf8)
        return try #require(Int(text.split(separator: "\n").first ?? ""))
    }

    /// A program that takes seconds.
    private static let long =
        "p = mmap(W, 2G, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        + String(repeating: "read_pages(p, 2G)\nmadvise(p, 2G, MADV_DONTNEED)\n", count: 100)

    private func waitUntil(_ condition: () throws -> Bool) throws -> Bool {
        for _ in 0..<600 {
            if try condition() { return true }
            usleep(50_000)
        }
        return try condition()
    }

    /// The processes that a process has made and that are there: field 4 of /proc/PID/stat is the parent.
    private func children(of process: Int32) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { name in
            guard Int(name) != nil, let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return false }
            let fields = text[end...].split(separator: " ")
            return fields.count > 2 && fields[2] == "\(process)"
        }
    }

    @Test(
        "a signal ends a run with its agents and puts the settings back",
        arguments: [SIGINT, SIGTERM, SIGHUP, SIGKILL], ["record", "check"])
    func signals(signal: Int32, command: String) throws {
        let before = try Self.value()
        try CommandRun.withFolder(["long.fl": Self.long]) { folder in
            let process = Process()
            process.executableURL = CommandRun.tool
            process.currentDirectoryURL = folder
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            let options = command == "record" ? ["record", "--on", "live"] : ["check"]
            process.arguments = options + ["--sysctl", "vm.user_reserve_kbytes=\(before - 1)", "long.fl"]
            try process.run()
            // The setting is made, and the agent is there beside the guard.
            #expect(try waitUntil { try Self.value() == before - 1 })
            #expect(try waitUntil { children(of: process.processIdentifier).count == 2 })
            let made = children(of: process.processIdentifier)
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == signal)
            if signal != SIGKILL { #expect(try Self.value() == before, "put back before the command ends") }
            #expect(try waitUntil { try Self.value() == before })
            #expect(try waitUntil { made.allSatisfy { access("/proc/\($0)", F_OK) != 0 } })
        }
    }

    @Test("a program that fails in a line, and a kernel that has no such setting, leave the settings as they were")
    func failures() throws {
        let before = try Self.value()
        let files = ["bad.fl": "x = brk(0)\ny = 4 / (x - x)\n", "a.fl": "load(W)\n"]
        try CommandRun.withFolder(files) { folder in
            let option = "vm.user_reserve_kbytes=\(before - 1)"
            let bad = try CommandRun(["record", "--on", "live", "--sysctl", option, "bad.fl"], in: folder)
            #expect(bad.status == 2 && bad.errors.hasPrefix("Error: bad.fl:2: error: division by zero"))
            let gap = ["record", "--on", "live", "--sysctl", option, "--sysctl", "stack_guard_gap=1", "a.fl"]
            let none = try CommandRun(gap, in: folder)
            #expect(none.status == 2 && none.errors.contains("a running kernel cannot change it"))
        }
        #expect(try Self.value() == before)
    }

    @Test(
        "an expectation that fails on the kernel too is status 1; a program that varies is left out, and says what varied"
    )
    func expectations() throws {
        let files = [
            "a.fl": "load(W) => 7\n", "good.fl": "load(W) => SIGSEGV SEGV_MAPERR\n",
            // The clock of the vdso's data.
            "varies.fl": (0..<16).map { "load(0x7ffff7ff7000+\($0 % 4 * 4096 + 8 + $0 / 4))\n" }.joined(),
        ]
        try CommandRun.withFolder(files) { folder in
            let failed = try CommandRun(["check", "a.fl"], in: folder)
            #expect(failed.status == 1)
            #expect(failed.output == "a.fl: equal\n  a.fl:1: expected 7 in load(W) => 7\n")
            #expect(try CommandRun(["check", "--strict", "good.fl"], in: folder).status == 0)
            #expect(try CommandRun(["record", "--on", "live", "a.fl"], in: folder).status == 1)
            let leftOut = "varies.fl: left out, the kernel does not do the same twice; not checked\n  run 1 (-)"
            for (options, status) in [(["--strict"], 3 as Int32), ([], 0)] {
                // The clock's data change at the next tick: where all runs fell into one, they were the same.
                var varied = try CommandRun(["check"] + options + ["varies.fl"], in: folder)
                for _ in 0..<20 where !varied.output.hasPrefix("varies.fl: left out") {
                    varied = try CommandRun(["check"] + options + ["varies.fl"], in: folder)
                }
                #expect(varied.output.hasPrefix(leftOut))
                #expect(varied.status == status)
            }
        }
    }

    @Test("what is not modelled is named with its line where both do the same; --strict makes it status 3")
    func notModelled() throws {
        let program = "p = mmap(W, 4K, 3, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\nload(0x401fff)\n"
        try CommandRun.withFolder(["byte.fl": program]) { folder in
            let told = try CommandRun(["check", "byte.fl"], in: folder)
            #expect(told.status == 0)
            #expect(
                told.output.hasPrefix("byte.fl: equal\n  line 2: reading the bytes of a program, a library"))
            #expect(try CommandRun(["check", "--strict", "byte.fl"], in: folder).status == 3)
        }
    }
}
