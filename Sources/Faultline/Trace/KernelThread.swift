/// A thread of the kernel's own, by the number that stands for it where events name who did them.
public enum KernelThread: Int32, Sendable, CaseIterable {
    /// jbd2's, which commits the file system's transactions.
    case journal = -2
    /// The worker that writes dirty files back (`wb_workfn`).
    case flusher = -3
    /// What frees memory in time.
    case kswapd = -4
    /// The one that makes large free blocks (`kcompactd`).
    case compactor = -5
    /// The worker that folds a CPU's counters into the zones' (`vmstat_update`).
    case statistics = -6
    /// The one that makes huge pages of single ones.
    case hugePages = -7
    /// The one that merges equal pages.
    case samePageMerging = -8

    /// As ps(1) shows it.
    public var name: String {
        switch self {
        case .journal: "jbd2/vda-8"
        case .flusher: "kworker/u2:0-flush-254:0"
        case .kswapd: "kswapd0"
        case .compactor: "kcompactd0"
        case .statistics: "kworker/0:0-mm_percpu_wq"
        case .hugePages: "khugepaged"
        case .samePageMerging: "ksmd"
        }
    }
}

extension Event {
    /// The kernel thread that did it; nil where a process did, or no one.
    public var kernelThread: KernelThread? { KernelThread(rawValue: process) }
}

extension Machine {
    /// Runs a part of the kernel as one of its threads, in the place of the process that runs on the CPU.
    func run<Result>(as thread: KernelThread, _ body: () -> Result) -> Result { run(as: thread.rawValue, body) }

    /// What no one asked for: the work of interrupts while every process sleeps.
    func runIdle<Result>(_ body: () -> Result) -> Result { run(as: -1, body) }

    private func run<Result>(as actor: Int32, _ body: () -> Result) -> Result {
        let interrupted = cpu.current
        cpu.current = actor
        defer { cpu.current = interrupted }
        return body()
    }
}
