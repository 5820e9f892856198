import Faultline

/// Something that happens to the machine from outside before a statement of a program: time passes, the disk fails. The
/// program itself cannot say so, as it must run on the live kernel too.
public struct ScheduledAction: Sendable, Equatable {
    /// What happens.
    public enum Kind: Sendable, Equatable {
        /// Simulated time passes, in centiseconds.
        case advance(UInt64)
        /// Reads of the disk fail from now on.
        case failReads
        /// Writes to the disk fail from now on.
        case failWrites
        /// The disk works again.
        case repair
        /// The figures of /proc/meminfo are shown.
        case meminfo
    }

    /// The line of the statement that it comes before, from 1.
    public let line: Int
    /// What happens then.
    public let kind: Kind

    /// Reads such as `7:advance=30s`, `7:fail-reads`, `7:fail-writes`, `7:repair` or `7:meminfo`.
    ///
    /// - Throws: what is wrong with it, and what would be right.
    public init(_ text: String) throws(ScheduledActionError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let line = Int(parts[0]), line > 0 else {
            throw ScheduledActionError(text, "begin with the line that it comes before, such as 7:repair")
        }
        self.line = line
        switch parts[1] {
        case "fail-reads": kind = .failReads
        case "fail-writes": kind = .failWrites
        case "repair": kind = .repair
        case "meminfo": kind = .meminfo
        default:
            guard parts[1].hasPrefix("advance=") else {
                throw ScheduledActionError(
                    text, "give one of advance=TIME, fail-reads, fail-writes, repair, meminfo")
            }
            guard let time = Self.centiseconds(parts[1].dropFirst("advance=".count)) else {
                throw ScheduledActionError(text, "give a time in seconds, such as advance=30s or advance=0.5s")
            }
            kind = .advance(time)
        }
    }

    /// A number of seconds with at most two decimals, and `s`.
    private static func centiseconds(_ text: Substring) -> UInt64? {
        guard text.hasSuffix("s") else { return nil }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        // A century is the most: the flusher wakes every five seconds of it.
        guard let first = parts.first, let seconds = UInt64(first), seconds <= 3_155_760_000 else { return nil }
        if parts.count == 1 { return seconds * 100 }
        let decimals = parts[1]
        guard (1...2).contains(decimals.count), decimals.allSatisfy(\.isNumber), let number = UInt64(decimals) else {
            return nil
        }
        return seconds * 100 + (decimals.count == 1 ? number * 10 : number)
    }

    /// Lets it happen; returns what to print about it, lines without an end.
    public func apply(to machine: Machine) -> [String] {
        switch kind {
        case .advance(let time):
            let started = machine.advance(centiseconds: time)
            return ["\(Self.seconds(time)) later: writeback of \(started) page\(started == 1 ? "" : "s") started"]
        case .failReads:
            machine.setDiskFailure(reads: true, writes: machine.diskFailure.writes)
            return ["reads of the disk fail from now on"]
        case .failWrites:
            machine.setDiskFailure(reads: machine.diskFailure.reads, writes: true)
            return ["writes to the disk fail from now on"]
        case .repair:
            machine.setDiskFailure(reads: false, writes: false)
            return ["the disk works again"]
        case .meminfo:
            return MeminfoReader.text(machine.memoryInfo()).split(separator: "\n").map(String.init)
        }
    }

    private static func seconds(_ time: UInt64) -> String {
        let rest = time % 100
        return "\(time / 100)" + (rest == 0 ? "" : "." + (rest < 10 ? "0" : "") + "\(rest)") + " s"
    }
}

/// A mistake in the text of a ``ScheduledAction``.
public struct ScheduledActionError: Error, Equatable, CustomStringConvertible {
    /// What was given and what would be right.
    public let description: String

    init(_ text: String, _ remedy: String) { description = "\(text): \(remedy)" }
}
