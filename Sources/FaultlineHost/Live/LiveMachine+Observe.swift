import FaultlineScenario

extension LiveMachine {
    /// Reads the state of every live process, in the order in which they were made. Without a page reader (for want of
    /// privilege) there are no pages.
    func observe(_ reader: PageReader?) throws(LiveError) -> Observation {
        var states: [ProcessObservation] = []
        for (index, agent) in live.enumerated() {
            var sharer: Agent?
            if hasSharers {
                for other in live[..<index] where sharer == nil {
                    sharer = try agent.sharesMemory(with: other) ? other : nil
                }
            }
            states.append(try state(of: agent, sharing: sharer, reader))
        }
        return Observation(processes: states)
    }

    private func state(
        of agent: Agent, sharing sharer: Agent?, _ reader: PageReader?
    ) throws(LiveError) -> ProcessObservation {
        if let sharer {
            let status = try ProcessStatus(process: agent.process)
            return ProcessObservation(
                name: agent.name, pgtablesKiB: status.pageTables - initialPageTables, lockedKiB: status.locked,
                sharedWith: sharer.name, vmas: [])
        }
        let entries = SmapsEntry.parse(try HostFile("/proc/\(agent.process)/smaps").contents())
        let status = try ProcessStatus(process: agent.process)
        let pagemap = try HostFile("/proc/\(agent.process)/pagemap")
        var areas: [VMAObservation] = []
        for entry in entries where scope.shows(start: entry.start, end: entry.end) {
            var area = VMAObservation(
                start: entry.start, end: entry.end, permissions: entry.permissions, offset: entry.offset,
                name: files["\(entry.device) \(entry.inode)"] ?? entry.name, vmFlags: entry.flags,
                figures: entry.figures)
            if let reader, scope.listsPages(start: entry.start, end: entry.end) {
                area.pages = try reader.pages(in: entry.start..<entry.end, of: pagemap)
            }
            areas.append(area)
        }
        return ProcessObservation(
            name: agent.name, pgtablesKiB: status.pageTables - initialPageTables, lockedKiB: status.locked,
            vmas: areas)
    }
}
