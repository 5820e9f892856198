import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario

/// The first process that a text of maps, a text of smaps or a running process describes.
enum DescribedProcess {
    /// The address space that a text of /proc/PID/maps or smaps describes, without pages.
    ///
    /// - Throws: `CommandFailure`, which names the file, the line and the rule.
    static func maps(_ path: String, isLegacyLayout: Bool) throws -> SimulatorExecutor.FirstProcess {
        .described(try description(path, isLegacyLayout: isLegacyLayout).space)
    }

    /// What a text of /proc/PID/maps or smaps says.
    ///
    /// - Throws: `CommandFailure`, which names the file, the line and the rule.
    static func description(_ path: String, isLegacyLayout: Bool = false) throws -> ProcessDescription {
        let bytes = try TextFile.bytes(path)
        do {
            let description = try ProcessDescription(bytes, isLegacyLayout: isLegacyLayout)
            tell(description.notes, about: path)
            return description
        } catch { throw CommandFailure("\(path): \(error)") }
    }

    /// The same with the pages that are there.
    static func populated(_ source: ProcessSource, isLegacyLayout: Bool) throws -> SimulatorExecutor.FirstProcess {
        var description = try source.read().description
        if isLegacyLayout { description.isLegacyLayout = true }
        tell(description.notes + description.populationNotes, about: source.label)
        return .described(description.populatedSpace)
    }

    private static func tell(_ notes: [String], about name: String) {
        for note in notes { StandardError.write("note: \(name): \(note)") }
    }
}

/// What of the state is listed beside what the program made.
struct ShowArguments: ParsableArguments {
    /// What may be asked for.
    enum Part: String, ExpressibleByArgument, CaseIterable {
        case initial
    }

    @Option(
        help: ArgumentHelp(
            "List more in the state: initial, the VMAs that the first process starts with. Those of --elf, --maps, --smaps and --pid that the program touched are always listed.",
            valueName: "initial"))
    var show: [Part] = []

    var showsInitial: Bool { show.contains(.initial) }
}
