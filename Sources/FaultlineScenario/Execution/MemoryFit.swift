import Faultline

/// How small the machine of a program can be: the search behind `faultline fit`.
public struct MemoryFit: Encodable, Sendable {
    /// Why a machine is too small.
    public enum Shortage: String, Encodable, Sendable {
        /// It has no room for the first process.
        case start = "the first process does not start"
        case kill = "a process is killed"
        case failure = "a call fails with ENOMEM that succeeds in a large machine"
        case refault = "pages come back that were evicted"
        case swap = "pages go to the swap area"
        case limit = "a process is killed at the limit that the program sets itself (memory_limit)"
    }

    /// The smallest machine that has enough, in MiB; nil where the largest has not.
    public let mebibytes: UInt64?
    /// What the largest machine lacks; nil where it has enough.
    public let lacking: Shortage?
    /// Why one that is a MiB smaller has not; nil where none can be made.
    public let below: Shortage?
    /// How many machines were tried.
    public let tries: Int

    /// Bisects between nothing and `largest` MiB. A machine that has enough stays so with more memory.
    ///
    /// - Parameter shortage: what a machine of so many MiB lacks; nil for nothing.
    public init(largest: UInt64, shortage: (UInt64) throws -> Shortage?) rethrows {
        lacking = try shortage(largest)
        if lacking != nil {
            (mebibytes, below, tries) = (nil, nil, 1)
            return
        }
        var (low, high): (UInt64, UInt64) = (0, largest)
        var below: Shortage?
        var tries = 1
        while high - low > 1 {
            let middle = low + (high - low) / 2
            tries += 1
            if let found = try shortage(middle) {
                low = middle
                below = found
            } else {
                high = middle
            }
        }
        mebibytes = high
        self.below = below
        self.tries = tries
    }

    /// What a run on a machine lacked.
    ///
    /// - Parameter failures: how many calls fail with ENOMEM in a large machine.
    public static func shortage(of run: ScenarioRun, on executor: SimulatorExecutor, failures: Int) -> Shortage? {
        let machine = executor.machine
        if let group = machine.memoryGroupView(), group.kills > 0 { return .limit }
        if executor.names.indices.contains(where: { machine.wasKilled($0) }) { return .kill }
        if Self.failures(in: run) > failures { return .failure }
        let figures = machine.reclaimFigures
        if figures.refaultedAnonymous + figures.refaultedFile > 0 { return .refault }
        return figures.freedAnonymous > 0 && machine.hasSwapArea ? .swap : nil
    }

    /// How many calls failed with ENOMEM.
    public static func failures(in run: ScenarioRun) -> Int {
        run.steps.count { $0.result?.outcome == .error(.ENOMEM) }
    }

    /// Two lines: the size, and what is lacking below; empty where the largest machine has not enough.
    public var text: String {
        guard let mebibytes else { return "" }
        var text = "smallest RAM  \(mebibytes)M\n"
        if let below { text += "with \(mebibytes - 1)M     \(below.rawValue)\n" }
        return text
    }
}
