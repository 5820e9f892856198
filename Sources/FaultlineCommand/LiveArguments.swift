import ArgumentParser
import FaultlineHost

/// Options of the commands that run programs on the live kernel.
struct LiveArguments: ParsableArguments {
    @Option(help: "The processor that the program's processes run on; else the last one that is allowed.")
    var cpu: Int32?

    @Option(
        help: ArgumentHelp(
            "Where disk_file makes its files, on ext4 as for the recordings; they have no names and are never left; "
                + "/var/tmp where it is left out.",
            valueName: "directory"))
    var diskDirectory: String?

    func options() throws -> LiveOptions {
        if let cpu, !LiveOptions.processors().contains(cpu) {
            let allowed = LiveOptions.processors().map(String.init).joined(separator: ", ")
            throw ValidationError("--cpu \(cpu): this process may use the processors \(allowed)")
        }
        return LiveOptions(processor: cpu, diskDirectory: diskDirectory ?? "/var/tmp")
    }
}
