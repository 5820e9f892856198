import ArgumentParser
import Faultline
import FaultlineHost
import FaultlineScenario

/// Options that say what the first process is and where its parts lie.
struct ExecutionArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Draw the places of stack, heap, mappings and program from this number, as the kernel does from its own.",
            valueName: "seed"))
    var aslr: UInt64?

    @Option(
        help:
            "What kernel.randomize_va_space says with --aslr: 0 nothing is drawn, 1 all but the heap, 2 (or none) all.")
    var randomizeVaSpace: Int?

    @Flag(help: "The bottom-up layout of old programs (setarch -L).")
    var legacy = false

    @Option(
        help: ArgumentHelp(
            "A limit at the program's start: stack=1G (ulimit -s, a size or unlimited; 8M without it).",
            valueName: "name=value"))
    var rlimit: [String] = []

    @Option(
        help: ArgumentHelp(
            "A setting of the simulated kernel, such as vm.overcommit_memory=2; may be repeated. There are "
                + "\(KernelSettings.settableNames.joined(separator: ", ")) (in pages), "
                + "\(AllocatorSettings.names.joined(separator: ", ")).", valueName: "name=value"))
    var sysctl: [String] = []

    func validate() throws {
        _ = try settings()
        _ = try allocator()
        _ = try stackLimit()
        guard let randomizeVaSpace else { return }
        if !(0...2).contains(randomizeVaSpace) {
            throw ValidationError("--randomize-va-space \(randomizeVaSpace): 0, 1 or 2")
        }
        if aslr == nil {
            throw ValidationError(
                "--randomize-va-space says what is drawn: give the seed that it is drawn from, --aslr")
        }
    }

    /// The kernel's settings with these.
    func settings() throws -> KernelSettings {
        var settings = KernelSettings()
        settings.randomizeVASpace = randomizeVaSpace ?? settings.randomizeVASpace
        for line in sysctl where !Self.isOfAllocator(line) {
            do { try settings.set(line) } catch { throw ValidationError("--sysctl \(error)") }
        }
        return settings
    }

    /// The page allocator's settings with these.
    func allocator() throws -> AllocatorSettings {
        var settings = AllocatorSettings()
        for line in sysctl where Self.isOfAllocator(line) {
            do { try settings.set(line) } catch { throw ValidationError("--sysctl \(error)") }
        }
        return settings
    }

    private static func isOfAllocator(_ line: String) -> Bool {
        AllocatorSettings.names.contains { line.hasPrefix($0 + "=") }
    }

    /// The soft RLIMIT_STACK, in bytes.
    private func stackLimit() throws -> UInt64 {
        var limit = Execution(path: "").stackLimit
        for text in rlimit {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "stack" else {
                throw ValidationError("--rlimit \(text): stack=SIZE is expected; no other limit changes a start")
            }
            if parts[1] == "unlimited" {
                limit = .max
            } else if let size = ByteCount(parts[1])?.bytes {
                limit = size
            } else {
                throw ValidationError(
                    "--rlimit \(text): a number of bytes is expected, with K, M, G or T behind it, or unlimited")
            }
        }
        return limit
    }

    /// What execve is given, with these options.
    func execution(_ path: String, arguments: [String] = [], environment: [String] = []) throws -> Execution {
        var execution = Execution(path: path, arguments: arguments, environment: environment)
        execution.seed = aslr
        execution.isLegacyLayout = legacy
        execution.stackLimit = try stackLimit()
        return execution
    }

    /// A program at its first instruction.
    func program(_ path: String, _ execution: Execution) throws -> SimulatorExecutor.FirstProcess {
        var execution = execution
        let image: ProgramImage
        do { image = try ProgramImage(path: path) } catch { throw CommandFailure("\(error)") }
        if image.setsID, execution.seed == nil {
            StandardError.write(
                "note: \(path) is set-user-ID or set-group-ID: the kernel randomizes it even under setarch -R; "
                    + "add --aslr SEED to do the same")
        }
        execution.scripts = image.scripts
        return .program(image.program, interpreter: image.interpreter, execution)
    }
}
