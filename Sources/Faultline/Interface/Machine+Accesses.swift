/// How far a run of accesses came.
public struct AccessProgress: Sendable, Equatable {
    /// How many succeeded; what follows them was not begun, but for the one that ended in a signal.
    public let made: Int
    /// The signal that the next one ended in; nil where all were made.
    public let fault: AccessFault?
}

extension Machine {
    /// Makes accesses one after the other, as a program does: through the TLBs and the tables, with its page faults. Events, counters,
    /// what TLBs hold and throw out are those of as many single accesses. One call costs a little, so give some thousand at once.
    ///
    /// It stops at the first that ends in a signal. The caller may change what made it fail (map the memory, for one) and go on from
    /// that access.
    ///
    /// - Parameter accesses: each on one page; what crosses pages is two.
    /// - Throws: ESRCH where no such process runs.
    public func access(_ process: ProcessID, _ accesses: ArraySlice<MemoryAccess>) throws(Errno) -> AccessProgress {
        try accesses.withUnsafeBufferPointer { buffer throws(Errno) in try access(process, buffer) }
    }

    /// The same for an array.
    public func access(_ process: ProcessID, _ accesses: [MemoryAccess]) throws(Errno) -> AccessProgress {
        try access(process, accesses[...])
    }

    /// The same, with what became of each access.
    ///
    /// - Parameter results: is set to a value for each access that was made.
    /// - Throws: ESRCH where no such process runs.
    public func access(
        _ process: ProcessID, _ accesses: ArraySlice<MemoryAccess>, results: inout [MadeAccess]
    ) throws(Errno) -> AccessProgress {
        _ = try caller(process.index)
        var progress = AccessProgress(made: 0, fault: nil)
        results = accesses.withUnsafeBufferPointer { buffer in
            [MadeAccess](unsafeUninitializedCapacity: buffer.count) { room, count in
                guard let all = try? access(process, buffer, results: room) else { return }
                progress = all
                count = all.made
            }
        }
        return progress
    }

    /// The same for accesses that lie in memory of the caller's.
    ///
    /// - Parameter results: room for as many; a value is put there for each access that was made. Nil where nobody wants them.
    /// - Throws: ESRCH where no such process runs.
    public func access(
        _ process: ProcessID, _ accesses: UnsafeBufferPointer<MemoryAccess>,
        results: UnsafeMutableBufferPointer<MadeAccess>? = nil
    ) throws(Errno) -> AccessProgress {
        var run = AccessRun(accesses, results: results)
        let signal = access(try caller(process.index), &run)
        guard let signal, let failed = run.next else { return AccessProgress(made: run.made, fault: nil) }
        return AccessProgress(made: run.made, fault: AccessFault(signal: signal, address: failed.address))
    }

    /// Says that the process will soon access the address, some 20 accesses from now: a hint for who makes single accesses to memory
    /// whose tables are larger than this computer's caches. It changes nothing that is simulated, and costs time where TLBs hit.
    /// A run of accesses does not look ahead.
    public func expectAccess(_ process: ProcessID, at address: VirtualAddress) {
        guard process.index == Int(cpu.current), let task = cpu.task else { return }
        cpu.mmu.expect(context: task.takeUnretainedValue().mm.pointee.context, address)
    }
}
