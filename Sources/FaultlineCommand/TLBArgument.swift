import ArgumentParser
import Faultline
import FaultlineInspect

/// The value of `--tlb`: a preset's name, or a configuration file.
struct TLBArgument {
    /// Where configuration files are larger than any geometry needs, something else was given.
    private static let maximumBytes = 1 << 20

    /// Finds the preset, or reads the file.
    static func geometry(_ argument: String) throws -> TLBGeometry {
        if let preset = TLBGeometry.preset(argument) { return preset }
        let names = TLBGeometry.presets.map(\.name).joined(separator: ", ")
        guard HostFiles.kind(argument) == .other else {
            throw ValidationError("--tlb \(argument): neither a preset (\(names)) nor a file")
        }
        let text = try TextFile.read(argument)
        guard text.utf8.count <= maximumBytes else {
            throw CommandFailure("\(argument): must be a JSON text of at most 1 MiB")
        }
        do { return try TLBGeometry(configuration: text) } catch {
            throw CommandFailure("\(argument): \(error)")
        }
    }
}
