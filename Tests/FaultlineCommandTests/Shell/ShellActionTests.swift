import Faultline
import FaultlineScenario
import Testing

@testable import FaultlineCommand

/// Every command of the shell: its example, its help, its library calls.
@Suite("Commands of the shell") struct ShellActionTests {
    @Test("the example of each command prints something", arguments: ShellAction.all.map(\.name))
    func exampleRuns(_ name: String) throws {
        let action = try #require(ShellAction.named(name))
        #expect(!(try ShellHelp.example(action)).isEmpty)
        #expect(try ShellHelp.text(action).contains("> \(action.example)\n"))
    }

    @Test("each command has its library calls, which name what they use", arguments: ShellAction.all.map(\.name))
    func libraryIsPrinted(_ name: String) throws {
        let action = try #require(ShellAction.named(name))
        let shell = try Shell.example()
        try shell.go(to: 2)
        let text = try action.libraryText(["p"].filter { _ in action.library.contains("address") }, shell)
        #expect(text.hasSuffix(action.library + "\n"))
        #expect(!action.library.contains("(process") || text.contains("let process = ProcessID(0)"))
    }

    @Test("names of commands differ, and none is the name of a call that is written without arguments")
    func namesDiffer() {
        #expect(Set(ShellAction.all.map(\.name)).count == ShellAction.all.count)
        #expect(ShellHelp.overview.contains("rmap"))
    }

    @Test("kmem shows the kernel's own memory where a program uses it, and says where none is")
    func kernelMemory() throws {
        let none = try Shell.example()
        for option in ["-s", "-v"] {
            #expect(
                try none.last("goto 2", "kmem \(option)").hasPrefix("the machine has no memory of the kernel's own yet")
            )
        }
        let shell = try Shell.example(
            "c = kmem_cache_create(\"box\", 120, 8, 0)\nkmem_cache_alloc(c, GFP_KERNEL)\nv = vmalloc(64K)\n")
        let caches = try shell.last("goto 3", "kmem -s").split(separator: "\n")
        #expect(caches.first == "OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME")
        let box = caches.first { $0.hasSuffix(" box") }?.split(separator: " ")
        #expect(box?[0] == "120" && box?[1] == "1" && box?[3] == "1", "\(caches)")
        let area = "ffffc90000000000 - ffffc90000011000    69632  vmalloc"
        let areas = try shell.last("kmem -v")
        #expect(areas.split(separator: "\n").contains { $0 == area }, "\(areas)")
    }

    @Test(
        "a command with the wrong arguments says how it is used",
        arguments: ["vtop", "goto", "diff 1", "rd", "kmem -q", "struct page"])
    func usageIsSaid(_ line: String) throws {
        let shell = try Shell.example()
        let error = #expect(throws: ShellError.self) { try ShellLine(line).answer(shell) }
        #expect(error?.description.hasPrefix("usage: ") == true)
    }
}

extension Shell {
    /// A shell at the start of the help's program.
    static func example(_ source: String = ShellHelp.program) throws -> Shell {
        let executor = try SimulatorExecutor()
        return try Shell(
            source, executor: executor,
            schedule: { try ScenarioSession($0, on: executor, checkpoints: ScenarioSession.CheckpointLimits()) },
            cannotType: nil)
    }

    /// What lines print, those before the last left out.
    func last(_ lines: String...) throws -> String {
        var answer = ""
        for line in lines { answer = try ShellLine(line).answer(self) }
        return answer
    }
}
