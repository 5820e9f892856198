import Foundation
import Testing

/// Programs of this machine on simulated memory.
@Suite("exec", .enabled(if: ExecPrograms.canRun, "no userfaultfd, seccomp or ptrace for this user here"))
struct ExecCommandTests {
    private struct Report: Decodable {
        struct Process: Decodable {
            let program: String
            let end: String
            let minorFaults, majorFaults: Int
            let events: [String: Int]
            let sharedAtForkKiB: Int
        }
        let processes: [Process]
    }

    /// Runs a line natively and with `$X` as `faultline exec`: output and status must be the same.
    private func compare(_ line: String, in folder: URL) throws {
        let native = try CommandRun(shell: "X=; " + line, in: folder)
        let simulated = try CommandRun(
            shell: "X='\(CommandRun.tool.path) exec --report report --'; " + line, in: folder)
        #expect(simulated.output == native.output, "\(line)")
        #expect(simulated.status == native.status, "\(line): \(simulated.errors)")
        let report = try String(contentsOf: folder.appending(path: "report"), encoding: .utf8)
        #expect(report.contains("faults:"))
    }

    private func report(_ program: String, _ arguments: [String], in folder: URL) throws -> Report {
        let run = try CommandRun(["exec", "--json", "--report", "report", "--", program] + arguments, in: folder)
        try #require(run.status == 0, "\(run.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(contentsOf: folder.appending(path: "report")))
    }

