import CExec
import Faultline
import Glibc

/// System calls about memory, made on the machine in the program's place.
extension ExecSession {
    /// Takes a call that a program waits for.
    func takeCall() {
        var call = fl_call()
        if fl_calls_take(watch, &call) != 0 { return }
        guard let task = tasks[call.thread] else {
            _ = fl_calls_pass(watch, call.id)
            return
        }
        if call.number < 0 {
            fail(
                .unsuitable(
                    path: record(of: task.simulated)?.program ?? "?",
                    reason: "it makes system calls of 32-bit or x32 programs, which cannot be simulated"))
            _ = fl_calls_answer(watch, call.id, -Int64(ENOSYS))
            return
        }
        // The last one came to nothing: the kernel refused.
        withdraw(births.removeValue(forKey: call.thread), of: call.thread)
        if let birth = birth(of: call, task) { return answer(call, birth) }
        if call.number == 334 {
            // RSEQ_FLAG_UNREGISTER
            rseqs[call.thread] = call.arguments.2 & 1 == 0 ? call.arguments.0 : nil
            _ = fl_calls_pass(watch, call.id)
            return
        }
        statistics.calls += 1
        let result = result(of: call, task)
        countEvents()
        settle()
        if let result { _ = fl_calls_answer(watch, call.id, result) } else { _ = fl_calls_pass(watch, call.id) }
    }

    /// The result of a call; nil where the kernel is to make it.
    private func result(of call: fl_call, _ task: Task) -> Int64? {
        let a = call.arguments
        let memory = MemoryCall(session: self, task: task, thread: call.thread)
        switch Int(call.number) {
        case 9: return memory.mmap(a.0, a.1, a.2, a.3, Int32(truncatingIfNeeded: a.4), a.5)
        case 10, 329:
            return memory.mprotect(a.0, a.1, a.2, key: call.number == 329 ? Int32(truncatingIfNeeded: a.3) : -1)
        case 11: return memory.munmap(a.0, a.1)
        case 12: return memory.brk(a.0)
        case 25: return memory.mremap(a.0, a.1, a.2, a.3, a.4)
        case 26: return memory.msync(a.0, a.1, a.2)
        case 27: return memory.mincore(a.0, a.1, a.2)
        case 28: return memory.madvise(a.0, a.1, Int32(truncatingIfNeeded: a.2))
        case 149, 325: return memory.mlock(a.0, a.1, flags: call.number == 325 ? a.2 : 0)
        case 150: return memory.munlock(a.0, a.1)
        case 151: return memory.simple { (m, p) throws(Errno) in try m.mlockall(p, flags: a.0) }
        case 152: return memory.simple { (m, p) throws(Errno) in try m.munlockall(p) }
        case 462: return memory.simple { (m, p) throws(Errno) in try m.mseal(p, a.0, a.1, flags: a.2) }
        case 160: return memory.setrlimit(a.0, at: a.1)
        case 302: return memory.prlimit(a.0, a.1, at: a.2)
        default: return refuse(Int(call.number))
        }
    }

    /// A call that changes an address space in a way that is not simulated: a program can go on without it, and gets ENOSYS.
    private func refuse(_ number: Int) -> Int64 {
        let names = [
            30: "shmat", 67: "shmdt", 206: "io_setup", 216: "remap_file_pages", 323: "userfaultfd", 330: "pkey_alloc",
            331: "pkey_free",
        ]
        statistics.refused[names[number] ?? "call \(number)", default: 0] += 1
        return -Int64(ENOSYS)
    }

    // MARK: Births

    /// What a clone(2) or one of its kin makes; nil for other calls. A failure is an errno.
    private func birth(of call: fl_call, _ task: Task) -> Result<Birth, Errno>? {
        var flags: UInt64
        var place: UInt64
        switch Int(call.number) {
        case 56: (flags, place) = (call.arguments.0, call.arguments.3)
        case 57: (flags, place) = (0, 0)
        case 58: (flags, place) = (0x4100, 0)
        case 435:
            guard let words = read(call.arguments.0, words: 3, of: task) else { return .failure(.EFAULT) }
            (flags, place) = (words[0], words[2])
        default: return nil
        }
        // CLONE_VM, CLONE_THREAD, CLONE_CHILD_SETTID
        if flags & 0x10000 != 0 { return .success(.thread) }
        do throws(Errno) {
            if flags & 0x100 != 0 { return .success(.sharing(simulated: try machine.cloneVM(task.simulated))) }
            let lent = try task.space.prepareFork(
                of: call.thread, by: task.simulated, kernelWritesAt: rseqs[call.thread])
            do throws(Errno) {
                let child = try machine.fork(task.simulated)
                return .success(.copy(simulated: child, numberAt: flags & 0x100_0000 != 0 ? place : nil, lent: lent))
            } catch {
                if let lent { task.space.takeBack(lent, from: call.thread, task.simulated) }
                throw error
            }
        } catch { return .failure(error) }
    }

    private func answer(_ call: fl_call, _ birth: Result<Birth, Errno>) {
        countEvents()
        settle()
        switch birth {
        case .success(let birth):
            births[call.thread] = birth
            _ = fl_calls_pass(watch, call.id)
        case .failure(let error): _ = fl_calls_answer(watch, call.id, -Int64(error.rawValue))
        }
    }

    /// Undoes what was made for a child that is not to be.
    func withdraw(_ birth: Birth?, of thread: Int32) {
        switch birth {
        case .copy(let simulated, _, let lent)?:
            if let lent, let task = tasks[thread] { task.space.takeBack(lent, from: thread, task.simulated) }
            try? machine.exit(simulated)
        case .sharing(let simulated)?: try? machine.exit(simulated)
        case .thread?, nil: break
        }
    }

    /// Words of a program's memory, read as the kernel reads an argument of its: with the faults that it takes.
    func read(_ address: UInt64, words: Int, of task: Task) -> [UInt64]? {
        guard let bytes = try? machine.read(ProcessID(task.simulated), at: address, count: words * 8) else {
            return nil
        }
        settle()
        return (0..<words).map { word in
            (0..<8).reduce(0) { $0 | UInt64(bytes[word * 8 + $1]) << (8 * UInt64($1)) }
        }
    }
}
