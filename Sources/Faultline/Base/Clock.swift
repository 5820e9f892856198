/// The machine's clock (`ktime_get`). Only the simulation moves it on.
struct Clock {
    /// Microseconds since the start.
    private(set) var now: UInt64 = 0

    /// In microseconds.
    static var centisecond: UInt64 { 10_000 }
    /// A second: how long no flush looks for CPUs that have left an address space (`next_trim_cpumask`).
    static var trimInterval: UInt64 { 100 * centisecond }
    /// Where time ends, 73,000 years after the start: far enough from the end of 64 bits for every sum with an interval.
    static var end: UInt64 { 1 << 61 }

    /// The time that is so many hundredths of a second away, or the end of time.
    func time(after centiseconds: UInt64) -> UInt64 {
        let rest = (Self.end - min(now, Self.end)) / Self.centisecond
        return now + min(centiseconds, rest) * Self.centisecond
    }

    /// Never goes back.
    mutating func advance(to time: UInt64) { now = max(now, time) }
}
