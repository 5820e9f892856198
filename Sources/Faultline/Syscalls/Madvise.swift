/// The advices of madvise(2) (`uapi/asm-generic/mman-common.h`).
public enum Advice: Int32, CaseIterable, Sendable {
    /// `MADV_NORMAL`.
    case normal = 0
    /// `MADV_RANDOM`: no readahead.
    case random = 1
    /// `MADV_SEQUENTIAL`.
    case sequential = 2
    /// `MADV_WILLNEED`: reads a file ahead.
    case willNeed = 3
    /// `MADV_DONTNEED`: the pages go at once.
    case dontNeed = 4
    /// `MADV_FREE`: the pages go when memory is short, unless they are written.
    case free = 8
    /// `MADV_REMOVE`: punches a hole into the file.
    case remove = 9
    /// `MADV_DONTFORK`.
    case dontFork = 10
    /// `MADV_DOFORK`.
    case doFork = 11
    /// `MADV_MERGEABLE`.
    case mergeable = 12
    /// `MADV_UNMERGEABLE`.
    case unmergeable = 13
    /// `MADV_HUGEPAGE`.
    case hugePage = 14
    /// `MADV_NOHUGEPAGE`.
    case noHugePage = 15
    /// `MADV_DONTDUMP`.
    case dontDump = 16
    /// `MADV_DODUMP`.
    case doDump = 17
    /// `MADV_WIPEONFORK`: a child finds zeros.
    case wipeOnFork = 18
    /// `MADV_KEEPONFORK`.
    case keepOnFork = 19
    /// `MADV_COLD`.
    case cold = 20
    /// `MADV_PAGEOUT`.
    case pageOut = 21
    /// `MADV_POPULATE_READ`.
    case populateRead = 22
    /// `MADV_POPULATE_WRITE`.
    case populateWrite = 23
    /// `MADV_DONTNEED_LOCKED`: as ``dontNeed``, locked memory too.
    case dontNeedLocked = 24
    /// `MADV_COLLAPSE`.
    case collapse = 25
    /// `MADV_GUARD_INSTALL`: an access is a SIGSEGV from now on.
    case guardInstall = 102
    /// `MADV_GUARD_REMOVE`.
    case guardRemove = 103

    /// `is_discard`: takes the contents away.
    var isDiscard: Bool {
        switch self {
        case .free, .dontNeed, .dontNeedLocked, .remove, .dontFork, .wipeOnFork, .guardInstall: true
        default: false
        }
    }
}

extension Machine {
    /// madvise(2) (`do_madvise` in `mm/madvise.c`).
    ///
    /// - Throws: EINVAL, ENOMEM, EACCES, EPERM, EAGAIN, EFAULT as the manual page says; what lies before a VMA that
    ///   refuses is advised, and holes do not keep the rest from being advised.
    func madvise(_ task: Process, _ start: UInt64, _ size: UInt64, _ number: Int32) throws(Errno) {
        try madvise(task, in: task.mm, start, size, number)
    }

    /// The same in an address space that need not be the caller's.
    func madvise(
        _ task: Process, in mm: Handle<MMStruct>, _ start: UInt64, _ size: UInt64, _ number: Int32
    ) throws(Errno) {
        guard let advice = Advice(rawValue: number) else {
            throw refuse(.EINVAL, .argument("advice", .count(Int64(number)), "no advice has this number here"))
        }
        let length = size.pageAlignedUp
        let end = start &+ length
        if !start.isPageAligned { throw refuse(.EINVAL, .unaligned("addr", start)) }
        if size != 0 && length == 0 { throw refuse(.EINVAL, .lengthWraps("length", size)) }
        if end < start { throw refuse(.EINVAL, .rangeWraps(start, size)) }
        if end == start { return }
        if advice == .populateRead || advice == .populateWrite {
            return try populateForAdvice(task, start, end, at: start, write: advice == .populateWrite)
        }
        var range = AdvisedRange(first: start, end: end, start: start, advice: number)
        try advise(task, mm, &range, advice)
    }

    /// `madvise_walk_vmas`, from `range.start` on.
    func advise(
        _ task: Process, _ mm: Handle<MMStruct>, _ range: inout AdvisedRange, _ advice: Advice
    ) throws(Errno) {
        while range.start < range.end {
            guard let vma = findVMA(mm, range.start) else {
                throw refuse(.ENOMEM, .hole(at: range.hole ?? range.start, in: range.first, range.end))
            }
            // The mapping may have gone since the call slept.
            if range.isTold, range.start < vma.pointee.start {
                throw refuse(.ENOMEM, .hole(at: range.start, in: range.first, range.end))
            }
            if range.start < vma.pointee.start {
                range.hole = range.hole ?? range.start
                range.start = vma.pointee.start
                if range.start >= range.end { break }
            }
            let stop = min(vma.pointee.end, range.end)
            try advise(task, vma, range.start, stop, advice, in: range)
            range.start = stop
            range.isTold = false
        }
        if let hole = range.hole { throw refuse(.ENOMEM, .hole(at: hole, in: range.first, range.end)) }
    }

