extension Machine {
    /// process_madvise(2) of one range (`mm/madvise.c`): advice about memory that need not be the caller's.
    ///
    /// - Returns: the bytes of the range, as they were given.
    /// - Throws: EINVAL for flags, and for an advice that is not for others; EACCES, EPERM; as ``madvise(_:_:_:_:)``.
    func processMadvise(
        _ task: Process, of target: Process, _ start: UInt64, _ length: UInt64, advice: Int32, flags: UInt32
    ) throws(Errno) -> UInt64 {
        if flags != 0 { throw refuse(.EINVAL, .argument("flags", .bits(UInt64(flags)), "must be 0")) }
        if length > UInt64(Int64.max) {
            throw refuse(.EINVAL, .argument("len", .bits(length), "must be less than 2^63"))
        }
        // import_ubuf
        let count = min(length, Self.largestTransfer)
        if start > AddressSpaceLimit.taskSize || count > AddressSpaceLimit.taskSize - start {
            throw refuse(.EFAULT, .beyondUserSpace(start, count))
        }
        if task.mm != target.mm {
            if !mayInspect(task, target) {
                throw refuse(.EACCES, .mayNotReach(user: task.user, target: target.user))
            }
            guard let known = Advice(rawValue: advice), known.isForOthers else {
                throw refuse(.EINVAL, .adviceForOthers(Int64(advice)))
            }
            if !task.capabilities.canMoveSharedPages {
                throw refuse(.EPERM, .combination("advice about another process's memory takes CAP_SYS_NICE"))
            }
        }
        if count == 0 { return 0 }
        try madvise(task, in: target.mm, start, count, advice)
        return count
    }

    /// process_mrelease(2): frees the memory of a process that is being killed. No process here lingers so.
    ///
    /// - Throws: EINVAL for flags, and for a process that is not dying.
    func processMrelease(_ target: Process, flags: UInt32) throws(Errno) {
        if flags != 0 { throw refuse(.EINVAL, .argument("flags", .bits(UInt64(flags)), "must be 0")) }
        throw refuse(.EINVAL, .combination("the process is not being killed"))
    }

    /// process_madvise(2). - Throws: ESRCH, and as ``processMadvise(_:of:_:_:advice:flags:)``.
    package func processMadvise(
        _ process: Int, of target: Int, _ start: UInt64, _ length: UInt64, advice: Int32, flags: UInt32 = 0
    ) throws(Errno) -> UInt64 {
        let other = try task(target)
        let caller = try caller(process)
        do { return try processMadvise(caller, of: other, start, length, advice: advice, flags: flags) } catch {
            if error != .waiting { throw error }
            return try conclude(caller, CallAnswer(min(length, Self.largestTransfer))).get()
        }
    }

    /// process_mrelease(2). - Throws: EINVAL, ESRCH.
    package func processMrelease(_ process: Int, of target: Int, flags: UInt32 = 0) throws(Errno) {
        let other = try task(target)
        _ = try caller(process)
        try processMrelease(other, flags: flags)
    }
}

extension Advice {
    /// `process_madvise_remote_valid`: takes nothing away from the process.
    var isForOthers: Bool {
        switch self {
        case .cold, .pageOut, .willNeed, .collapse: true
        default: false
        }
    }
}
