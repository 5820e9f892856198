import ArgumentParser
import FaultlineHost
import FaultlineInspect

/// Options that name a real process whose memory is read.
struct ProcessSource: ParsableArguments {
    @Option(help: ArgumentHelp("A running process: its VMAs and the pages that are there.", valueName: "pid"))
    var pid: Int32?

    @Option(
        help: ArgumentHelp(
            "A text of /proc/PID/smaps: VMAs, and as many pages as it counts.", valueName: "file"),
        completion: .file())
    var smaps: String?

    /// The option that was given.
    var option: String { pid == nil ? "--smaps" : "--pid" }

    var isGiven: Bool { pid != nil || smaps != nil }

    /// How messages name it.
    var label: String { pid.map { "process \($0)" } ?? smaps ?? "" }

    func validate() throws {
        if pid != nil, smaps != nil { throw ValidationError("--pid and --smaps name two processes: leave one out") }
        if let pid, pid <= 0 { throw ValidationError("--pid \(pid): the number of a process is expected, as in ps") }
    }

    /// A process as it was read.
    struct Reading {
        var description: ProcessDescription
        var command: String?
        var pageTablesKiB: Int?
        var limits: CommitLimits?
    }

    /// Reads it.
    ///
    /// - Throws: `CommandFailure`, which names what cannot be read and why.
    func read() throws -> Reading {
        if let pid { return try read(pid) }
        let path = smaps ?? "-"
        let description: ProcessDescription
        do { description = try ProcessDescription(try TextFile.bytes(path)) } catch let error as MapsError {
            throw CommandFailure("\(path): \(error)")
        }
        if !description.hasFigures {
            throw CommandFailure(
                "\(path): this is a text of maps, which does not count pages: give one of /proc/PID/smaps")
        }
        return Reading(description: description)
    }

    private func read(_ pid: Int32) throws -> Reading {
        do {
            let capture = try ProcessCapture(process: pid)
            var limits = try CommitLimits.ofThisMachine()
            limits.isAdministrator = capture.isAdministrator
            return Reading(
                description: capture.description, command: capture.command, pageTablesKiB: capture.pageTablesKiB,
                limits: limits)
        } catch let error as MapsError {
            throw CommandFailure("process \(pid): it has no memory of its own, or ended (smaps: \(error))")
        } catch let error as LiveError {
            throw CommandFailure("process \(pid): \(error)")
        }
    }
}
