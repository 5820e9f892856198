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

    @OptionGroup var firmware: FirmwareArguments

    @Flag(
        help:
            "Take the map from this machine (its kernel's log, or else /sys/firmware/memmap), with its RAMDISK and its number of CPUs."
    )
    var live = false

    @Flag(help: "Show every step, with the kernel's function that does it, those that the log does not tell too.")
    var steps = false

    @Argument(help: ArgumentHelp("Parameters of the kernel's command line.", valueName: "parameter"))
    var parameters: [String] = []

    func validate() throws {
        if (firmware.e820 == nil) == !live { throw ValidationError("give the map: --e820 FILE or --live, one of them") }
    }

    func run() throws {
        let layout: BootLayout
        var allocator = AllocatorSettings()
        do {
            let host = live ? try LiveFirmware.read() : nil
            if let folder = host?.folder {
                StandardError.write("note: the kernel's log no longer has the map; this one is from \(folder)")
            }
            let options = try options(host)
            allocator.cpus = options.cpus
            layout = try BootLayout(try host?.map ?? FirmwareMapFile.read(firmware.e820 ?? ""), options)
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

    private func options(_ host: LiveFirmware?) throws -> BootOptions {
        var options = BootOptions()
        if let host {
            options.initialRAMDisk = host.initialRAMDisk
            options.cpus = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        }
        for parameter in parameters { try options.set(parameter) }
        try firmware.apply(to: &options)
        return options
    }
}
