/// A group of figures that share their set-up. A new one is added to `Section.all`.
struct Section: Sendable {
    /// What `--only` takes.
    let name: String

    /// The heading printed above the figures.
    let heading: String

    /// Measures the section's figures.
    let measure: @Sendable (Effort) throws(BenchError) -> [Figure]

    /// Every section, in the order in which they run.
    // `programs` stands first: the most memory that a child had (`ru_maxrss`) counts the most that this process had when it made it.
    static let all: [Section] = [
        programs, limits, translation, live, machine, memory, chains, pages, hugePages, reclaim, kernelMemory,
        session, traces, window, shootdown, userfault,
    ]
}

/// Why a measurement could not be made.
enum BenchError: Error, CustomStringConvertible {
    /// The host refused the memory for a section's tables or addresses.
    case outOfMemory(section: String, bytes: UInt64)

    /// A program of the generator did not run.
    case cannotRun(section: String, reason: String)

    /// A translation that the section's tables allow did not succeed: the figures would mean nothing.
    case wrongTranslation(section: String, address: UInt64)

    /// The other build's program could not be run, or did not print figures.
    case failedProgram(String, String)

    var description: String {
        switch self {
        case .failedProgram(let path, let reason):
            "\(path): \(reason); give a faultline-bench that knows --json"
        case .outOfMemory(let section, let bytes):
            "section \(section): the host refused \(bytes >> 20) MiB; free memory, or run with --quick"
        case .cannotRun(let section, let reason): "section \(section): the program did not run: \(reason)"
        case .wrongTranslation(let section, let address):
            "section \(section): 0x\(String(address, radix: 16)) was translated wrongly; "
                + "run the tests of the walker and the TLB before measuring"
        }
    }
}
