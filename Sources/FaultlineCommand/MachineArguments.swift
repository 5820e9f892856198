import ArgumentParser
import Faultline
import FaultlineHost
import FaultlineInspect
import FaultlineScenario

/// Options that say which machine a program runs on, and what its first process is: those of `run`, `record`, `check` and
/// `rmap`. A new option goes here, into ``given`` and into ``configuration(tlb:)``.
struct MachineArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The machine's RAM, such as 64M; 24G if not given.", valueName: "size"))
    var ram: String?

    @Option(
        help: ArgumentHelp(
            "Start in the address space of this ELF file, at its first instruction, instead of the agent's.",
            valueName: "file"),
        completion: .file())
    var elf: String?

    @Option(
        help: ArgumentHelp(
            "Start in the address space that this file describes in the form of /proc/PID/maps or smaps.",
            valueName: "file"),
        completion: .file())
    var maps: String?

    @Option(
        help: ArgumentHelp(
            "Before the statement at a line let something happen: advance=TIME (such as 30s), fail-reads, fail-writes, repair or meminfo. May be given several times.",
            valueName: "line:action"))
    var before: [String] = []

    @Option(
        help: ArgumentHelp(
            "What the simulated processor has: pku=on for protection keys, with which the kernel makes memory of PROT_EXEC "
                + "alone unreadable; off where it is not given. pcid=off: its TLB keeps one address space at a time. "
                + "xstate=BYTES for the state that XSAVE keeps, of which each task_struct has one; 856 where it is not given.",
            valueName: "feature=value"))
    var cpu: [String] = []

    @Option(
        help: ArgumentHelp(
            "How many CPUs are simulated, 1 to 64. If not given, 2 for a program whose processes choose theirs (run_on), else 1.",
            valueName: "count"))
    var cpus: Int?

    @Option(
        help: ArgumentHelp(
            "How many pages of a range the TLB flushes one by one at most (tlb_single_page_flush_ceiling); 33 if not given.",
            valueName: "pages"))
    var flushCeiling: UInt64?

    @Flag(help: "Let a run that met what is not modelled, or was not checked, end with exit status 3.")
    var strict = false

    @OptionGroup var source: ProcessSource
    @OptionGroup var layout: ExecutionArguments
    @OptionGroup var booted: BootArguments

    func validate() throws {
        _ = try processor()
        if cpus != nil, !booted.given.allSatisfy({ !$0.isGiven }) {
            throw ValidationError("--cpus: a machine that boots has the CPUs of --boot nr_cpus=N: give that instead")
        }
        if let flushCeiling, flushCeiling > 1 << 20 {
            throw ValidationError("--flush-ceiling \(flushCeiling): give 0 to 1048576 pages")
        }
        if let cpus, !(1...KernelSettings.mostSimulatedCPUs).contains(cpus) {
            throw ValidationError("--cpus \(cpus): give 1 to \(KernelSettings.mostSimulatedCPUs)")
        }
        if ram != nil, booted.firmware.e820 != nil {
            throw ValidationError("--ram: the map of --e820 says how much RAM there is; cut it with --boot mem=SIZE")
        }
        let described = maps != nil ? "--maps" : source.isGiven ? source.option : nil
        if let described {
            if elf != nil || layout.aslr != nil || (maps != nil && source.isGiven) {
                let other = elf != nil ? "--elf" : layout.aslr != nil ? "--aslr" : source.option
                throw ValidationError("\(described) describes the whole address space: leave out \(other)")
            }
        } else if layout.legacy, elf == nil {
            throw ValidationError("--legacy lays out a program: name one with --elf, --maps, --smaps or --pid")
        }
        if !layout.rlimit.isEmpty, elf == nil {
            throw ValidationError("--rlimit is for the start of a program: name one with --elf")
        }
    }

    /// The options that were given.
    private var given: [String] {
        let options: [(name: String, isGiven: Bool)] = [
            ("--ram", ram != nil), ("--elf", elf != nil), ("--maps", maps != nil), ("--smaps", source.smaps != nil),
            ("--pid", source.pid != nil), ("--before", !before.isEmpty),
            ("--aslr", layout.aslr != nil), ("--randomize-va-space", layout.randomizeVaSpace != nil),
            ("--legacy", layout.legacy), ("--rlimit", !layout.rlimit.isEmpty), ("--sysctl", !layout.sysctl.isEmpty),
            ("--cpu", !cpu.isEmpty), ("--cpus", cpus != nil),
            ("--flush-ceiling", flushCeiling != nil),
        ]
        return (options + booted.given).filter(\.isGiven).map(\.name)
    }

    /// Refuses every option but those that are named.
    ///
    /// - Throws: `ValidationError`, which says what is to be left out and, by `reason`, why.
    func allowOnly(_ names: Set<String>, because reason: String) throws {
        if let other = given.first(where: { !names.contains($0) }) {
            throw ValidationError("\(other): \(reason); leave it out")
        }
    }

    /// Says on standard error what a program met that is not modelled.
    func report(_ unmodelled: [UnmodelledUse], of path: String) {
        for use in unmodelled { StandardError.write("\(path): \(use)") }
    }

    /// With `--strict`, ends a run that met something that is not modelled.
    ///
    /// - Throws: exit status 3.
    func requireModelled(_ unmodelled: [UnmodelledUse]) throws {
        if strict, !unmodelled.isEmpty { throw ExitCode(ExitStatus.notModelled) }
    }

    /// The machine that the options describe.
    func configuration(tlb: TLBGeometry = .standard) throws -> MachineConfiguration {
        var configuration = MachineConfiguration()
        if let ram {
            configuration.ramBytes = try Self.bytes(ram)
            configuration.ramText = ram
        }
        configuration.settings = try layout.settings()
        configuration.settings.cpu = try processor()
        if let flushCeiling { configuration.settings.flushCeiling = flushCeiling }
        if let cpus { (configuration.settings.presentCPUs, configuration.settings.simulatedCPUs) = (cpus, cpus) }
        configuration.allocator = try layout.allocator()
        try booted.apply(to: &configuration)
        configuration.tlb = tlb
        configuration.first = try firstProcess()
        return configuration
    }

    /// The processor that `--cpu` describes.
    private func processor() throws -> CPUSettings {
        var processor = CPUSettings()
        for feature in cpu {
            do { try processor.set(feature) } catch {
                let isNumber = Int(feature) != nil
                let hint = isNumber ? "; the processor for programs on the live kernel is --processor \(feature)" : ""
                throw ValidationError("--cpu \(error)\(hint)")
            }
        }
        return processor
    }

    private func firstProcess() throws -> SimulatorExecutor.FirstProcess {
        if let maps { return try DescribedProcess.maps(maps, isLegacyLayout: layout.legacy) }
        if source.isGiven { return try DescribedProcess.populated(source, isLegacyLayout: layout.legacy) }
        guard let elf else { return .agent(seed: layout.aslr) }
        return try layout.program(elf, try layout.execution(elf))
    }

    /// A size such as 64M, in bytes.
    private static func bytes(_ size: String) throws -> UInt64 {
        if let size = ByteCount(size) { return size.bytes }
        throw ValidationError(
            "--ram \(size): give a number of bytes that 64 bits hold, or one with K, M, G or T, such as 64M")
    }
}
