import Faultline

/// What /proc says of a process beside its memory.
extension ProcFiles {
    /// Lines of status that are left out.
    static let statusLeftOut = [
        "Umask", "State", "Ngid", "TracerPid", "Gid", "FDSize", "Groups", "NStgid", "NSpid", "NSpgid", "NSsid",
        "CoreDumping",
        "SigQ to CapAmb", "NoNewPrivs to nonvoluntary_ctxt_switches",
    ]

    /// `/proc/PID/status` (`proc_pid_status`). `Name` is the program's name for the process.
    func status(_ process: ProcessID) throws(Errno) -> String {
        let task = try machine.taskView(process)
        let user = String(task.user)
        let space = try machine.addressSpace(process)
        let head = [
            ("Name", processName(process.index)), ("Tgid", processID(process)), ("Pid", processID(process)),
            ("PPid", task.parent.map(processID) ?? "0"), ("Uid", [user, user, user, user].joined(separator: "\t")),
            ("Kthread", "0"),
        ]
        let tail = [
            ("THP_enabled", space.hugePagesDisabled == 1 ? "0" : "1"), ("untag_mask", "0xffffffffffffffff"),
            ("Threads", "1"),
        ]
        let line = { (entry: (String, String)) in "\(entry.0):\t\(entry.1)\n" }
        let memory = StatusReader.text(
            try machine.totals(process), pinnedKiB: try machine.pinnedKiB(process.index))
        return head.map(line).joined() + memory + tail.map(line).joined()
    }

    /// `/proc/PID/stat` (`do_task_stat`): the fields that concern memory, `-` for those that are not modelled.
    func stat(_ process: ProcessID) throws(Errno) -> String {
        let task = try machine.taskView(process)
        let space = try machine.addressSpace(process)
        var fields = [String](repeating: "-", count: 53)
        fields[1] = processID(process)
        fields[2] = "(\(processName(process.index)))"
        fields[4] = task.parent.map(processID) ?? "0"
        fields[10] = String(task.minorFaults)
        fields[12] = String(task.majorFaults)
        fields[20] = "1"
        fields[21] = "0"
        fields[23] = String(space.totalVM << 12)
        fields[24] = String(space.rssPages)
        fields[26] = String(space.code.lowerBound)
        fields[27] = String(space.code.upperBound)
        fields[28] = String(space.startStack)
        // kstkesp and kstkeip of a process that does not exit, nswap and cnswap.
        for zero in [29, 30, 36, 37] { fields[zero] = "0" }
        fields[45] = String(space.data.lowerBound)
        fields[46] = String(space.data.upperBound)
        fields[47] = String(space.heap.lowerBound)
        return fields.dropFirst().joined(separator: " ") + "\n"
    }

    private func processID(_ process: ProcessID) -> String { String(Self.firstProcessID + process.index) }
}
