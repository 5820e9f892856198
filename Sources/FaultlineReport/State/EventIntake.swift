import Faultline

/// What a fault came to, as a time line tells faults apart.
public enum FaultKind: String, CaseIterable, Sendable, Codable {
    case firstWrite = "first write"
    case zeroPage = "zero page"
    case copied = "copied"
    case reused = "reused"
    case file = "file or shared page"
    case signal = "signal"
    case other = "entry changed only"
    /// There were too many events to tell them apart.
    case untold = "not told apart"

    /// The kind that an event behind the fault shows; nil for an event that does not decide it.
    fileprivate init?(_ event: Event) {
        switch (event.kind, event.reason) {
        case (.cowCopied, _): self = .copied
        case (.cowReused, _): self = .reused
        case (.signal, _): self = .signal
        case (.refused, _):
            guard case .signal = event.refusal?.answer else { return nil }
            self = .signal
        case (.pageMapped, .faultAround): return nil
        case (.pageMapped, .zeroPage): self = .zeroPage
        case (.pageMapped, .anonymous): self = .firstWrite
        case (.pageMapped, .zeroPageCopy), (.pageMapped, .privateWrite): self = .copied
        case (.pageMapped, _): self = .file
        default: return nil
        }
    }
}

/// Takes the events of one statement as they come: counts faults by kind, and keeps the first events.
final class EventIntake {
    /// The first events of the statement.
    private(set) var kept: [Event] = []
    /// Faults by kind, those of the kernel's own accesses among them.
    private(set) var faults: [FaultKind: Int] = [:]
    /// Events that were counted and not kept.
    private(set) var droppedCount = 0
    /// The trace was stopped: nothing is known of later events.
    private(set) var isCutOff = false
    private var isFaultOpen = false
    private var seen = 0

    /// Events that are kept.
    static let mostKept = 2048
    /// Events after which a statement is no longer traced.
    static let mostSeen = 4_000_000

    /// Takes the next events.
    func take(_ events: [Event]) {
        for event in events {
            switch event.kind {
            case .pageFaultUser:
                closeFault()
                isFaultOpen = true
            case _ where isFaultOpen:
                guard let kind = FaultKind(event) else { break }
                faults[kind, default: 0] += 1
                isFaultOpen = false
            default: break
            }
        }
        kept += events.prefix(Self.mostKept - kept.count)
        seen += events.count
        droppedCount = seen - kept.count
    }

    /// Whether the trace should stop.
    var isFull: Bool { seen >= Self.mostSeen }

    /// Notes that it did.
    func cutOff() { isCutOff = true }

    /// Ends the statement, in which the caller took so many faults.
    func finish(faultCount: Int) {
        closeFault()
        let told = faults.values.reduce(0, +)
        if isCutOff, faultCount > told { faults[.untold] = faultCount - told }
    }

    private func closeFault() {
        if isFaultOpen { faults[.other, default: 0] += 1 }
        isFaultOpen = false
    }
}
