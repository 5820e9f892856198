/// What a process may do with what belongs to others. It has one user, and group 0 throughout.
extension Machine {
    // MARK: Files

    /// `inode_permission`, with the owner and the mode that the file was made with.
    func mayOpen(_ task: Process, _ mapping: Handle<FileMapping>, reads: Bool, writes: Bool) -> Bool {
        if task.capabilities.overridesFileModes { return true }
        let wanted: UInt16 = (reads ? 4 : 0) | (writes ? 2 : 0)
        // Every process is in group 0, and so is every file.
        let granted = mapping.pointee.mode >> (mapping.pointee.owner == task.user ? 6 : 3)
        return wanted & ~granted & 7 == 0
    }

    /// `inode_owner_or_capable` or permission to write: who may see which pages of a file are cached (`can_do_mincore`) and drop them
    /// (`can_do_file_pageout`).
    func mayManage(_ task: Process, _ mapping: Handle<FileMapping>) -> Bool {
        task.user == mapping.pointee.owner || mayOpen(task, mapping, reads: false, writes: true)
    }

    // MARK: Memory of others

    /// Whether the process may open another's /proc/PID/mem: the file's mode is 0600, and it is root's where the memory is not to
    /// be dumped (`task_dump_owner`); then `__ptrace_may_access`.
    func mayReachMemory(_ task: Process, of target: Process) -> Bool {
        if task.capabilities.canInspectProcesses { return true }
        let isDumpable = target.mm.pointee.isDumpable
        return task.user == (isDumpable ? target.user : 0) && (isDumpable || task.mm == target.mm)
    }

    /// `ptrace_may_access` with PTRACE_MODE_READ_REALCREDS, and `cap_ptrace_access_check`.
    func mayInspect(_ task: Process, _ target: Process) -> Bool {
        if task === target || task.capabilities.canInspectProcesses { return true }
        return task.user == target.user && target.mm.pointee.isDumpable
            && task.capabilities.includes(target.capabilities)
    }

    // MARK: How many

    /// `ucounts` of RLIMIT_NPROC.
    func processCount(of user: UInt32) -> UInt64 {
        processes.reduce(0) { $1.isAlive && $1.user == user ? $0 + 1 : $0 }
    }

    /// `copy_process`: one process more of a user other than root.
    ///
    /// - Throws: EAGAIN.
    func checkProcessLimit(_ task: Process) throws(Errno) {
        if task.limits.processes == .max || task.user == 0 { return }
        if task.capabilities.isAdministrator || task.capabilities.canRaiseLimits { return }
        let count = processCount(of: task.user) + 1
        if count > task.limits.processes {
            throw refuse(.EAGAIN, .processLimit(count, of: task.user, limit: task.limits.processes))
        }
        task.hasTooManyProcesses = false
    }

    /// `do_execveat_common`: what setuid(2) let pass is refused here, where it still is so.
    ///
    /// - Throws: EAGAIN.
    func checkProcessLimitOfExec(_ task: Process) throws(Errno) {
        guard task.hasTooManyProcesses else { return }
        let count = processCount(of: task.user)
        if count > task.limits.processes {
            throw refuse(.EAGAIN, .processLimit(count, of: task.user, limit: task.limits.processes))
        }
        task.hasTooManyProcesses = false
    }
}
