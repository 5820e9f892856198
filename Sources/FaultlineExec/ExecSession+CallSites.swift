import CExec
import Faultline
import FaultlineCallSites
import Glibc

/// Faults by the code that took them, with its callers.
extension ExecSession {
    /// Counts a fault of a thread that waits for its page, which is there now. The thread goes on.
    func noteSite(_ kind: FaultKind, at address: UInt64, of thread: Int32, _ task: Task) {
        guard let code = stoppedCode(of: thread, waitingFor: address, task.space) else { return }
        defer { if !code.isBehindInstruction { fl_tracee_continue(thread, 0, false) } }
        guard let sites = callSites[task.simulated] ?? (try? CallSites()) else { return }
        callSites[task.simulated] = sites
        guard let symbolizer = task.space.symbolizer else {
            let place = CallSite.Frame(address: code.registers[16] ?? 0)
            return sites.add(kind, at: address, frames: [place], isBroken: true)
        }
        var chain = symbolizer.callers(of: code) { task.space.word(at: $0) }
        // The kernel has no frame: the code that it started is the outermost.
        if let last = chain.frames.last, task.space.entry.contains(last.address) { chain.isBroken = false }
        sites.add(kind, at: address, chain)
    }

    /// Where a thread stands that waits for a page. In its own code it is stopped for that; inside a system call it cannot be.
    private func stoppedCode(of thread: Int32, waitingFor address: UInt64, _ space: SimulatedSpace) -> StoppedCode? {
        defer { space.wake(address) }
        // Where it waits: the number of a call with its arguments, or -1, then stack pointer and instruction.
        let words = HostText.contents("/proc/\(thread)/syscall").split { $0 == " " || $0 == "\n" }
        guard words.count >= 3, let call = Int(words[0]), let stack = Self.number(words[words.count - 2]),
            let place = Self.number(words[words.count - 1])
        else { return nil }
        if call != -1 { return StoppedCode(inSystemCallAt: place, stack: stack) }
        guard fl_tracee_interrupt(thread) else { return nil }
        // One that was killed waits for the page on its way out.
        space.wake(address)
        guard stops(thread) else { return nil }
        var registers = [UInt64](repeating: 0, count: 17)
        guard fl_tracee_registers(thread, &registers) else { return nil }
        return StoppedCode(registers: registers)
    }

    /// Waits until a thread stops that was asked to; what others do meanwhile is dealt with later. False where it does something else.
    private func stops(_ thread: Int32) -> Bool {
        while true {
            let stop = fl_tracee_next(0, true)
            if stop.kind == FL_STOP_NONE { return false }
            if stop.thread == thread, stop.kind == FL_STOP_TRAP { return true }
            // The first stop of a new thread is waited for by its number, when its maker says that it is there.
            if stop.kind == FL_STOP_TRAP, tasks[stop.thread] == nil { handle(stop) } else { laterStops.append(stop) }
            if stop.thread == thread { return false }
        }
    }

    private static func number(_ word: Substring) -> UInt64? {
        word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : nil
    }

    /// What was counted of a process, with names; it has its memory still. Nothing is counted after that.
    func takeCallSites(of simulated: Int, _ space: SimulatedSpace) -> CallSiteReport? {
        guard let sites = callSites.removeValue(forKey: simulated), let symbolizer = space.symbolizer else {
            return nil
        }
        return CallSiteReport(sites, symbolizer)
    }
}