    @Test(
        "programs of Debian run to their usual output and status",
        arguments: [
            ("sort", "seq 30000 | $X /usr/bin/sort -r | cksum"), ("sort", "$X /usr/bin/sort /nonexistent 2>/dev/null"),
            ("gzip", "$X /usr/bin/gzip -c /bin/sh | gzip -d | cmp - /bin/sh"),
            (
                "python3",
                "$X /usr/bin/python3 -c 'd = {i: str(i) for i in range(50000)}; print(sum(map(len, d.values())))'"
            ),
            ("python3", "$X /usr/bin/python3 -c 'import sys; sys.exit(7)'"),
            (
                "sqlite3",
                "$X /usr/bin/sqlite3 :memory: 'create table t(a); insert into t values(1),(2); select sum(a) from t'"
            ),
        ])
    func debianPrograms(name: String, line: String) throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/\(name)") else {
            try Test.cancel("there is no /usr/bin/\(name)")
        }
        try CommandRun.withFolder([:]) { try compare(line, in: $0) }
    }

    @Test("a shell with pipes, children and an exit status of its own runs so with all that it starts")
    func shell() throws {
        try CommandRun.withFolder([:]) { folder in
            try compare("$X /bin/sh -c 'echo one; (echo b; echo a) | sort; cat /dev/null; exit 3'", in: folder)
        }
    }

    @Test("first writes, COW copies and the parent's writes after fork are the faults that the live kernel counts")
    func cowFigures() throws {
        try CommandRun.withFolder([:]) { folder in
            let program = try ExecPrograms.compile(ExecPrograms.cow, in: folder)
            let native = try CommandRun(shell: "\(program) 128 print", in: folder)
            #expect(native.output == "child 128\nparent 128 128\n")
            let few = try report(program, ["16"], in: folder).processes
            let many = try report(program, ["144"], in: folder).processes
            try #require(few.count == 2 && many.count == 2)
            #expect(many[0].minorFaults - few[0].minorFaults == 256)
            #expect(many[1].minorFaults - few[1].minorFaults == 128)
            // Which of the two writes a page of the stack first, and so copies it, is chance; the other one then has it alone.
            for event in ["cow_copied", "cow_reused"] {
                let counts = [few, many].map { $0.reduce(0) { $0 + $1.events[event, default: 0] } }
                #expect(counts[1] - counts[0] == 128, "\(event)")
            }
            #expect(many[1].sharedAtForkKiB - few[1].sharedAtForkKiB == 512)
        }
    }

    @Test("the same program run twice has the same faults")
    func isRepeatable() throws {
        try CommandRun.withFolder([:]) { folder in
            let first = try report("/bin/true", [], in: folder).processes
            let second = try report("/bin/true", [], in: folder).processes
            #expect(first.map(\.minorFaults) == second.map(\.minorFaults))
            #expect(first.map(\.majorFaults) == [0])
            #expect(first.map(\.end) == ["exited with 0"])
        }
    }

    @Test("threads, own signal handlers and static programs give their native output")
    func compiledPrograms() throws {
        for (text, options) in [
            (ExecPrograms.threads, []), (ExecPrograms.signals, []), (ExecPrograms.signals, ["-static"]),
        ] {
            try CommandRun.withFolder([:]) { folder in
                _ = try ExecPrograms.compile(text, in: folder, options: options)
                try compare("$X ./program", in: folder)
            }
        }
    }

    @Test("a program that a signal ends gives 128 and the signal's number")
    func killedProgram() throws {
        try CommandRun.withFolder([:]) { folder in
            let run = try CommandRun(["exec", "--", "/bin/sh", "-c", "kill -TERM $$"], in: folder)
            #expect(run.status == 128 + SIGTERM)
            #expect(run.errors.contains("killed by signal 15"))
        }
    }

    @Test("what cannot run so is refused before it starts, with the reason")
    func refusals() throws {
        try CommandRun.withFolder(["text": "no program", "old": ""]) { folder in
            for name in ["text", "old"] { chmod(folder.appending(path: name).path, 0o755) }
            let missing = try CommandRun(["exec", "--", "no-such-program"], in: folder)
            #expect(missing.status == 127)
            #expect(missing.errors.contains("no-such-program"))
            let text = try CommandRun(["exec", "--", "./text"], in: folder)
            #expect(text.status == 126)
            #expect(text.errors.contains("no ELF file"))
            var head = [UInt8](repeating: 0, count: 64)
            head.replaceSubrange(0..<5, with: [0x7f, 0x45, 0x4c, 0x46, 1])
            try Data(head).write(to: folder.appending(path: "old"))
            let old = try CommandRun(["exec", "--", "./old"], in: folder)
            #expect(old.status == 126)
            #expect(old.errors.contains("32-bit"))
            chmod(folder.appending(path: "text").path, 0o4755)
            let privileged = try CommandRun(["exec", "--", "./text"], in: folder)
            #expect(privileged.status == 126)
            #expect(privileged.errors.contains("set-user-ID"))
        }
    }

    @Test("a program that writes over the assistant's mailbox ends with an error at worst")
    func vandal() throws {
        try CommandRun.withFolder([:]) { folder in
            _ = try ExecPrograms.compile(ExecPrograms.vandal, in: folder)
            let run = try CommandRun(["exec", "--", "./program"], in: folder)
            #expect(!run.wasSignalled, "\(run.errors)")
            #expect([0, 2].contains(run.status) || run.errors.contains("killed by signal"), "\(run.errors)")
        }
    }

    @Test("when the command is killed, its program goes with it")
    func killedCommand() throws {
        try CommandRun.withFolder([:]) { folder in
            let process = Process()
            process.executableURL = CommandRun.tool
            process.currentDirectoryURL = folder
            process.arguments = ["exec", "--", "/bin/sh", "-c", "echo $$ >number; exec sleep 1000"]
            process.standardError = FileHandle.nullDevice
            try process.run()
            let file = folder.appending(path: "number")
            var number: Int32?
            for _ in 0..<600 where number == nil {
                usleep(50_000)
                number = (try? String(contentsOf: file, encoding: .utf8)).flatMap { Int32($0.dropLast()) }
            }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let program = try #require(number)
            var isGone = false
            for _ in 0..<600 where !isGone {
                // One that nobody has waited for yet runs no more.
                let state = try? String(contentsOfFile: "/proc/\(program)/stat", encoding: .utf8)
                isGone = state?.contains(") Z ") ?? true
                if !isGone { usleep(50_000) }
            }
            #expect(isGone)
        }
    }
}
