import Faultline
import FaultlineHost
import Glibc
import Testing

/// Files that begin with `#!`.
struct ScriptTests {
    private func read(_ head: String) throws -> (String, String?)? {
        guard let line = try ScriptLine(file: "/s", head: Array(head.utf8)) else { return nil }
        return (
            String(decoding: line.interpreter, as: UTF8.self), line.argument.map { String(decoding: $0, as: UTF8.self) }
        )
    }

    private func errno(_ head: String) -> Errno? {
        do { _ = try ScriptLine(file: "/s", head: Array(head.utf8)) } catch { return error.errno }
        return nil
    }

    @Test("path and argument stand between spaces; the argument is one string")
    func fields() throws {
        #expect(try read("\u{7f}ELF") == nil)
        #expect(try #require(try read("#!/bin/sh\nrest")) == ("/bin/sh", nil))
        #expect(try #require(try read("#! \t/bin/sh -a  b \t\n")) == ("/bin/sh", "-a  b"))
        #expect(try #require(try read("#!/bin/sh")) == ("/bin/sh", nil))
        // Without a newline the zero byte that ends a short file is the argument.
        #expect(try #require(try read("#!/bin/sh ")) == ("/bin/sh", ""))
        #expect(try #require(try read("#!")) == ("", nil))
        #expect(
            try #require(try read("#!/a " + String(repeating: "x", count: 300))) == (
                "/a", String(repeating: "x", count: 250)
            ))
    }

    @Test("a line without a path, or with one that may be cut off, is refused")
    func refusals() {
        for head in [
            "#!\n", "#!  \t \n/bin/sh", "#!" + String(repeating: " ", count: 400),
            "#!/" + String(repeating: "x", count: 300),
        ] {
            #expect(errno(head) == .ENOEXEC)
        }
        #expect(errno("#!/" + String(repeating: "x", count: 251) + "\n") == nil)
    }

    @Test(
        "a script starts as on the live kernel, or is refused with its errno",
        .enabled(if: LiveKernel.startsPrograms, "needs ptrace and Linux 6.18"),
        arguments: [
            "#!/bin/true\n", "#! /bin/true  -a  b\t\n", "#!/bin/true", "#!/bin/true ", "#!", "#!\n", "#!/nowhere\n",
            "#!/var/tmp\n", "#!/bin/true " + String(repeating: "x", count: 300),
            "#!/" + String(repeating: "x", count: 300),
        ])
    func live(text: String) throws {
        try StartedProgram.withFile(Array(text.utf8)) { path in
            // A long argv[0] is taken off again, but the stack keeps the room.
            for first in ["x", String(repeating: "y", count: 20000)] {
                var execution = Execution(path: path, arguments: ["one"], environment: ["A=1"])
                execution.arguments[0] = first
                let found = try StartedProgram.outcome(StartedProgram.simulated, execution)
                #expect(try found == StartedProgram.outcome(StartedProgram.live, execution))
            }
        }
    }

    @Test(
        "five scripts may lead to a program, a sixth is ELOOP",
        .enabled(if: LiveKernel.startsPrograms, "needs ptrace and Linux 6.18"))
    func recursion() throws {
        func nest(_ interpreter: String, _ depth: Int) throws {
            try StartedProgram.withFile(Array("#!\(interpreter) \(depth)\n".utf8)) { path in
                let execution = Execution(path: path)
                let found = try StartedProgram.outcome(StartedProgram.simulated, execution)
                #expect(try found == StartedProgram.outcome(StartedProgram.live, execution))
                if depth == 6 { #expect(found == .refused(ELOOP)) }
                if depth < 7 { try nest(path, depth + 1) }
            }
        }
        try nest("/bin/true", 1)
    }
}
