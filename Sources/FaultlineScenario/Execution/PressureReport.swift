import Faultline

/// What shortness of memory did in a run: what `faultline run --ram SIZE --swap SIZE` tells at the end.
public struct PressureReport: Encodable, Sendable {
    /// A VMA from which pages were taken.
    public struct Area: Encodable, Sendable {
        /// The program's name for its process.
        public let process: String
        /// Its bounds, in hex with 0x.
        public let start, end: String
        /// As in maps.
        public let permissions, name: String
        /// How many pages went.
        public let pages: UInt64
    }

    /// Faults that waited for a disk, of all processes.
    public let majorFaults: UInt64
    /// Pages that reclaim freed.
    public let evictedAnonymous, evictedFile: UInt64
    /// Pages that came back after that.
    public let refaultedAnonymous, refaultedFile: UInt64
    /// Pages that went to the swap area and came from it, those of zeros too.
    public let swappedOut, swappedIn: UInt64
    /// How often an allocation waited for reclaim.
    public let stalls: UInt64
    /// The processes that were killed for memory, in the order in which they were made.
    public let killed: [String]
    /// Where the pages went from; VMAs of processes that are still there.
    public let areas: [Area]

    /// The figures of a run so far.
    public init(_ executor: SimulatorExecutor) throws {
        let machine = executor.machine
        let figures = machine.reclaimFigures
        let swap = machine.swapCounts
        majorFaults = machine.allFaults.major
        (evictedAnonymous, evictedFile) = (figures.freedAnonymous, figures.freedFile)
        (refaultedAnonymous, refaultedFile) = (figures.refaultedAnonymous, figures.refaultedFile)
        (swappedOut, swappedIn) = (swap.pagesOut + swap.zeroOut, swap.pagesIn + swap.zeroIn)
        stalls = figures.stalls
        killed = executor.names.indices.filter { machine.wasKilled($0) }.map { executor.names[$0] }
        areas = try executor.names.indices.filter { machine.isAlive($0) }.flatMap { index in
            try machine.evictions(index).map {
                Area(
                    process: executor.names[index], start: "0x" + $0.start.hex, end: "0x" + $0.end.hex,
                    permissions: $0.permissions, name: $0.name.isEmpty ? "-" : $0.name, pages: $0.pages)
            }
        }
    }

    /// Whether memory was enough.
    public var isEmpty: Bool {
        evictedAnonymous + evictedFile + refaultedAnonymous + refaultedFile + swappedOut + stalls == 0 && killed.isEmpty
    }

    /// A line a figure.
    public var text: String {
        func row(_ name: String, _ value: String) -> String {
            "  \(name)" + String(repeating: " ", count: max(1, 16 - name.count)) + value + "\n"
        }
        var text = "memory pressure\n"
        text += row("major faults", "\(majorFaults)")
        text += row(
            "evicted", "\(evictedAnonymous + evictedFile) (anonymous \(evictedAnonymous), of files \(evictedFile))")
        text += row(
            "refaults",
            "\(refaultedAnonymous + refaultedFile) (anonymous \(refaultedAnonymous), of files \(refaultedFile))")
        text += row("swap", "\(swappedOut) out, \(swappedIn) in")
        text += row("stalls", "\(stalls)")
        text += row("killed", killed.isEmpty ? "nobody" : killed.joined(separator: ", "))
        for area in areas {
            text += row(
                "evicted from",
                "\(area.pages) \(area.process) \(area.start.dropFirst(2))-\(area.end.dropFirst(2)) \(area.permissions) \(area.name)"
            )
        }
        return text
    }
}
