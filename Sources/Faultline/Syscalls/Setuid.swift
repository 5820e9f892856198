/// Who a process is (`kernel/sys.c`, `kernel/cred.c`): one user, real, effective and saved alike.
extension Machine {
    /// setuid(2) (`__sys_setuid`). Who leaves user 0 leaves all capabilities behind, and /proc counts the memory as root's from
    /// then on (`commit_creds` with fs.suid_dumpable 0).
    ///
    /// - Throws: EINVAL for -1, EPERM for another user without CAP_SETUID, ESRCH.
    package func setuid(_ process: Int, _ user: UInt32) throws(Errno) {
        let task = try caller(process)
        if user == .max { throw refuse(.EINVAL, .argument("uid", .count(-1), "names no user")) }
        if task.user == user { return }
        if !task.capabilities.canChangeUser { throw refuse(.EPERM, .mayNotBecome(user, from: task.user)) }
        // flag_nproc_exceeded: the caller is not among the user's processes yet.
        task.hasTooManyProcesses = user != 0 && processCount(of: user) > task.limits.processes
        if task.user == 0 { task.capabilities = .none }
        task.user = user
        task.mm.pointee.isDumpable = false
    }

    /// The user that the process is (getuid(2)). - Throws: ESRCH.
    package func user(_ process: Int) throws(Errno) -> UInt32 { try task(process).user }
}
