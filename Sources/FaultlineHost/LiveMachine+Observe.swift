import Glibc

/// The state of one process, read from outside.
public struct LiveProcessState {
    /// The process's name in the program.
    public var name: String
    /// VmPTE less what it was when the program started, KiB; it may be less than nothing.
    public var pageTables: Int64
    /// VmLck, KiB.
    public var locked: UInt64
    /// The VMAs that the program made.
    var areas: [(entry: SmapsEntry, runs: [PageRun])]
}

extension LiveMachine {
    /// Reads the state of every live process, in the order in which they were made. Without a page reader (for want of
    /// privilege) there are no page runs.
    func observe(_ reader: PageReader?) throws(LiveError) -> [LiveProcessState] {
        reader?.begin()
        var states: [LiveProcessState] = []
        for process in processes { states.append(try state(of: process, reader)) }
        return states
    }

    private func state(of agent: Agent, _ reader: PageReader?) throws(LiveError) -> LiveProcessState {
        let entries = SmapsEntry.parse(try HostFile("/proc/\(agent.process)/smaps").contents())
        let status = try ProcessStatus(process: agent.process)
        let pagemap = try HostFile("/proc/\(agent.process)/pagemap")
        var areas: [(entry: SmapsEntry, runs: [PageRun])] = []
        for entry in entries where !isInitial(entry) {
            let runs = try reader?.runs(in: entry.start..<entry.end, of: pagemap) ?? []
            areas.append((named(entry), runs))
        }
        return LiveProcessState(
            name: agent.name, pageTables: Int64(status.pageTables) - Int64(initialPageTables), locked: status.locked,
            areas: areas)
    }

    /// A VMA that lies, even in part, where the first process started with one is left out.
    private func isInitial(_ entry: SmapsEntry) -> Bool {
        initial.contains { $0.start < entry.end && entry.start < $0.end }
    }

    private func named(_ entry: SmapsEntry) -> SmapsEntry {
        guard let name = files["\(entry.device) \(entry.inode)"] else { return entry }
        var entry = entry
        entry.name = name
        return entry
    }
}

extension LiveProcessState {
    /// The lines of a recording.
    var lines: [String] {
        var lines = ["  process \(name) pgtables=\(pageTables)K locked=\(locked)K"]
        for (entry, runs) in areas {
            lines.append("    vma \(entry.range) | \(entry.flags)")
            let figures = entry.figures.map { "\($0.name)=\($0.kibibytes)" }
            if !figures.isEmpty { lines.append("      " + figures.joined(separator: " ")) }
            lines += runs.map { "      " + $0.line }
        }
        return lines
    }
}

extension SmapsEntry {
    /// `START-END PERMS OFFSET NAME`
    var range: String {
        "\(start.hexadecimal)-\(end.hexadecimal) \(permissions) \(offset.hexadecimal) \(name)"
    }
}
