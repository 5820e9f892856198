/// An address space as a whole: what `struct mm_struct` says beside its VMAs.
public struct AddressSpaceView: Sendable, Hashable {
    /// Its number, in the order of creation.
    public var number: Int
    /// The frame of the top-level page table.
    public var pgd: PFN
    /// `mm_users`: processes that run in it.
    public var users: Int
    /// `start_code` and `end_code`.
    public var code: Range<VirtualAddress>
    /// `start_data` and `end_data`.
    public var data: Range<VirtualAddress>
    /// `start_brk` and `brk`.
    public var heap: Range<VirtualAddress>
    /// `start_stack`.
    public var startStack: VirtualAddress
    /// `mmap_base`.
    public var mmapBase: VirtualAddress
    /// `total_vm`, `data_vm`, `exec_vm` and `stack_vm`, in pages.
    public var totalVM: UInt64, dataVM: UInt64, execVM: UInt64, stackVM: UInt64
    /// MM_ANONPAGES, MM_FILEPAGES and MM_SHMEMPAGES.
    public var anonPages: Int, filePages: Int, shmemPages: Int
    /// MM_SWAPENTS: entries that name a slot of the swap area.
    public var swapPages: Int
    /// Page tables below the top level, in pages (`pgtables_bytes`).
    public var tablePages: Int
    /// PR_SET_THP_DISABLE: 0, 1, or 3 where only advised memory may have huge pages.
    public var hugePagesDisabled: Int

    /// `get_mm_rss`, in pages.
    public var rssPages: Int { anonPages + filePages + shmemPages }
}

/// What a process is beside its address space.
public struct TaskView: Sendable, Hashable {
    /// The process that made it; nil for one that no other one started.
    public var parent: ProcessID?
    /// The real, effective, saved and file-system user alike.
    public var user: UInt32
    /// `min_flt` and `maj_flt`.
    public var minorFaults: UInt64, majorFaults: UInt64
    /// The CPU that it runs on.
    public var cpu: Int
    /// What it sleeps for, of a userfaultfd; nil while it runs.
    public var sleep: UserfaultSleep?
}

extension Machine {
    /// A process's address space as a whole.
    ///
    /// - Throws: ESRCH.
    public func addressSpace(_ process: ProcessID) throws(Errno) -> AddressSpaceView {
        let mm = try task(process.index).mm.pointee
        let layout = mm.layout
        return AddressSpaceView(
            number: Int(mm.serial), pgd: mm.pgd, users: Int(mm.users),
            code: layout.startCode..<max(layout.startCode, layout.endCode),
            data: layout.startData..<max(layout.startData, layout.endData),
            heap: layout.startBrk..<max(layout.startBrk, layout.brk), startStack: layout.startStack,
            mmapBase: layout.mmapBase, totalVM: mm.totalVM, dataVM: mm.dataVM, execVM: mm.execVM, stackVM: mm.stackVM,
            anonPages: Int(mm.anonPages), filePages: Int(mm.filePages), shmemPages: Int(mm.shmemPages),
            swapPages: Int(mm.swapEntries), tablePages: Int(mm.tableFrames),
            hugePagesDisabled: Int(mm.hugePagesDisabled))
    }

    /// What a process is beside its address space.
    ///
    /// - Throws: ESRCH.
    public func taskView(_ process: ProcessID) throws(Errno) -> TaskView {
        let task = try task(process.index)
        return TaskView(
            parent: task.parent < 0 ? nil : ProcessID(task.parent), user: task.user, minorFaults: task.minorFaults,
            majorFaults: task.majorFaults, cpu: Int(task.cpu), sleep: sleep(of: process.index))
    }

    /// Faults of all processes, those that ended among them: `pgfault` and `pgmajfault` of /proc/vmstat.
    public var allFaults: (all: UInt64, major: UInt64) {
        processes.reduce((0, 0)) { ($0.0 + $1.minorFaults + $1.majorFaults, $0.1 + $1.majorFaults) }
    }
}
