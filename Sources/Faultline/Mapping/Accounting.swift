extension Machine {
    /// `__vm_enough_memory`: charges pages to the commitment, or refuses.
    ///
    /// - Throws: ENOMEM.
    func chargeMemory(_ pages: UInt64, of mm: Handle<MMStruct>? = nil) throws(Errno) {
        committedPages &+= Int64(bitPattern: pages)
        switch settings.overcommitMode {
        case 1: return
        case 0 where pages <= physical.totalPages + totalSwapPages: return
        case 2 where strictLimitAllows(mm): return
        default:
            committedPages &-= Int64(bitPattern: pages)
            throw refuse(.ENOMEM, commitRule(pages, mm))
        }
    }

    /// `vm_commit_limit`, in pages.
    var commitLimit: UInt64 { physical.totalPages * settings.overcommitRatio / 100 + totalSwapPages }

    /// `total_swap_pages`.
    var totalSwapPages: UInt64 { swap.area?.slotCount ?? 0 }

    /// `vm_commit_limit` less what a process must leave for others.
    private func strictLimitAllows(_ mm: Handle<MMStruct>?) -> Bool { committedPages < strictLimit(mm) }

    /// The commitment must stay below so many pages, those of the caller's charge among them.
    func strictLimit(_ mm: Handle<MMStruct>?) -> Int64 {
        var allowed = Int64(commitLimit)
        let caller = Int(cpu.current)
        if processes.indices.contains(caller), !processes[caller].capabilities.isAdministrator {
            allowed -= Int64(settings.adminReserveKiB >> 2)
        }
        if let mm {
            let reserve = settings.userReserveKiB >> 2
            allowed -= Int64(min(mm.pointee.totalVM / 32, reserve))
        }
        return allowed
    }

    /// `vm_unacct_memory`.
    @inline(__always)
    func unchargeMemory(_ pages: UInt64) { committedPages &-= Int64(bitPattern: pages) }

    /// `vm_stat_account`: pages may be negative.
    @inline(__always)
    func account(_ mm: Handle<MMStruct>, _ flags: VMFlags, _ pages: Int64) {
        let delta = UInt64(bitPattern: pages)
        // update_hiwater_vm
        if pages < 0 { mm.pointee.peakVM = max(mm.pointee.peakVM, mm.pointee.totalVM) }
        mm.pointee.totalVM &+= delta
        if flags.isExecMapping {
            mm.pointee.execVM &+= delta
        } else if flags.isStackMapping {
            mm.pointee.stackVM &+= delta
        } else if flags.isDataMapping {
            mm.pointee.dataVM &+= delta
        }
    }

    /// `mlock_future_ok`: whether the process may lock so many pages more.
    @inline(__always)
    func mayLock(
        _ task: Process, in space: Handle<MMStruct>? = nil, _ flags: VMFlags, _ pages: UInt64
    ) -> Bool {
        if !flags.has(.locked) || task.capabilities.canLockMemory { return true }
        return (space ?? task.mm).pointee.lockedVM &+ pages <= task.limits.lockedMemory >> 12
    }

    /// `can_do_mlock`.
    @inline(__always)
    func mayLockAtAll(_ task: Process) -> Bool {
        task.limits.lockedMemory != 0 || task.capabilities.canLockMemory
    }

    /// `may_expand_vm`.
    @inline(__always)
    func mayExpand(
        _ task: Process, in space: Handle<MMStruct>? = nil, _ flags: VMFlags, _ pages: UInt64
    ) -> Bool {
        let mm = (space ?? task.mm).pointee
        if task.limits.addressSpace != .max, mm.totalVM &+ pages > task.limits.addressSpace >> 12 { return false }
        if task.limits.data != .max, flags.isDataMapping, mm.dataVM &+ pages > task.limits.data >> 12 {
            return false
        }
        return true
    }
}

extension VMFlags {
    /// `accountable_mapping`.
    @inline(__always)
    var isAccountable: Bool { intersection([.noReserve, .shared, .write, .hugeTLB]) == .write }
    /// `is_exec_mapping`, `is_stack_mapping`, `is_data_mapping` (`mm/internal.h`).
    @inline(__always)
    var isExecMapping: Bool { intersection([.exec, .write, .growsDown]) == .exec }
    @inline(__always)
    var isStackMapping: Bool { has(.growsDown) }
    @inline(__always)
    var isDataMapping: Bool { intersection([.write, .shared, .growsDown]) == .write }
}
