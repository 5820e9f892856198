import Faultline
import FaultlineCallSites

/// What a run on simulated memory came to.
public struct ExecReport: Sendable {
    /// In the order of their starts.
    public let processes: [ProcessRecord]
    /// Costs, and what was not simulated.
    public let statistics: ExecStatistics

    /// As text.
    ///
    /// - Parameters:
    ///   - listsVMAs: also the VMAs of each process at its end.
    ///   - sites: how many call sites of each process.
    ///   - callers: how many lines of each.
    public func text(listsVMAs: Bool, sites: Int, callers: Int) -> String {
        var lines: [String] = []
        for process in processes {
            lines += Self.lines(process, listsVMAs)
            guard sites > 0, let report = process.end?.sites, report.total() > 0 else { continue }
            lines += report.text(sites: sites, callers: callers).split(separator: "\n").map { "  " + $0 }
        }
        lines.append(
            "in all: \(statistics.calls) memory calls simulated, \(statistics.touches) touches of pages not shown, "
                + "\(statistics.fileBytesRead >> 10)K of files read")
        for (name, count) in statistics.native.sorted(by: { $0.key < $1.key }) {
            lines.append("not simulated: \(name) is mapped as the host's file\(count > 1 ? " (\(count) times)" : "")")
        }
        for (name, count) in statistics.refused.sorted(by: { $0.key < $1.key }) {
            lines.append("not simulated: \(name) was refused\(count > 1 ? " \(count) times" : "")")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Collapsed stacks of all processes: `program;outermost;...;innermost COUNT`, sorted.
    public var collapsed: String {
        var stacks: [String: Int] = [:]
        for process in processes {
            let name = CallSiteReport.stackName(String(process.program.split(separator: "/").last ?? "?"))
            for line in process.end?.sites?.collapsed().split(separator: "\n") ?? [] {
                guard let space = line.lastIndex(of: " "), let count = Int(line[line.index(after: space)...]) else {
                    preconditionFailure("a collapsed stack ends in no count: \(line)")
                }
                stacks["\(name);\(line[..<space])", default: 0] += count
            }
        }
        return stacks.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    private static func lines(_ process: ProcessRecord, _ listsVMAs: Bool) -> [String] {
        let parent = process.parent.map { ", made by \($0)" } ?? ""
        var lines = ["process \(process.host) \(process.program)\(parent): \(process.cause)"]
        guard let end = process.end else { return lines }
        let counts = [
            (Event.Kind.cowCopied, "COW copies"), (.cowReused, "COW re-used"), (.stackGrown, "stack growths"),
        ]
        .compactMap { kind, name in process.events[kind].map { "\($0) \(name)" } }
        lines.append(
            "  faults: \(end.minorFaults) minor, \(end.majorFaults) major"
                + (counts.isEmpty ? "" : "; " + counts.joined(separator: ", ")))
        let totals = end.totals
        lines.append("  at its end: \(totals.text) peak=\(totals.peakRSS)K tables=\(totals.pageTables)K")
        if process.sharedAtForkKiB > 0 {
            lines.append("  shared with its parent at fork: \(process.sharedAtForkKiB)K of private memory")
        }
        if listsVMAs { lines += end.vmas.map { "  " + line($0) } }
        return lines
    }

    private static func line(_ vma: VMAView) -> String {
        let range = "\(String(vma.start, radix: 16))-\(String(vma.end, radix: 16))"
        let figures = "Rss=\(vma.figures[.rss])K Anonymous=\(vma.figures[.anonymous])K"
        return "\(range) \(vma.permissions) \(figures) \(vma.escapedName)"
    }
}

extension ExecReport: Encodable {
    private enum Key: String, CodingKey {
        case processes, calls, touches, fileBytesRead, native, refused
    }

    /// Encodes all figures.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(processes, forKey: .processes)
        try container.encode(statistics.calls, forKey: .calls)
        try container.encode(statistics.touches, forKey: .touches)
        try container.encode(statistics.fileBytesRead, forKey: .fileBytesRead)
        try container.encode(statistics.native, forKey: .native)
        try container.encode(statistics.refused, forKey: .refused)
    }
}

extension ProcessRecord: Encodable {
    private enum Key: String, CodingKey {
        case process, program, parent, end, minorFaults, majorFaults, events, sharedAtForkKiB, totals, vmas, sites
    }

    private struct VMA: Encodable {
        let start, end, permissions, name: String
        let rssKiB, anonymousKiB: Int
    }

    /// Encodes what the text has, with all VMAs and call sites.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(host, forKey: .process)
        try container.encode(program, forKey: .program)
        try container.encodeIfPresent(parent, forKey: .parent)
        try container.encode(sharedAtForkKiB, forKey: .sharedAtForkKiB)
        try container.encode(
            Dictionary(uniqueKeysWithValues: events.map { ($0.key.rawValue, $0.value) }), forKey: .events)
        try container.encode(cause, forKey: .end)
        guard let end else { return }
        try container.encode(end.minorFaults, forKey: .minorFaults)
        try container.encode(end.majorFaults, forKey: .majorFaults)
        try container.encode(end.totals, forKey: .totals)
        try container.encodeIfPresent(end.sites, forKey: .sites)
        try container.encode(
            end.vmas.map {
                VMA(
                    start: String($0.start, radix: 16), end: String($0.end, radix: 16), permissions: $0.permissions,
                    name: $0.escapedName, rssKiB: $0.figures[.rss], anonymousKiB: $0.figures[.anonymous])
            }, forKey: .vmas)
    }
}
