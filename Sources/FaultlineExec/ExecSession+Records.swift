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
            case .outOfMemory: endVictim(Int(event.value))
            default: break
            }
        }
    }

    /// The out-of-memory killer of the machine has ended a process: the host's goes too.
    private func endVictim(_ simulated: Int) {
        change(simulated) { $0.wasOutOfMemory = true }
        for (thread, task) in tasks where task.simulated == simulated { fl_tracee_kill(thread) }
    }

    /// A process ends, or becomes another program: its figures are taken before its memory goes.
    func noteEnd(_ simulated: Int, _ space: SimulatedSpace, _ stop: fl_stop?) {
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
        let sites = takeCallSites(of: simulated, space)
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
