import ArgumentParser
import FaultlineScenario

extension ScenarioProfile: ExpressibleByArgument {}

/// `faultline generate`: random programs, printed or written into a folder.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make random scenario programs; the same profile and seed give the same program.")

    @Option(help: "What the programs are about.")
    var profile: ScenarioProfile

    @Option(help: "The seed of the first program; the next one has the next seed.")
    var seed: UInt64 = 1

    @Option(
        help:
            "How long a program is, in blocks of about fifteen statements; 4, or 3 of the profile mthp, where it is not given."
    )
    var blocks: Int?

    @Option(help: "How many programs.")
    var count = 1

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp("Write PROFILE-SEED.fl for each program into this folder.", valueName: "directory"))
    var directory: String?

    func validate() throws {
        if let blocks, blocks < 1 { throw ValidationError("--blocks \(blocks): a program has at least one block") }
        if count < 1 { throw ValidationError("--count \(count): at least one program is made") }
        if count > 1, directory == nil {
            throw ValidationError("--count \(count) needs --output: one program is printed, more are files")
        }
    }

    func run() throws {
        guard let directory else {
            print(ScenarioGenerator.source(profile: profile, seed: seed, blocks: blocks), terminator: "")
            return
        }
        do {
            try HostFiles.makeFolder(directory)
            for number in 0..<UInt64(count) {
                let seed = seed &+ number
                let file = "\(directory)/\(profile.rawValue)-\(seed).fl"
                let source = ScenarioGenerator.source(profile: profile, seed: seed, blocks: blocks)
                try HostFiles.write(Array(source.utf8), to: file)
            }
        } catch {
            throw CommandFailure("cannot write into \(directory): \(error)")
        }
    }
}
