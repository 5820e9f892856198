import CExec
import Faultline
import Glibc

/// What is noted of each process for the report.
extension ExecSession {
    func record(of simulated: Int) -> ProcessRecord? { processes.last { $0.simulated == simulated } }

    private func change(_ simulated: Int, _ body: (inout ProcessRecord) -> Void) {
        if let index = processes.lastIndex(where: { $0.simulated == simulated }) { body(&processes[index]) }
    }

    /// A process is about to run its first instruction.
    func noteStart(_ simulated: Int) {
        _ = machine.takeEvents()
        let faults = (try? machine.faultCounts(simulated)) ?? (0, 0)
        let totals = try? machine.totals(simulated)
        change(simulated) { record in
            record.faultsBefore = faults
            if record.parent != nil, record.program != "(vfork)" { record.sharedAtForkKiB = totals?.anonymous ?? 0 }
        }
    }

    /// Counts what the machine did since the last time.
    func countEvents() {
        for event in machine.takeEvents() where event.process >= 0 {
            switch event.kind {
            case .cowCopied, .cowReused, .stackGrown, .vmaMerge, .vmaSplit, .pageFaultUser, .signal:
                change(Int(event.process)) { $0.events[event.kind, default: 0] += 1 }
            default: break
            }
        }
    }

    /// Which instruction a thread stands at that took a fault, in the program's own code.
    func noteSite(of thread: Int32, _ simulated: Int) {
        // Where it waits: the number of a call, its arguments, stack pointer and instruction.
        let text = HostText.contents("/proc/\(thread)/syscall")
        guard let word = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).last, word.hasPrefix("0x"),
            let place = UInt64(word.dropFirst(2), radix: 16)
        else { return }
        change(simulated) { $0.sites[place, default: 0] += 1 }
    }

    /// A process ends, or becomes another program: its figures are taken before its memory goes.
    func noteEnd(_ simulated: Int, _ stop: fl_stop?) {
        guard let record = record(of: simulated), record.end == nil,
            let faults = try? machine.faultCounts(simulated), let totals = try? machine.totals(simulated),
            let view = try? machine.snapshot(simulated, listsPages: { _, _ in false })
        else { return }
        let cause =
            switch stop?.kind {
            case FL_STOP_EXITED?: "exited with \(stop?.value ?? 0)"
            case FL_STOP_KILLED?: "killed by signal \(stop?.value ?? 0)"
            default: "became another program"
            }
        let sites = CallSite.resolve(record.sites, in: view.vmas)
        change(simulated) { record in
            record.end = ProcessRecord.End(
                cause: cause, minorFaults: faults.minor - record.faultsBefore.minor,
                majorFaults: faults.major - record.faultsBefore.major, totals: totals, vmas: view.vmas, sites: sites)
        }
    }

    /// What the run came to.
    public var report: ExecReport {
        var statistics = statistics
        statistics.fileBytesRead = files.bytesRead
        return ExecReport(processes: processes, statistics: statistics)
    }
}

extension Machine {
    /// Bytes of the memory file that holds simulated RAM.
    var ramFileBytes: UInt64 {
        var facts = stat()
        return fstat(ramFile, &facts) == 0 ? UInt64(facts.st_size) : 0
    }
}
