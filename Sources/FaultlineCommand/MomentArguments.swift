import ArgumentParser
import Faultline
import FaultlineScenario

/// A program and a line of it: what a command that looks at one moment asks for.
struct MomentArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The program to run.", valueName: "file.fl"), completion: .file(extensions: ["fl"]))
    var file: String

    @Option(
        help: ArgumentHelp(
            "Look when the statement of this line is done; at the program's end where it is not given.",
            valueName: "line"))
    var at: Int?

    @OptionGroup var machine: MachineArguments

    /// Runs the program to the line, and looks.
    ///
    /// - Parameter charges: whether the kernel's own records are charged to slab caches, as for who looks at those.
    /// - Throws: `ValidationError` for a line without a statement and what `body` throws; `CommandFailure` for a program that
    ///   cannot be run; exit status 3 with `--strict` where it met what is not modelled.
    func look<Result>(chargingKernelObjects charges: Bool = false, _ body: (Moment) throws -> Result) throws -> Result {
        let program = try ProgramFile(path: file)
        var configuration = try machine.configuration()
        if charges { configuration.settings.chargesKernelObjects = true }
        let executor = try configuration.makeExecutor()
        let session = try Schedule(machine.before, for: program.program).session(program.program, on: executor)
        let place: Int
        do { place = try at.map { try session.place(afterLine: $0) } ?? session.program.statements.count } catch {
            throw ValidationError("--at \(at ?? 0): \(error)")
        }
        do { try session.go(to: place) } catch { throw CommandFailure.inProgram(program.path, session, error) }
        machine.report(executor.unmodelled, of: program.path)
        let result = try body(Moment(executor: executor, session: session))
        try machine.requireModelled(executor.unmodelled)
        return result
    }
}

/// A program under way, stopped between two statements.
struct Moment {
    let executor: SimulatorExecutor
    let session: ScenarioSession

    var machine: Machine { executor.machine }

    /// The value of an expression in the program's names.
    ///
    /// - Throws: `ValidationError`, with what it was given for.
    func value(of expression: String, for option: String) throws -> UInt64 {
        do { return UInt64(bitPattern: try session.value(of: expression)) } catch {
            throw ValidationError("\(option): \(error)")
        }
    }

    /// A live process, by the program's name for it.
    ///
    /// - Throws: `ValidationError`, with those that are alive.
    func process(_ name: String) throws -> ProcessID {
        if let found = machine.liveProcesses.first(where: { executor.processName($0.index) == name }) { return found }
        throw ValidationError("no process '\(name)' is alive; alive: \(session.processNames.joined(separator: ", "))")
    }
}
