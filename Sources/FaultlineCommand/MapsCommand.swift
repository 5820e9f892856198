import ArgumentParser
import Faultline
import FaultlineHost
import FaultlineInspect
import FaultlineScenario

/// `faultline maps`: the address space of a program before its first instruction, or after a scenario.
struct MapsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maps",
        abstract: "Show /proc/PID/maps of a program before its first instruction.",
        discussion: """
            The program is loaded as execve(2) does: segments, bss, interpreter, vdso, stack. Without --aslr, places are
            those of `setarch -R`. Files are shown with their device and inode on this machine.
            """)

    /// What can start the program.
    enum Machine: String, ExpressibleByArgument, CaseIterable {
        case simulator, live
    }

    @Option(
        help: ArgumentHelp("The program, an ELF64 file for x86-64 or a script (#!).", valueName: "file"),
        completion: .file())
    var elf: String

    @Option(help: "Start it on the simulator, or on the kernel of this machine, which draws places by itself.")
    var on = Machine.simulator

    @Option(help: ArgumentHelp("An environment variable; may be repeated.", valueName: "name=value"))
    var env: [String] = []

    @OptionGroup var layout: ExecutionArguments

    @Argument(help: "The program's arguments.")
    var arguments: [String] = []

    func validate() throws {
        if on == .live, !layout.sysctl.isEmpty || layout.randomizeVaSpace != nil {
            throw ValidationError("--sysctl and --randomize-va-space are for the simulated kernel: leave them out")
        }
    }

    func run() throws {
        let execution = try layout.execution(elf, arguments: arguments, environment: env)
        if on == .live, layout.aslr != nil {
            StandardError.write("note: the kernel of this machine draws from numbers of its own, whatever the seed")
        }
        if on == .live { return Terminal.tell(try StoppedProgram.maps(execution), as: .file) }
        let first = try layout.program(elf, execution)
        let executor: SimulatorExecutor
        do {
            executor = try SimulatorExecutor(
                settings: try layout.settings(), allocator: try layout.allocator(), first: first)
        } catch let error as ELFError { throw CommandFailure("\(error)") }
        let snapshot = try executor.machine.snapshot(0, listsPages: { _, _ in false })
        Terminal.tell(MapsReader(identity: ProgramImage.identity).text(snapshot), as: .file)
    }
}
