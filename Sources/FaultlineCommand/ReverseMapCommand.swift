import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario

/// `faultline rmap`: runs a program and shows who maps a page afterwards.
struct ReverseMapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rmap",
        abstract: "Run a program, then show the chain frame, anon_vma or file, VMA, PTE for pages.",
        discussion: """
            PAGE is PROCESS:ADDRESS, such as init:0x100000001000, c1:W+4K or init:p+8K with a name of the program. Without --page, every page that a VMA of the
            program maps is shown, each frame once.
            """)

    @Option(help: ArgumentHelp("A page to show; may be repeated.", valueName: "process:address"))
    var page: [String] = []

    @OptionGroup var machine: MachineArguments
    @OptionGroup var shown: ShowArguments

    @Argument(help: ArgumentHelp("The program to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    func run() throws {
        let program = try ProgramFile(path: file)
        var configuration = try machine.configuration()
        configuration.showsInitial = shown.showsInitial
        let executor = try configuration.makeExecutor()
        var schedule = try Schedule(machine.before, for: program.program)
        var runner = try ScenarioRunner(program.program, on: executor)
        _ = try runner.run { _ in
        } beforeStep: {
            _ = schedule.apply(before: $0, to: executor.machine)
        }
        let reader = ReverseMapReader { executor.processName($0) }
        if page.isEmpty { return try showAll(executor, reader) }
        for text in page {
            let (process, address) = try parse(text, executor, runner.names)
            guard let map = try executor.machine.reverseMap(process, address) else {
                let snapshot = try executor.machine.snapshot(process) { $0 <= address && address < $1 }
                print("\(text): no frame: \(reader.absence(in: snapshot, at: address))")
                continue
            }
            print("\(text): \(reader.text(map))", terminator: "")
        }
    }

    private func showAll(_ executor: SimulatorExecutor, _ reader: ReverseMapReader) throws {
        var shown: Set<PFN> = []
        defer { if shown.isEmpty { print("no page is mapped") } }
        for process in try executor.observe().processes {
            guard let index = executor.index(ofProcess: process.name) else { continue }
            for page in process.vmas.flatMap(\.pages) {
                guard let map = try executor.machine.reverseMap(index, page.address), shown.insert(map.frame).inserted
                else { continue }
                print("\(process.name):0x\(String(page.address, radix: 16)): \(reader.text(map))", terminator: "")
            }
        }
    }

    private func parse(
        _ text: String, _ executor: SimulatorExecutor, _ names: [String: Int64]
    ) throws -> (Int, UInt64) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw ValidationError("--page \(text): give PROCESS:ADDRESS, as init:0x1000")
        }
        guard let process = executor.index(ofProcess: parts[0]) else {
            let known = try executor.observe().processes.map(\.name).joined(separator: ", ")
            throw ValidationError(
                "--page \(text): the program has no process '\(parts[0])'; alive at its end: \(known)")
        }
        guard executor.machine.isAlive(process) else {
            throw ValidationError("--page \(text): \(parts[0]) has ended before the program's end")
        }
        guard let address = address(parts[1], names) else {
            throw ValidationError(
                "--page \(text): '\(parts[1])' is no address; as 0x100000001000, W+4K or p+4K with a name of the program"
            )
        }
        return (process, address)
    }

    /// An expression of the scenario language, with the names that the program has given.
    private func address(_ text: String, _ names: [String: Int64]) -> UInt64? {
        let known = names.keys.map { "\($0) = 0\n" }.joined()
        guard let program = try? Parser.parse(known + "address = \(text)\n"), let statement = program.statements.last,
            case .assign(_, let expression) = statement.action, let value = try? expression.evaluate(names)
        else { return nil }
        return UInt64(bitPattern: value)
    }
}
