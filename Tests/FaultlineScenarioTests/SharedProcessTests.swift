import Faultline
import Testing

@testable import FaultlineScenario

/// The words about processes that share memory, as a program has them.
struct SharedProcessTests {
    private func report(_ source: String) -> String {
        do { return "no error: \(try Parser.parse(source))" } catch { return error.description }
    }

    @Test(
        "a mistake is reported with its place and its remedy",
        arguments: [
            ("vfork()", "1:1: error: the new process needs a name: write for example c = vfork()"),
            ("c = clone_vm(1)", "1:14: error: clone_vm takes no arguments: clone_vm()"),
            ("c = vfork()\nload(W)", "2:1: error: the process 'init' waits for the exit of 'c' (vfork in line 1)"),
            ("mem_read(4, W, 1)", "1:10: error: expected the name of a process, such as init, not the number 4"),
            ("mem_read(d, W, 1)", "1:10: error: no process 'd'"),
            ("mem_read(init, W, 4097)", "1:1: error: mem_read moves 0 to 4096 bytes, not 4097"),
            (
                "mem_write(init, W, 1, 2, 3)",
                "error: mem_write takes at most 4 arguments: mem_write(PROCESS, addr, len, v)"
            ),
            ("c = fork()\nc: exit(0)\nmem_read(c, W, 1)", "3:10: error: process 'c' exited at line 2"),
        ])
    func mistakes(source: String, message: String) {
        #expect(report(source).contains(message))
    }

    @Test("the state names the process that has the VMAs, and a recording of it reads back")
    func state() throws {
        let program = try Parser.parse(
            """
            mmap(W, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            t = clone_vm()
            t: store(W, 3)
            t: c = vfork()
            observe()
            c: exit(0)
            t: load(W) => 3
            """)
        let executor = try SimulatorExecutor()
        executor.selfCheck = .everyCall
        let runner = try ScenarioSession(program, on: executor)
        let run = try runner.run()
        #expect(run.failedExpectations.isEmpty)
        #expect(run.end.processes.map(\.name) == ["init", "t"])
        #expect(run.end.processes.map(\.sharedWith) == [nil, "init"])
        #expect(run.end.processes.map(\.vmas.count) == [1, 0])
        let text = run.recording.text
        #expect(text.contains("process c pgtables=12K locked=0K shares=init"))
        #expect(try Recording.parse(text).text == text)
    }
}
