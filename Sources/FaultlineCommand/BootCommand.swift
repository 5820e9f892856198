import ArgumentParser
import Faultline
import FaultlineHost
import FaultlineInspect
import Glibc

/// `faultline boot`: what the kernel makes of a firmware's memory map.
struct BootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boot",
        abstract: "Boot a memory map and print the kernel's own log lines, and the zones that come of it.",
        discussion: """
            The map is that of a kernel's log (dmesg), of the last boot that a file tells of, or this machine's. PARAMETERS are those of the kernel's command \
            line: movablecore=2G, kernelcore=50%, mem=8G, initrdmem=START,SIZE, cma=64M, numa=fake=2, nr_cpus=2.
            """)

    @Option(
        help: ArgumentHelp("A file with the BIOS-e820 lines of a kernel's log.", valueName: "file"), completion: .file()
    )
    var e820: String?

    @Flag(
        help:
            "Take the map from this machine (its kernel's log, or else /sys/firmware/memmap), with its RAMDISK and its number of CPUs."
    )
    var live = false

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
            "Where struct pages lie, whose memory is reserved then: flat, sparse or sparse-vmemmap.", valueName: "model"
        ))
    var memoryModel: String?

    @Flag(help: "Show every step, with the kernel's function that does it, those that the log does not tell too.")
    var steps = false

    @Argument(help: ArgumentHelp("Parameters of the kernel's command line.", valueName: "parameter"))
    var parameters: [String] = []

    func validate() throws {
        if (e820 == nil) == !live { throw ValidationError("give the map: --e820 FILE or --live, one of them") }
    }

    func run() throws {
        let layout: BootLayout
        var allocator = AllocatorSettings()
        do {
            let firmware = live ? try LiveFirmware.read() : nil
            if let folder = firmware?.folder {
                StandardError.write("note: the kernel's log no longer has the map; this one is from \(folder)")
            }
            let options = try options(firmware)
            allocator.cpus = options.cpus
            layout = try BootLayout(try firmware?.map ?? FirmwareMapFile.read(e820 ?? ""), options)
        } catch let error as LiveFirmwareError {
            throw CommandFailure("\(error)")
        } catch let error as FirmwareMapError {
            throw CommandFailure("\(error)")
        }
        for event in layout.events where steps || event.isLogged {
            print(steps ? event.function + ": " + event.text : event.text)
        }
        let machine: Machine
        do { machine = try Machine(boot: layout, allocator: allocator) } catch { throw CommandFailure("\(error)") }
        let files = ProcFiles(machine) { "process \($0)" }
        guard case .text(let text, _) = try files.read("/proc/zoneinfo") else { return }
        print(text, terminator: "")
    }

    private func options(_ firmware: LiveFirmware?) throws -> BootOptions {
        var options = BootOptions()
        if let firmware {
            options.initialRAMDisk = firmware.initialRAMDisk
            options.cpus = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        }
        for parameter in parameters { try options.set(parameter) }
        for text in node { options.nodes.append(try Self.range(text)) }
        for row in distances {
            let numbers = row.split(separator: ",").map { Int($0) }
            guard !numbers.isEmpty, numbers.allSatisfy({ (10...255).contains($0 ?? 0) }) else {
                throw ValidationError("--distances \(row): numbers from 10 to 255 with commas, such as 10,20")
            }
            options.distances.append(numbers.compactMap { $0 })
        }
        if let memoryModel {
            guard let model = MemoryModel(rawValue: memoryModel) else {
                let names = MemoryModel.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--memory-model \(memoryModel): there are \(names)")
            }
            options.memoryModel = model
        }
        return options
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
