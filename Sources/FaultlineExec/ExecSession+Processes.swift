import CExec
import Faultline
import Glibc

/// Births, deaths, and programs that become others.
extension ExecSession {
    /// What a thread is about to make.
    enum Birth {
        /// A thread of the same process.
        case thread
        /// A process in the same address space, which is on the machine already.
        case sharing(simulated: Int)
        /// A process with a copy of the address space, which is on the machine already; where the kernel is to write its number, and the
        /// page of the host's own that its parent has meanwhile.
        case copy(simulated: Int, numberAt: UInt64?, lent: UInt64?)
    }

    /// Deals with one stop of a thread.
    func handle(_ stop: fl_stop) {
        switch stop.kind {
        case FL_STOP_EXITED, FL_STOP_KILLED: end(stop)
        case FL_STOP_SIGNAL:
            let isOurs = stop.value == SIGSEGV && isTransient(stop.thread)
            fl_tracee_continue(stop.thread, isOurs ? 0 : Int32(stop.value), false)
        case FL_STOP_NEW: born(Int32(stop.value), to: stop.thread)
        case FL_STOP_EXEC: replaced(stop)
        case FL_STOP_TRAP:
            if tasks[stop.thread] == nil, !isAssistant(stop.thread) {
                early.insert(stop.thread)
            } else {
                fl_tracee_continue(stop.thread, 0, false)
            }
        case FL_STOP_GROUP:
            fl_tracee_continue(stop.thread, 0, !isAssistant(stop.thread))
        default: break
        }
    }

    private func isAssistant(_ thread: Int32) -> Bool {
        tasks.values.contains { $0.space.remote.pointee.assistant == thread }
    }

    /// A host fault that came while another thread's call changed the mappings: the access is made again. A real one comes back.
    private func isTransient(_ thread: Int32) -> Bool {
        guard let task = tasks[thread], !task.space.isAlone else { return false }
        var code: Int32 = 0
        var address: UInt64 = 0
        guard fl_tracee_signal(thread, &code, &address), code == 1 || code == 2 else { return false }
        return task.space.retries.allows(thread, address)
    }

    // MARK: Starts

    /// Takes a program over that stands before its first instruction.
    ///
    /// - Throws: ``ExecError``, `Errno` and errors of reading /proc.
    func adopt(_ thread: Int32) throws {
        let program = try ProgramStart(process: thread)
        let process = try program.make(on: machine, files: files, limits: limits)
        let space = SimulatedSpace(machine, files, process: process)
        processes.append(ProcessRecord(host: thread, simulated: process, program: program.path, parent: nil))
        // From here on the end of the thread ends the space.
        tasks[thread] = Task(space: space, simulated: process)
        space.threads.insert(thread)
        if let stack = program.stack {
            let most = min(limits.stack, 1 << 30) & ~4095
            space.stackRange = min(stack.lowerBound, stack.upperBound - min(stack.upperBound, most))..<stack.upperBound
        }
        var registers = [UInt64](repeating: 0, count: 17)
        // A start is a few instructions that call the rest.
        if fl_tracee_registers(thread, &registers) { space.entry = registers[16]..<registers[16] &+ 16 }
        try attach(space, to: thread, isNew: true)
        if watch < 0 {
            watch = fl_calls_watch(thread)
            if watch < 0 { throw ExecError.missing("seccomp with user notification", errno: -watch) }
        }
        noteStart(process)
    }

    /// Gives a stopped process its assistant, and all its VMAs their places.
    private func attach(_ space: SimulatedSpace, to thread: Int32, isNew: Bool) throws {
        let error = fl_remote_open(space.remote, thread, machine.ramFile, machine.ramFileBytes, isNew)
        if error != 0 { throw ExecError.host(action: "work in the memory of process \(thread)", errno: error) }
        try space.openWindow()
        let refused = space.reserveAll()
        if refused != 0 { throw ExecError.host(action: "map the memory of process \(thread)", errno: refused) }
    }

