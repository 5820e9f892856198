import ArgumentParser
import Faultline

/// Options that say what the firmware tells of memory: those of `boot`, and of every command that runs a program.
struct FirmwareArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Boot the firmware's map of a file: the BIOS-e820 lines of a kernel's log (dmesg).", valueName: "file"),
        completion: .file())
    var e820: String?

    @Option(
        help: ArgumentHelp(
            "A node of memory, such as 0-0x7fffffff: the first and the last byte. May be given several times.",
            valueName: "first-last"))
    var node: [String] = []

    @Option(
        help: ArgumentHelp(
            "Distances of a node to each node, such as 10,20. Once for each node, or not at all.", valueName: "row"))
    var distances: [String] = []

    @Option(
        help: ArgumentHelp(
            "The node of each CPU, such as 0,0,1,1. CPUs behind the last are of node 0.", valueName: "nodes"))
    var cpuNodes: String?

    @Option(
        help: ArgumentHelp(
            "Where struct pages lie, whose memory is reserved then: flat, sparse or sparse-vmemmap.", valueName: "model"
        ))
    var memoryModel: String?

    func validate() throws {
        var options = BootOptions()
        try apply(to: &options)
    }

    /// Adds nodes, distances and the memory model.
    func apply(to options: inout BootOptions) throws {
        for text in node { options.nodes.append(try Self.range(text)) }
        for row in distances {
            let numbers = row.split(separator: ",").map { Int($0) }
            guard !numbers.isEmpty, numbers.allSatisfy({ (10...255).contains($0 ?? 0) }) else {
                throw ValidationError("--distances \(row): numbers from 10 to 255 with commas, such as 10,20")
            }
            options.distances.append(numbers.compactMap { $0 })
        }
        if let cpuNodes {
            let numbers = cpuNodes.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.allSatisfy({ (0...63).contains($0 ?? -1) }) else {
                throw ValidationError("--cpu-nodes \(cpuNodes): numbers of nodes with commas, such as 0,0,1,1")
            }
            options.cpuNodes = numbers.compactMap { $0 }
        }
        if let memoryModel {
            guard let model = MemoryModel(rawValue: memoryModel) else {
                let names = MemoryModel.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--memory-model \(memoryModel): there are \(names)")
            }
            options.memoryModel = model
        }
    }

    private static func range(_ text: String) throws -> Range<PhysicalAddress> {
        let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map {
            $0.hasPrefix("0x") ? UInt64($0.dropFirst(2), radix: 16) : UInt64($0)
        }
        guard bounds.count == 2, let first = bounds[0], let last = bounds[1], first <= last, last < 1 << 62 else {
            throw ValidationError("--node \(text): write FIRST-LAST, two addresses, such as 0-0x7fffffff")
        }
        return first..<last + 1
    }
}

/// The boot of a machine that runs a program.
struct BootArguments: ParsableArguments {
    @OptionGroup var firmware: FirmwareArguments

    @Option(
        help: ArgumentHelp(
            "A parameter of the kernel's command line, such as movablecore=2G, numa=fake=2 or nr_cpus=2; see faultline boot. "
                + "May be given several times.", valueName: "name=value"))
    var boot: [String] = []

    func validate() throws { _ = try options() }

    /// The options that were given.
    var given: [(name: String, isGiven: Bool)] {
        [
            ("--e820", firmware.e820 != nil), ("--node", !firmware.node.isEmpty),
            ("--distances", !firmware.distances.isEmpty), ("--cpu-nodes", firmware.cpuNodes != nil),
            ("--memory-model", firmware.memoryModel != nil), ("--boot", !boot.isEmpty),
        ]
    }

    /// Boots what was asked for; the map without `--e820` is that of a PC with so much RAM.
    ///
    /// - Throws: `CommandFailure` for options that do not fit the map, `MachineError` for RAM that cannot be.
    func apply(to configuration: inout MachineConfiguration) throws {
        guard given.contains(where: \.isGiven) else { return }
        let options = try options()
        let map = try firmware.e820.map { try FirmwareMapFile.read($0) }
        do {
            configuration.boot = try BootLayout(map ?? FirmwareMap.ofPC(ramBytes: configuration.ramBytes), options)
        } catch let error as FirmwareMapError {
            throw CommandFailure("\(error)")
        } catch is MachineError {
            throw configuration.ramError
        }
        configuration.allocator.cpus = options.cpus
    }

    private func options() throws -> BootOptions {
        var options = BootOptions()
        for parameter in boot {
            do { try options.set(parameter) } catch { throw ValidationError("--boot \(error)") }
        }
        try firmware.apply(to: &options)
        return options
    }
}
