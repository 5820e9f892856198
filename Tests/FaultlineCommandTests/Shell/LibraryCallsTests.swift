import Faultline
import FaultlineInspect
import FaultlineScenario
import Foundation
import Testing

@testable import FaultlineCommand

/// The library calls that `COMMAND --swift` prints stand here word for word, so that the compiler has seen them.
@Suite("The library calls of --swift") struct LibraryCallsTests {
    @Test("the compiler has seen what is printed", arguments: ShellAction.all.map(\.name))
    func isCompiled(_ name: String) throws {
        let action = try #require(ShellAction.named(name))
        let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
        for line in action.library.split(separator: "\n") {
            #expect(source.contains("        " + line) || source.contains("_ = " + line))
        }
    }

    /// Never called.
    private func calls(
        _ machine: Machine, _ process: ProcessID, _ address: UInt64, _ session: ScenarioSession
    ) throws {
        _ = LanguageReference.text(of: "mmap")
        _ = machine.memoryInfo()
        _ = try machine.reverseMap(process, at: address)
        _ = machine.anonVMAForest
        _ = machine.files.map { machine.mappers(ofFile: $0.number) }
        _ = machine.folioBatches
        _ = try machine.peek(process, at: address, count: 8)
        try machine.store(process, at: address, 65)
        try machine.forEachEntry(process, in: 0..<AddressSpaceLimit.taskSize) { print($0, $1) }
        try session.step()
        try session.go(until: { $0.processName == "init" })
        try session.back()
        try session.go(to: session.place(afterLine: 4))
        print(try session.state().text)
        let filter = try EventFilter("cow*")
        machine.trace(true)
        try session.go(until: { _ in !filter.select(machine.takeEvents()).isEmpty })
        _ = session.program.statements.map(\.source)
        _ = session.program
        _ = session.waiting.map(\.text)
        try more(machine, process, address, session)
    }

    private func more(
        _ machine: Machine, _ process: ProcessID, _ address: UInt64, _ session: ScenarioSession
    ) throws {
        _ = try machine.liveProcesses.map { try machine.addressSpace($0) }
        _ = try machine.taskView(process)
        _ = try machine.vmaDetails(process)
        _ = machine.frame(0x100005)
        _ = try machine.vmaTree(process)
        _ = try ProcFiles(machine) { "process \($0)" }.read("/proc/self/statm")
        _ = try ProcFiles(machine) { "process \($0)" }.read("/proc/swaps")
        _ = StatementExplanation(session.steps.last!, events: machine.takeEvents()).text
        _ = machine.takeEvents()
        _ = try machine.load(process, at: address)
        _ = try machine.walk(process, at: address)
        _ = try machine.pageTables(process)
        _ = TranslationReader.entry(0x8000_0001_0000_6045)
        _ = machine.mappings(ofFrame: 0x100006)
        _ = machine.cachedEntries
    }
}