    /// A thread has become another program: its old address space is gone.
    private func replaced(_ stop: fl_stop) {
        let former = Int32(stop.value)
        rseqs[former] = nil
        rseqs[stop.thread] = nil
        if let task = tasks.removeValue(forKey: former) ?? tasks[stop.thread] { leave(task, former, end: nil) }
        if former != stop.thread, let leader = tasks.removeValue(forKey: stop.thread) {
            leave(leader, stop.thread, end: nil)
        }
        tasks[stop.thread] = nil
        guard fl_tracee_settle(stop.thread) else {
            noteEnd(fl_stop(kind: FL_STOP_KILLED, thread: stop.thread, value: SIGKILL, shares_memory: false))
            return
        }
        do {
            if let path = HostLink.target("/proc/\(stop.thread)/exe"), let reason = ProgramFileCheck.format(path) {
                throw ExecError.unsuitable(path: path, reason: reason)
            }
            try adopt(stop.thread)
        } catch {
            fl_tracee_kill(stop.thread)
            fail(error as? ExecError ?? .host(action: "take over a program (\(error))", errno: EIO))
        }
        fl_tracee_continue(stop.thread, 0, false)
    }

    // MARK: Births

    private func born(_ child: Int32, to parent: Int32) {
        defer { fl_tracee_continue(parent, 0, false) }
        guard let task = tasks[parent], let birth = births.removeValue(forKey: parent) else {
            // An assistant's maker waits for it where it was made.
            return
        }
        if !early.contains(child), fl_tracee_next(child, true).kind != FL_STOP_TRAP { return }
        early.remove(child)
        switch birth {
        case .thread: join(child, task.space, task.simulated)
        case .sharing(let simulated):
            processes.append(ProcessRecord(host: child, simulated: simulated, program: "(vfork)", parent: parent))
            join(child, task.space, simulated)
            noteStart(simulated)
        case .copy(let simulated, let place, let lent):
            rseqs[child] = rseqs[parent]
            if let lent { task.space.takeBack(lent, from: parent, task.simulated) }
            let program = record(of: task.simulated)?.program ?? "?"
            processes.append(ProcessRecord(host: child, simulated: simulated, program: program, parent: parent))
            copyBorn(child, simulated, task.space, numberAt: place)
        }
        fl_tracee_continue(child, 0, false)
    }

    private func join(_ thread: Int32, _ space: SimulatedSpace, _ simulated: Int) {
        tasks[thread] = Task(space: space, simulated: simulated)
        space.threads.insert(thread)
    }

    private func copyBorn(_ child: Int32, _ simulated: Int, _ parent: SimulatedSpace, numberAt place: UInt64?) {
        let space = SimulatedSpace(machine, files, process: simulated)
        space.stackRange = parent.stackRange
        space.native = parent.native
        space.codeSymbolizer = parent.codeSymbolizer
        space.entry = parent.entry
        tasks[child] = Task(space: space, simulated: simulated)
        space.threads.insert(child)
        noteStart(simulated)
        do {
            try attach(space, to: child, isNew: false)
            if let place { try writeNumber(child, at: place, simulated) }
        } catch {
            fail(error as? ExecError ?? .host(action: "take over a child (\(error))", errno: EIO))
        }
    }

    /// What CLONE_CHILD_SETTID asks for; the kernel has found no memory there (`schedule_tail` goes on without it).
    private func writeNumber(_ thread: Int32, at place: UInt64, _ simulated: Int) throws {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: thread >> (8 * $0)) }
        try? machine.write(ProcessID(simulated), at: place, bytes)
        settle()
    }

    // MARK: Ends

    private func end(_ stop: fl_stop) {
        early.remove(stop.thread)
        noteEnd(stop)
        guard let task = tasks.removeValue(forKey: stop.thread) else {
            if let space = tasks.values.first(where: { $0.space.remote.pointee.assistant == stop.thread })?.space {
                space.remote.pointee.assistant = -1
                fail(.host(action: "reach the memory of a program: its assistant was ended", errno: ESRCH))
            }
            return
        }
        withdraw(births.removeValue(forKey: stop.thread), of: stop.thread)
        rseqs[stop.thread] = nil
        leave(task, stop.thread, end: stop)
    }

    /// A thread leaves its address space: by its end, or since it became another program.
    private func leave(_ task: Task, _ thread: Int32, end: fl_stop?) {
        task.space.threads.remove(thread)
        let isLast = !tasks.values.contains { $0.simulated == task.simulated }
        if !isLast { return }
        noteEnd(task.simulated, task.space, end)
        if task.space.threads.isEmpty {
            task.space.close()
        } else if task.simulated == task.space.process,
            let heir = task.space.threads.compactMap({ tasks[$0]?.simulated }).min()
        {
            task.space.hand(to: heir)
        }
        try? machine.exit(task.simulated)
        countEvents()
    }
}
