import Foundation
import Testing

/// Programs that `faultline exec` cannot run, and machines on which it cannot.
@Suite("exec, limits", .enabled(if: ExecPrograms.canRun, "no userfaultfd, seccomp or ptrace for this user here"))
struct ExecLimitTests {
    /// `exit(7)` for 32-bit Linux: a whole program of 97 bytes.
    private static let oldProgram: [UInt8] = {
        let code: [UInt8] = [0xb8, 1, 0, 0, 0, 0xbb, 7, 0, 0, 0, 0xcd, 0x80]
        let halves: ([UInt16]) -> [UInt8] = { $0.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] } }
        let words: ([UInt32]) -> [UInt8] = {
            $0.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        }
        let size = UInt32(84 + code.count)
        let head: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1] + Array(repeating: 0, count: 9)
        return head + halves([2, 3]) + words([1, 0x804_8054, 52, 0, 0]) + halves([52, 32, 1, 0, 0, 0])
            + words([1, 0, 0x804_8000, 0x804_8000, size, size, 5, 4096]) + code
    }()

    @Test(
        "a 32-bit program is refused before it starts, and ends all where another one becomes it, before its first instruction"
    )
    func oldProgram() throws {
        try CommandRun.withFolder([:]) { folder in
            let program = folder.appending(path: "old")
            try Data(Self.oldProgram).write(to: program)
            chmod(program.path, 0o755)
            guard try CommandRun(shell: "./old", in: folder).status == 7 else {
                try Test.cancel("this kernel runs no 32-bit programs")
            }
            let direct = try CommandRun(["exec", "--", "./old"], in: folder)
            #expect(direct.status == 126)
            #expect(direct.errors.contains("a 32-bit program"))
            let later = try CommandRun(["exec", "--", "/bin/sh", "-c", "echo before; ./old; echo after"], in: folder)
            #expect(later.status == 126)
            #expect(later.output == "before\n")
            #expect(later.errors.contains("old: a 32-bit program"))
        }
    }

    @Test("a program that makes a system call of 32-bit Linux is ended at it, with the reason")
    func oldCall() throws {
        try CommandRun.withFolder([:]) { folder in
            _ = try ExecPrograms.compile(ExecPrograms.oldCall, in: folder)
            guard try CommandRun(shell: "./program", in: folder).output == "before\nafter\n" else {
                try Test.cancel("this kernel takes no 32-bit calls")
            }
            let run = try CommandRun(["exec", "--", "./program"], in: folder)
            #expect(run.status == 126)
            #expect(run.output == "before\n")
            #expect(run.errors.contains("system calls of 32-bit or x32 programs"))
        }
    }

    @Test("a machine that is too small for a program ends it, and says that memory was the reason")
    func smallMachine() throws {
        try CommandRun.withFolder([:]) { folder in
            _ = try ExecPrograms.compile(ExecPrograms.hungry, in: folder)
            let full = try CommandRun(["exec", "--ram", "16M", "--", "./program"], in: folder)
            #expect(full.status == 128 + SIGKILL)
            #expect(full.errors.contains("killed: the simulated machine was out of memory (--ram gives it more)"))
            let enough = try CommandRun(["exec", "--ram", "64M", "--", "./program"], in: folder)
            #expect(enough.output == "done\n")
            // The parent goes on, and sees how its child ended.
            let shell = try CommandRun(
                ["exec", "--ram", "16M", "--", "/bin/sh", "-c", "./program; echo $?"], in: folder)
            #expect(shell.output == "137\n")
            let tiny = try CommandRun(["exec", "--ram", "2M", "--", "/bin/true"], in: folder)
            #expect(tiny.status == 127, "\(tiny.errors)")
        }
    }

    @Test("a user without privileges runs programs where the kernel lets him, and is told what is missing where not")
    func unprivileged() throws {
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv") else {
            try Test.cancel("only root can become nobody, with setpriv")
        }
        try CommandRun.withFolder([:]) { folder in
            chmod(folder.path, 0o755)
            let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups "
            guard try CommandRun(shell: nobody + "\(CommandRun.tool.path) --version", in: folder).status == 0 else {
                try Test.cancel("nobody may not run \(CommandRun.tool.path)")
            }
            let run = try CommandRun(shell: nobody + "\(CommandRun.tool.path) exec -- /bin/echo hello", in: folder)
            if run.status == 0 {
                #expect(run.output == "hello\n")
            } else {
                #expect(run.status == 2)
                #expect(run.output.isEmpty)
                #expect(run.errors.contains("CAP_SYS_PTRACE, or vm.unprivileged_userfaultfd=1"))
            }
        }
    }

    @Test("system calls that write into a page that another thread reads first never fail")
    func callsAndReaders() throws {
        try CommandRun.withFolder([:]) { folder in
            _ = try ExecPrograms.compile(ExecPrograms.callsAndReaders, in: folder)
            let run = try CommandRun(["exec", "--", "./program"], in: folder)
            #expect(run.output == "0 calls failed\n")
            #expect(run.status == 0, "\(run.errors)")
        }
    }
}
