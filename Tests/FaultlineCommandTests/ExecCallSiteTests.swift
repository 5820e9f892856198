import FaultlineCallSites
import Foundation
import Testing

/// Faults of programs by the code that took them.
@Suite(
    "exec, call sites", .enabled(if: ExecPrograms.canRun, "no userfaultfd, seccomp or ptrace for this user here"),
    .enabled(if: Symbolizer.hasDebugInformation, "names of functions need libdw"))
struct ExecCallSiteTests {
    @Test("faults have function, line and callers, with frame pointers and without", arguments: ["-O0", "-O2"])
    func chains(_ level: String) throws {
        try CommandRun.withFolder([:]) { folder in
            _ = try ExecPrograms.compile(ExecPrograms.chains, in: folder, options: ["-g", level])
            let run = try CommandRun(["exec", "--collapsed", "stacks", "--", "./program"], in: folder)
            #expect(run.status == 0)
            let stacks = try String(contentsOf: folder.appending(path: "stacks"), encoding: .utf8).split(
                separator: "\n")
            let ours = stacks.filter { $0.hasPrefix("program;") && $0.contains(";main;") }
            #expect(ours.contains { $0.hasSuffix(";main;work;fill 100") }, "\(stacks)")
            #expect(ours.contains { $0.hasSuffix(";main;deep;deep;deep;deep;work;fill 50") }, "\(stacks)")
            // The kernel took this one on behalf of read(2); its callers are known as far as they do without frame pointers.
            #expect(stacks.contains { $0.hasPrefix("program;") && $0.hasSuffix("read 1") }, "\(stacks)")
            #expect(run.errors.contains("fill+0x") && run.errors.contains("in program (program.c:"), "\(run.errors)")
            #expect(run.errors.contains("deep in program (recursive)"))
        }
    }

    @Test(
        "all faults of a process are in its table, and a chain through code without unwind information says that it may be incomplete"
    )
    func sums() throws {
        try CommandRun.withFolder([:]) { folder in
            let options = ["-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-fomit-frame-pointer"]
            _ = try ExecPrograms.compile(ExecPrograms.chains, in: folder, options: options)
            let run = try CommandRun(["exec", "--", "./program"], in: folder)
            let text = run.errors.split(separator: "\n").map { $0.split(separator: " ") }
            let faults = text.first { $0.first == "faults:" }.flatMap { Int($0[1]) }
            let sum = text.first { $0.last == "all" }.flatMap { Int($0[0]) }
            #expect(faults != nil && faults == sum, "\(run.errors)")
            let lines = run.errors.split(separator: "\n")
            let place = try #require(lines.firstIndex { $0.contains("fill+0x") })
            let end = lines[(place + 1)...].firstIndex { !$0.hasPrefix("            ") || $0.contains("(may be") }
            #expect(end.map { lines[$0].contains("(may be incomplete)") } == true, "\(run.errors)")
        }
    }

    @Test("without call sites no thread is stopped for them, and the faults are the same")
    func without() throws {
        try CommandRun.withFolder([:]) { folder in
            _ = try ExecPrograms.compile(ExecPrograms.chains, in: folder)
            let figures = try ["0", "10"].map { sites in
                let run = try CommandRun(["exec", "--sites", sites, "--", "./program"], in: folder)
                #expect(run.errors.contains("faults by call site") == (sites != "0"))
                return run.errors.split(separator: "\n").first { $0.hasPrefix("  faults:") }
            }
            #expect(figures[0] == figures[1])
        }
    }
}
