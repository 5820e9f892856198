/// The places that a session can go back to at once.
struct SessionCheckpoints {
    /// One place.
    struct Entry {
        let place: Int
        /// How long the statements before it take to make.
        let elapsed: Duration
        let interpreter: Interpreter
        let executor: ExecutorCheckpoint
    }

    /// How far apart they are at least, and how many there are at most.
    let limits: ScenarioSession.CheckpointLimits
    /// In the order of places; the first is the program's start and stays.
    private(set) var entries: [Entry] = []

    init(limits: ScenarioSession.CheckpointLimits) { self.limits = limits }

    /// The last one at a place or before it.
    func nearest(to place: Int) -> Entry? {
        // Of those behind the place the first.
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].place <= place { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : entries[low - 1]
    }

    /// Whether a place is far enough behind the one before it.
    func isDue(at place: Int, elapsed: Duration) -> Bool {
        guard let last = nearest(to: place) else { return true }
        return place > last.place && elapsed - last.elapsed >= limits.interval
    }

    /// Adds a place, and takes the ones away that are missed least where there are too many.
    mutating func add(_ entry: Entry) {
        let index = entries.firstIndex { $0.place > entry.place } ?? entries.endIndex
        entries.insert(entry, at: index)
        while entries.count > 2, entries.count > limits.count || storedBytes > limits.bytes {
            entries.remove(at: leastMissed)
        }
    }

    private var storedBytes: Int { entries.reduce(0) { $0 + $1.executor.storedBytes } }

    /// The one whose neighbours are closest in time. Neither the start nor the newest: what comes next builds on it.
    private var leastMissed: Int {
        (1..<entries.count - 1).min {
            entries[$0 + 1].elapsed - entries[$0 - 1].elapsed < entries[$1 + 1].elapsed - entries[$1 - 1].elapsed
        } ?? 1
    }
}

extension ScenarioSession {
    /// What a session may spend on checkpoints.
    public struct CheckpointLimits: Sendable {
        /// How long the statements between two take at least; a way back takes about as long at most, until there are too many.
        public var interval: Duration
        /// How many there are at most, at least 2.
        public var count: Int
        /// How many bytes they take at most, about; the start and the newest are kept whatever they take.
        public var bytes: Int

        /// Limits; the preset ones let a program of some seconds go back within a tenth of one.
        public init(interval: Duration = .milliseconds(50), count: Int = 128, bytes: Int = 512 << 20) {
            self.interval = interval
            self.count = max(count, 2)
            self.bytes = bytes
        }
    }
}
