import ArgumentParser
import FaultlineHost

/// Options of the commands that run programs on the live kernel.
struct LiveArguments: ParsableArguments {
    @Option(help: "The processor that the program's processes run on; else the last one that is allowed.")
    var processor: Int32?

    @Option(
        help: ArgumentHelp(
            "Where disk_file makes its files, on ext4 as for the recordings; they have no names and are never left; "
                + "/var/tmp where it is left out.",
            valueName: "directory"))
    var diskDirectory: String?

    func options() throws -> LiveOptions {
        if let processor, !LiveOptions.processors().contains(processor) {
            let allowed = LiveOptions.processors().map(String.init).joined(separator: ", ")
            throw ValidationError("--processor \(processor): this process may use the processors \(allowed)")
        }
        return LiveOptions(processor: processor, diskDirectory: diskDirectory ?? "/var/tmp")
    }
}
