/// A row of the table of kernel threads: when a thread wakes, and what it does then.
struct KernelThreadEntry {
    let thread: KernelThread
    /// The time of its next wake-up, in microseconds of the clock; nil while it sleeps until somebody gives it work.
    let wake: (Machine) -> UInt64?
    /// What it does at a wake-up, while time passes until `end`: it may go back to sleep for longer where no wake-up in between would
    /// change anything. Returns how many pages it sent to the disk. Its next wake-up is later than this one, or never.
    let work: (_ machine: Machine, _ end: UInt64) -> Int

    /// `kjournald2`.
    static var journal: Self {
        Self(
            thread: .journal, wake: { $0.journalWake },
            work: { machine, _ in
                machine.commitTransaction()
                return 0
            })
    }

    /// `kcompactd`.
    static var compactor: Self {
        Self(
            thread: .compactor, wake: { $0.compactorWake },
            work: { machine, end in
                machine.wakeCompactor(until: end)
                return 0
            })
    }

    /// `vmstat_update`.
    static var statistics: Self {
        Self(
            thread: .statistics, wake: { $0.physical.statisticsWake($0.clock.now) },
            work: { machine, _ in
                machine.physical.decayLists(machine.clock.now)
                return 0
            })
    }

    /// `khugepaged`.
    static var hugePages: Self {
        Self(
            thread: .hugePages, wake: { $0.hugePageScanWake },
            work: { machine, _ in
                machine.wakeHugePageScan()
                return 0
            })
    }

    /// `wb_workfn`.
    static var flusher: Self {
        Self(thread: .flusher, wake: { $0.flusherWake }, work: { $0.wakeFlusher(until: $1) })
    }
}

extension Machine {
    /// Lets simulated time pass: writes that are under way arrive, and the kernel's threads wake when their time comes. The flusher
    /// wakes as often as its interval says, sends the files out that have been dirty for too long, and more when too much memory is
    /// dirty; the journal commits every five seconds.
    ///
    /// - Parameter centiseconds: hundredths of a second; time ends 73,000 years after the start.
    /// - Returns: pages whose writing was started.
    @discardableResult
    public func advance(centiseconds: UInt64) -> Int { runIdle { advance(to: clock.time(after: centiseconds)) } }

    func advance(to end: UInt64) -> Int {
        var started = 0
        // Each round is a commit, of which there is one at most, or takes the oldest file off the list of dirty ones.
        while let next = kernelThreads.compactMap({ $0.wake(self) }).min(), next <= end {
            finishWrites(until: next)
            clock.advance(to: next)
            for entry in kernelThreads where entry.wake(self) == next {
                started += run(as: entry.thread) { entry.work(self, end) }
            }
        }
        finishWrites(until: end)
        clock.advance(to: end)
        return started
    }

    /// Simulated time since the start, in centiseconds.
    public var elapsedCentiseconds: UInt64 { clock.now / Clock.centisecond }
}
