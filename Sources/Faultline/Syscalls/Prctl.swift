extension Machine {
    /// The options of prctl(2) that concern memory (`uapi/linux/prctl.h`).
    private enum Option {
        static let setTHPDisable: Int32 = 41
        static let getTHPDisable: Int32 = 42
        static let setMDWE: Int32 = 65
        static let getMDWE: Int32 = 66
        static let setMemoryMerge: Int32 = 67
        static let getMemoryMerge: Int32 = 68
    }

    /// prctl(2) for the options that concern memory; the others are EINVAL, as PR_SET_VMA is on a kernel without
    /// CONFIG_ANON_VMA_NAME.
    ///
    /// - Throws: EINVAL, EPERM.
    func prctl(
        _ task: Process, _ option: Int32, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64
    ) throws(Errno) -> UInt64 {
        let mm = task.mm
        switch option {
        case Option.setMDWE:
            try setDenyWriteExecute(mm, a, isPlain: b == 0 && c == 0 && d == 0)
            return 0
        case Option.getMDWE:
            if a != 0 || b != 0 || c != 0 || d != 0 { throw refuse(.EINVAL, .unusedArguments("2 to 5")) }
            return denyWriteExecuteBits(mm)
        case Option.setTHPDisable:
            // PR_THP_DISABLE_EXCEPT_ADVISED is the only flag.
            if c != 0 || d != 0 { throw refuse(.EINVAL, .unusedArguments("4 and 5")) }
            if b & ~2 != 0 { throw refuse(.EINVAL, .unknownBits("flags", b, known: 2)) }
            if a == 0 && b != 0 { throw refuse(.EINVAL, .combination("flags go with a value of 1 only")) }
            mm.pointee.hugePagesDisabled = a == 0 ? 0 : 1 | UInt8(b)
            return 0
        case Option.getTHPDisable:
            if a != 0 || b != 0 || c != 0 || d != 0 { throw refuse(.EINVAL, .unusedArguments("2 to 5")) }
            return UInt64(mm.pointee.hugePagesDisabled)
        case Option.setMemoryMerge:
            if b != 0 || c != 0 || d != 0 { throw refuse(.EINVAL, .unusedArguments("3 to 5")) }
            try setMergeAny(task, a != 0)
            return 0
        case Option.getMemoryMerge:
            if a != 0 || b != 0 || c != 0 || d != 0 { throw refuse(.EINVAL, .unusedArguments("2 to 5")) }
            return mm.pointee.mergesAny ? 1 : 0
        default: throw refuse(.EINVAL, .argument("option", .count(Int64(option)), "the kernel has no such option"))
        }
    }

    /// `ksm_enable_merge_any` and `ksm_disable_merge_any`: every VMA that can be merged by KSM is marked, or none.
    ///
    /// - Throws: ENOMEM where no frame is left for copies of merged pages; all is marked as before then.
    private func setMergeAny(_ task: Process, _ on: Bool) throws(Errno) {
        let mm = task.mm
        if mm.pointee.mergesAny == on { return }
        if on {
            enterMerging(mm)
            mm.pointee.mergesAny = true
            return markAllMergeable(mm)
        }
        var cursor = mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            guard vma.pointee.flags.has(.mergeable) else { continue }
            guard unmerge(vma, vma.pointee.start, vma.pointee.end, for: task) else {
                markAllMergeable(mm)
                throw refuse(.ENOMEM, .noFrame("the copy of a merged page"))
            }
            vma.pointee.flags.subtract(.mergeable)
        }
        mm.pointee.mergesAny = false
    }

    /// `ksm_add_vmas`.
    private func markAllMergeable(_ mm: Handle<MMStruct>) {
        var cursor = mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            if vma.pointee.flags.isCompatibleWithKSM { vma.pointee.flags.formUnion(.mergeable) }
        }
    }

    private func denyWriteExecuteBits(_ mm: Handle<MMStruct>) -> UInt64 {
        guard mm.pointee.denyWriteExecute else { return 0 }
        return mm.pointee.denyWriteExecuteInherits ? 1 : 3
    }

    /// `prctl_set_mdwe`: once set, it stays.
    private func setDenyWriteExecute(_ mm: Handle<MMStruct>, _ bits: UInt64, isPlain: Bool) throws(Errno) {
        if !isPlain { throw refuse(.EINVAL, .unusedArguments("3 to 5")) }
        if bits & ~3 != 0 { throw refuse(.EINVAL, .unknownBits("bits", bits, known: 3)) }
        if bits == 2 { throw refuse(.EINVAL, .combination("PR_MDWE_NO_INHERIT needs PR_MDWE_REFUSE_EXEC_GAIN")) }
        let current = denyWriteExecuteBits(mm)
        if current != 0, current != bits {
            throw refuse(.EPERM, .argument("bits", .bits(bits), "PR_SET_MDWE was set before and stays as it is"))
        }
        mm.pointee.denyWriteExecute = bits & 1 != 0
        mm.pointee.denyWriteExecuteInherits = bits & 2 == 0
    }

    /// setrlimit(2), soft and hard limit alike.
    ///
    /// - Throws: EINVAL for a resource that does not exist, EPERM for a limit above the hard one, or for more open files
    ///   than the kernel has.
    func setrlimit(_ task: Process, resource: Int32, limit: UInt64) throws(Errno) {
        guard (0..<16).contains(resource) else {
            throw refuse(.EINVAL, .argument("resource", .count(Int64(resource)), "resources are 0 to 15"))
        }
        if resource == 7, limit > 1 << 20 {
            throw refuse(.EPERM, .argument("limit", .given(limit), "fs.nr_open is 1,048,576"))
        }
        if limit > task.limits.hard[Int(resource)], !task.capabilities.canRaiseLimits {
            throw refuse(.EPERM, .hardLimit(Int64(resource), limit, hard: task.limits.hard[Int(resource)]))
        }
        task.limits.hard[Int(resource)] = limit
        switch resource {
        case 1: task.limits.fileSize = limit
        case 2: task.limits.data = limit
        case 3: task.limits.stack = limit
        case 6: task.limits.processes = limit
        case 7: task.limits.openFiles = limit
        case 8: task.limits.lockedMemory = limit
        case 9: task.limits.addressSpace = limit
        default: break
        }
    }
}
