import Faultline
import FaultlineInspect
import FaultlineScenario

extension LiveMachine {
    /// The mappings in a file of /proc that has the form of maps or smaps.
    static func mappings(_ path: String) throws(LiveError) -> [SmapsText.Entry] {
        let bytes = try HostFile(path).contents()
        // A process that is ending has none.
        if bytes.isEmpty { return [] }
        do { return try SmapsText(bytes).entries } catch { throw .unsupported("\(path): \(error)") }
    }

    /// Reads the state of every live process, in the order in which they were made. Without a page reader (for want of
    /// privilege) there are no pages.
    func observe(_ reader: PageReader?) throws(LiveError) -> [ProcessView] {
        var states: [ProcessView] = []
        for (index, agent) in live.enumerated() {
            var sharer: Agent?
            if hasSharers {
                for other in live[..<index] where sharer == nil {
                    sharer = try agent.sharesMemory(with: other) ? other : nil
                }
            }
            states.append(try state(of: agent, sharing: sharer, reader))
        }
        return states
    }

    private func state(
        of agent: Agent, sharing sharer: Agent?, _ reader: PageReader?
    ) throws(LiveError) -> ProcessView {
        let root = "/proc/\(agent.process)"
        let entries = sharer == nil ? try Self.mappings("\(root)/smaps") : []
        let status = try ProcessStatus(process: agent.process)
        var view = ProcessView(
            name: agent.name, pageTablesKiB: status.pageTables - initialPageTables, lockedKiB: status.locked,
            pinnedKiB: status.pinned, sizeKiB: status.size, rssKiB: status.rss, sharedWith: sharer?.name, vmas: [])
        if entries.isEmpty { return view }
        let pagemap = try HostFile("\(root)/pagemap")
        let policies = showsPolicies ? try Self.policies("\(root)/numa_maps") : [:]
        for entry in entries where scope.shows(start: entry.vma.start, end: entry.vma.end) {
            var area = entry.vma
            area.name = files["\(entry.device) \(entry.inode)"] ?? entry.shortName
            area.policy = policies[area.start]
            if let reader, scope.listsPages(start: area.start, end: area.end) {
                area.pages = try reader.pages(in: area.start..<area.end, of: pagemap)
            }
            view.vmas.append(area)
        }
        return view
    }

    /// The policies that a file numa_maps has, by the first address of a VMA; none for the default.
    private static func policies(_ path: String) throws(LiveError) -> [UInt64: String] {
        var policies: [UInt64: String] = [:]
        for line in try HostFile(path).contents().split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard words.count >= 2, let start = UInt64(String(decoding: words[0], as: UTF8.self), radix: 16) else {
                continue
            }
            let policy = String(decoding: words[1], as: UTF8.self)
            if policy != "default" { policies[start] = policy }
        }
        return policies
    }
}
