import Faultline

/// What is read of a machine on both sides of a statement.
struct QuizMoment {
    /// All page tables of all processes, in KiB.
    let tablesKiB: Int
    let hits: UInt64
    let walks: UInt64
    /// Of the first process, in KiB.
    let rssKiB: Int
    let lazyFreeKiB: Int

    init(_ executor: SimulatorExecutor) throws {
        let processes = try executor.observe()
        tablesKiB = processes.filter { $0.sharedWith == nil }.reduce(0) { $0 + $1.pageTablesKiB }
        rssKiB = processes.first?.vmas.reduce(0) { $0 + $1.figures[.rss] } ?? 0
        lazyFreeKiB = processes.first?.vmas.reduce(0) { $0 + $1.figures[.lazyFree] } ?? 0
        let statistics = executor.machine.tlbStatistics
        hits = statistics.l1Hits.sum + statistics.l2Hits.sum
        walks = statistics.walks.sum
    }
}

/// The answer to the question of a topic about one statement.
struct QuizAnswer {
    let text: String

    init(
        _ topic: QuizTopic, _ step: ScenarioStep, _ events: [Event], _ before: QuizMoment, _ after: QuizMoment,
        session: ScenarioSession, executor: SimulatorExecutor
    ) throws {
        let faults = (step.result?.faults?.minor ?? 0) + (step.result?.faults?.major ?? 0)
        let faultText = faults == 0 ? "no fault" : faults == 1 ? "1 fault" : "\(faults) faults"
        let result = step.result?.outcome.text ?? ""
        switch topic {
        case .cow: text = "\(faultText); \(Self.gained(events))"
        case .merge:
            let count = try Self.areas(executor)
            text = "\(count) \(count == 1 ? "VMA" : "VMAs") (the call: \(result))"
        case .tables: text = Self.tables(events, change: after.tablesKiB - before.tablesKiB)
        case .tlb:
            text = "\(after.hits - before.hits) in the TLB, \(after.walks - before.walks) by a walk; \(faultText)"
        case .faults: text = "\(result), \(faultText)"
        case .reclaim:
            let change = after.rssKiB - before.rssKiB
            let rss = change == 0 ? "Rss stays" : "Rss \(change > 0 ? "+" : "")\(change)K"
            text =
                "\(rss), LazyFree \(after.lazyFreeKiB)K\(result.hasPrefix("-1") || result.hasPrefix("SIG") ? "; \(result)" : "")"
        case .sharing: text = try "\(result), \(Self.mappers(step, session, executor))"
        }
    }

    /// What a write got.
    private static func gained(_ events: [Event]) -> String {
        if events.contains(where: { $0.kind == .cowCopied }) { return "a copy of the page" }
        if events.contains(where: { $0.kind == .cowReused }) { return "the page itself" }
        guard let mapped = events.first(where: { $0.kind == .pageMapped }) else { return "neither" }
        return mapped.reason == .zeroPage ? "neither: the zero page is mapped" : "neither: a new page of zeroes"
    }

    /// VMAs between W and W+64K.
    private static func areas(_ executor: SimulatorExecutor) throws -> Int {
        let start = ScenarioConstant.workingAddress
        return try executor.observe().first.map { process in
            process.vmas.count { $0.start < start + 64 << 10 && start < $0.end }
        } ?? 0
    }

    private static func tables(_ events: [Event], change: Int) -> String {
        let kinds: [(Event.Kind, String)] = [
            (.pudTableAllocated, "PUD table made"), (.pmdTableAllocated, "PMD table made"),
            (.pteTableAllocated, "PTE table made"), (.pudTableFreed, "PUD table freed"),
            (.pmdTableFreed, "PMD table freed"), (.pteTableFreed, "PTE table freed"),
        ]
        let parts = kinds.compactMap { kind, name -> String? in
            let count = events.count { $0.kind == kind }
            return count == 0 ? nil : "\(count) \(name)"
        }
        let sum = change == 0 ? "VmPTE stays" : "VmPTE \(change > 0 ? "+" : "")\(change)K"
        return (parts.isEmpty ? ["none"] : parts).joined(separator: ", ") + "; " + sum
    }

    /// How many entries map the frame that the statement's first argument has.
    private static func mappers(
        _ step: ScenarioStep, _ session: ScenarioSession, _ executor: SimulatorExecutor
    ) throws -> String {
        guard let call = step.statement.call, let argument = call.arguments.first,
            let process = executor.index(ofProcess: call.process), let address = try? argument.evaluate(session.names)
        else { return "no page" }
        guard let map = try executor.machine.reverseMap(process, UInt64(bitPattern: address)) else {
            return "no frame of its own: the zero page, or nothing, is mapped"
        }
        return "\(map.mapCount) \(map.mapCount == 1 ? "entry" : "entries")"
    }
}
