import ArgumentParser
import Faultline
import FaultlineScenario

/// `faultline fit`: how small a program's machine can be.
struct FitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Find the smallest RAM with which a program runs without refaults, swap and kills.",
        discussion: """
            The program runs on machines of different sizes, up to 24G, until two that differ by 1M are found of which only the larger
            has enough: nobody is killed, no call fails with ENOMEM that succeeds with 24G, no page that was evicted comes back, and the
            kernel evicts none to the swap area (those that the program itself sends there with MADV_PAGEOUT may go). The exit status is 1 where
            24G is not enough; the reason is said then.
            """)

    @Flag(help: "Print JSON (docs/schema.json).")
    var json = false

    @OptionGroup var swap: SwapArguments

    @Argument(help: ArgumentHelp("The program to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    private static let largest: UInt64 = 24 << 10

    func run() throws {
        let file = try ProgramFile(path: file)
        var failures: Int?
        let fit = try MemoryFit(largest: Self.largest) { mebibytes in
            try shortage(file, mebibytes, &failures)
        }
        if json { print(try JSONText.pretty(fit)) } else { print(fit.text, terminator: "") }
        if let lacking = fit.lacking {
            StandardError.write("\(file.path): a machine of 24G has not enough: \(lacking.rawValue)")
            throw ExitCode(1)
        }
    }

    private func shortage(
        _ file: ProgramFile, _ mebibytes: UInt64, _ failures: inout Int?
    ) throws -> MemoryFit.Shortage? {
        var configuration = MachineConfiguration()
        configuration.ramBytes = mebibytes << 20
        configuration.ramText = "\(mebibytes)M"
        swap.apply(to: &configuration)
        let executor: SimulatorExecutor
        do { executor = try configuration.makeExecutor() } catch {
            // The host may be what is too small for the largest machine; a smaller one that cannot be made is an answer.
            if failures == nil { throw error }
            return .start
        }
        try swap.turnOn(executor.machine)
        let run: ScenarioRun
        do { run = try ScenarioSession(file.program, on: executor).run() } catch {
            throw CommandFailure("\(file.path): error: \(error)")
        }
        if failures == nil { failures = MemoryFit.failures(in: run) }
        return MemoryFit.shortage(of: run, on: executor, failures: failures ?? 0)
    }
}