    /// `madvise_vma_behavior`.
    private func advise(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ advice: Advice,
        in range: AdvisedRange
    ) throws(Errno) {
        if advice.isDiscard, !mayDiscard(task, vma) { throw refuse(.EPERM, .sealed(vma.pointee.range)) }
        switch advice {
        case .remove: try adviseRemove(task, vma, start, end, in: range)
        case .willNeed: adviseWillNeed(vma, start, end)
        case .cold, .pageOut: try adviseReclaim(task, vma, start, end, pageOut: advice == .pageOut)
        case .free: try adviseFree(vma, start, end, in: range)
        case .dontNeed, .dontNeedLocked:
            try adviseDontNeed(vma, start, end, evenLocked: advice == .dontNeedLocked, in: range)
        case .guardInstall: try installGuards(vma, start, end)
        case .guardRemove: try removeGuards(vma, start, end)
        case .collapse: try adviseCollapse(vma, start, end)
        default:
            let flags = try flags(vma, after: advice)
            if advice == .hugePage {
                huge.isLooked = true
                enterScanList(vma, coming: flags)
            }
            try setFlags(task, vma, start, end, flags)
        }
    }

    /// `can_madvise_modify`: sealed anonymous memory loses its contents only where the program could overwrite them anyway;
    /// memory of a file is never protected, since programs rely on that.
    private func mayDiscard(_ task: Process, _ vma: Handle<VMArea>) -> Bool {
        if !vma.pointee.flags.has(.sealed) || !vma.pointee.isAnonymous { return true }
        return vma.pointee.flags.has(.write) && keyPermits(task, vma, write: true)
    }

    private func setFlags(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ flags: VMFlags
    ) throws(Errno) {
        let old = vma.pointee.flags
        if flags == old { return }
        do {
            try adviseMerging(task, vma, start, end, merges: flags.has(.mergeable))
            let target = try modifyVMA(vma, start, end, flags: flags)
            target.pointee.flags = flags.union(target.pointee.flags.intersection(.maybeGuard))
        } catch {
            // madvise calls a lack of VMAs temporary.
            throw error == .ENOMEM ? renamed(.EAGAIN) : error
        }
    }

    private func flags(_ vma: Handle<VMArea>, after advice: Advice) throws(Errno) -> VMFlags {
        let old = vma.pointee.flags
        switch advice {
        case .normal: return old.removing([.randomRead, .sequentialRead])
        case .sequential: return old.removing(.randomRead).adding(.sequentialRead)
        case .random: return old.removing(.sequentialRead).adding(.randomRead)
        case .dontFork: return old.adding(.dontCopy)
        case .doFork:
            if old.has(.io) { throw refuse(.EINVAL, .flagsForbid(vma.pointee.range, .io, "MADV_DOFORK")) }
            return old.removing(.dontCopy)
        case .wipeOnFork:
            if vma.pointee.file != nil || old.has(.shared) {
                throw refuse(.EINVAL, .wrongKind(vma.pointee.range, "a file or shared", "MADV_WIPEONFORK"))
            }
            return old.adding(.wipeOnFork)
        case .keepOnFork:
            if old.has(.droppable) {
                throw refuse(.EINVAL, .flagsForbid(vma.pointee.range, .droppable, "MADV_KEEPONFORK"))
            }
            return old.removing(.wipeOnFork)
        case .dontDump: return old.adding(.dontDump)
        case .doDump:
            if !old.has(.hugeTLB), old.hasAny(.special) || old.has(.droppable) {
                let forbidden = old.intersection(VMFlags.special.adding(.droppable))
                throw refuse(.EINVAL, .flagsForbid(vma.pointee.range, forbidden, "MADV_DODUMP"))
            }
            return old.removing(.dontDump)
        case .mergeable: return old.isCompatibleWithKSM ? old.adding(.mergeable) : old
        case .unmergeable: return old.removing(.mergeable)
        case .hugePage: return old.removing(.noHugePage).adding(.hugePage)
        case .noHugePage: return old.removing(.hugePage).adding(.noHugePage)
        default: preconditionFailure("an advice that changes no flags")
        }
    }
}
