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
            PAGE is PROCESS:ADDRESS, such as init:0x100000001000 or c1:W+4K. Without --page, every page that a VMA of the
            program maps is shown, each frame once.
            """)

    @Option(help: ArgumentHelp("A page to show; may be repeated.", valueName: "process:address"))
    var page: [String] = []

    @Argument(help: ArgumentHelp("The program to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    func run() throws {
        let program = try ProgramFile(path: file)
        let executor = try SimulatorExecutor()
        var runner = try ScenarioRunner(program.program, on: executor)
        _ = try runner.run()
        let reader = ReverseMapReader { executor.processName($0) }
        if page.isEmpty { return try showAll(executor, reader) }
        for text in page {
            let (process, address) = try parse(text, executor)
            guard let map = try executor.machine.reverseMap(process, address) else {
                print("\(text): no frame is mapped there (nothing, a guard marker, or the shared zero page)")
                continue
            }
            print("\(text): \(reader.text(map))", terminator: "")
        }
    }

    private func showAll(_ executor: SimulatorExecutor, _ reader: ReverseMapReader) throws {
        var shown: Set<PFN> = []
        for process in try executor.observe().processes {
            guard let index = executor.index(ofProcess: process.name) else { continue }
            for page in process.vmas.flatMap(\.pages) {
                guard let map = try executor.machine.reverseMap(index, page.address), shown.insert(map.frame).inserted
                else { continue }
                print("\(process.name):0x\(String(page.address, radix: 16)): \(reader.text(map))", terminator: "")
            }
        }
    }

    private func parse(_ text: String, _ executor: SimulatorExecutor) throws -> (Int, UInt64) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let process = executor.index(ofProcess: parts[0]) else {
            throw ValidationError("--page \(text): give PROCESS:ADDRESS with a process of the program, as init:0x1000")
        }
        guard executor.machine.isAlive(process) else {
            throw ValidationError("--page \(text): \(parts[0]) has ended before the program's end")
        }
        guard let address = address(parts[1]) else {
            throw ValidationError("--page \(text): '\(parts[1])' is no address; as 0x100000001000, 4096 or W+4K")
        }
        return (process, address)
    }

    /// An expression of the scenario language without the program's names.
    private func address(_ text: String) -> UInt64? {
        guard let program = try? Parser.parse("x = \(text)\n"), let statement = program.statements.first,
            case .assign(_, let expression) = statement.action, let value = try? expression.evaluate([:])
        else { return nil }
        return UInt64(bitPattern: value)
    }
}
