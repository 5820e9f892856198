import Faultline

/// Events that repeat from page to page, as a trace shows them on one line: the first, and how often it came.
public struct EventRun: Sendable, Equatable {
    /// The first of them.
    public var first: Event
    /// How many; each has an address one page behind the one before it, and the next value or the same.
    public var count = 1

    /// A repeated group of more events than this is not looked for.
    private static let longestGroup = 12

    /// Gathers events. Faults that go from page to page leave the same few events each time: a group that repeats becomes as many
    /// runs as it has events.
    public static func gather(_ events: [Event]) -> [EventRun] {
        var runs: [EventRun] = []
        var index = 0
        while index < events.count {
            let (length, repeats) = bestGroup(events, at: index)
            for event in events[index..<index + length] { runs.append(EventRun(first: event, count: repeats)) }
            index += length * repeats
        }
        return runs
    }

    /// The length of the group that begins here, and how often it comes: the one that covers most; of equals, the shortest.
    private static func bestGroup(_ events: [Event], at start: Int) -> (length: Int, repeats: Int) {
        var best = (length: 1, repeats: 1)
        for length in 1...longestGroup where start + 2 * length <= events.count {
            // A group begins with its fault.
            if length > 1, events[start + length - 1].kind == .pageFaultUser { break }
            var next = start + length
            while next < events.count, continues(events, next, length, from: start) { next += 1 }
            let repeats = (next - start) / length
            if repeats > 1, repeats * length > best.repeats * best.length || best.repeats == 1 {
                best = (length, repeats)
            }
        }
        return best
    }

    /// Whether an event goes on where the one a group before it was, in the steps of the first pair.
    private static func continues(_ events: [Event], _ index: Int, _ length: Int, from start: Int) -> Bool {
        let (old, new) = (events[index - length], events[index])
        guard old.kind == new.kind, old.reason == new.reason, old.refusal == new.refusal, old.process == new.process
        else { return false }
        let isNextPage = new.address == old.address &+ 4096
        guard old.kind.shape.subject == nil ? old.address == new.address : isNextPage else { return false }
        let step = new.value &- old.value
        guard step <= 1 else { return false }
        // All of a run goes on in the same steps.
        let first = start + (index - start) % length
        return step == events[first + length].value &- events[first].value
    }

    /// As a trace shows it, such as `init: page_mapped 0x100000000000 x4 pfn=0x12 (first write of anonymous memory)`.
    public func text(processName: (Int) -> String) -> String { first.text(count: count, processName: processName) }
}
