import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario
import Foundation

/// `faultline run`: runs a program on the simulated machine and tells what happened.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a scenario program on the simulated machine and show what happened.",
        discussion: """
            The exit status is 1 when an expectation (=> OUTCOME) of the program did not hold, or --check-tlb found something;
            2 when the program could not be run.
            """)

    @Flag(help: "Show the machine's events under each statement, and why they came about.")
    var trace = false

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: ArgumentHelp("The machine's RAM, such as 64M or 24G.", valueName: "size"))
    var ram = "24G"

    @Option(
        help: ArgumentHelp(
            "The CPU's TLBs, a preset (\(RunCommand.presetNames)) or a JSON file; shows how they did.",
            valueName: "preset|file"))
    var tlb: String?

    @Flag(help: "Report every use of a TLB entry that the page tables no longer allow; slow.")
    var checkTLB = false

    @Flag(help: "Check the machine's own state after every statement; slow.")
    var checkInvariants = false

    @Option(
        help: ArgumentHelp(
            "Start in the address space of this ELF file, at its first instruction, instead of the agent's.",
            valueName: "file"),
        completion: .file())
    var elf: String?

    @Option(
        help: ArgumentHelp(
            "Start in the address space that this file describes in the form of /proc/PID/maps.", valueName: "file"),
        completion: .file())
    var maps: String?

    @Flag(help: "Show at the end what memory is used for, as /proc/meminfo does.")
    var meminfo = false

    @Option(
        help: ArgumentHelp(
            "Before the statement at a line let something happen: advance=TIME (such as 30s), fail-reads, fail-writes, repair or meminfo. May be given several times.",
            valueName: "line:action"))
    var before: [String] = []

    @OptionGroup var layout: ExecutionArguments

    @Argument(help: ArgumentHelp("The program to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    private static let presetNames = TLBGeometry.presets.map(\.name).joined(separator: ", ")

    func run() throws {
        let file = try ProgramFile(path: file)
        let geometry = try tlb.map { try TLBArgument.geometry($0) }
        let executor = try makeExecutor(geometry)
        executor.checksInvariants = checkInvariants
        executor.machine.trace(trace)
        executor.machine.checksCoherence = checkTLB
        var narrator = RunNarrator(file, on: executor, schedule: try schedule(file.program), tells: !json)
        let run = try narrator.run()
        let statistics = geometry == nil ? nil : executor.machine.tlbStatistics
        if json {
            try printReport(run, narrator, statistics, executor)
        } else {
            print(Transcript(file.program).summary(run), terminator: "")
            if meminfo { print("\n" + MeminfoReader.text(executor.machine.memoryInfo()), terminator: "") }
            if let statistics { print("\n" + TLBReader.text(statistics), terminator: "") }
        }
        if let failure = narrator.failure {
            throw CommandFailure("\(file.path):\(failure.line): error: \(failure.message)")
        }
        if !run.failedExpectations.isEmpty || narrator.staleUses.contains(where: { !$0.isEmpty }) { throw ExitCode(1) }
    }

    private func printReport(
        _ run: ScenarioRun, _ narrator: RunNarrator, _ statistics: TLBStatistics?, _ executor: SimulatorExecutor
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let report = RunReport(
            run, events: trace ? narrator.events : nil, staleUses: checkTLB ? narrator.staleUses : nil,
            kills: narrator.kills, tlb: statistics, notes: before.isEmpty ? nil : narrator.notes,
            memory: meminfo ? executor.machine.memoryInfo() : nil, error: narrator.failure)
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }

    private func makeExecutor(_ geometry: TLBGeometry?) throws -> SimulatorExecutor {
        do {
            return try SimulatorExecutor(
                ramBytes: try ramBytes(), settings: try layout.settings(), tlb: geometry ?? .standard,
                first: try firstProcess())
        } catch let error as ELFError {
            throw CommandFailure("\(error)")
        } catch MachineError.ramSize {
            throw ValidationError(
                "--ram \(ram): must be a multiple of 4K, at least 1M and at most 4T less 1G")
        } catch let error as Errno {
            throw CommandFailure(
                "the first process cannot be made: \(error.name); give the machine more with --ram, or look at what "
                    + "--sysctl sets (vm.overcommit_memory=2 allows what vm.overcommit_ratio leaves)")
        }
    }

    /// What `--before` asks for, in the order of lines.
    private func schedule(_ program: Program) throws -> [ScheduledAction] {
        let last = program.statements.last?.line ?? 0
        var actions: [ScheduledAction] = []
        for text in before {
            let action: ScheduledAction
            do { action = try ScheduledAction(text) } catch { throw ValidationError("--before \(error)") }
            if action.line > last {
                throw ValidationError("--before \(text): the program's last statement is in line \(last)")
            }
            // Those of one line keep their order.
            let place = actions.firstIndex { $0.line > action.line } ?? actions.endIndex
            actions.insert(action, at: place)
        }
        return actions
    }

    private func firstProcess() throws -> SimulatorExecutor.FirstProcess {
        if let maps { return .described(try describedSpace(maps)) }
        guard let elf else { return .agent(seed: layout.aslr) }
        var execution = Execution(path: elf)
        execution.seed = layout.aslr
        execution.isLegacyLayout = layout.legacy
        return try layout.program(elf, execution)
    }

    private func describedSpace(_ path: String) throws -> InitialAddressSpace {
        let text = try TextFile.read(path).replacingOccurrences(of: "\r\n", with: "\n")
        do { return try InitialAddressSpace(maps: text) } catch { throw CommandFailure("\(path): \(error)") }
    }

    func validate() throws {
        if maps != nil, elf != nil || layout.aslr != nil {
            throw ValidationError("--maps describes the whole address space: leave out --elf and --aslr")
        }
        if layout.legacy, elf == nil { throw ValidationError("--legacy lays out a program: name one with --elf") }
    }

    private func ramBytes() throws -> UInt64 {
        let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        let unit = ram.last.flatMap { units[$0] }
        guard let number = UInt64(unit == nil ? ram : String(ram.dropLast())) else {
            throw ValidationError("--ram \(ram): give a number of bytes, or one with K, M, G or T, such as 64M")
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        if overflow { throw ValidationError("--ram \(ram): more than 64 bits hold") }
        return bytes
    }
}
