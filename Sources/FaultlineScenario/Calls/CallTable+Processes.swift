import Faultline

extension CallTable {
    /// Calls that make, end and restrict processes.
    static let processes: [CallDefinition] = [
        CallDefinition(
            "fork", result: .ok, faults: .never, number: 57,
            about: """
                fork(2): NAME is the new process's name, and must be given. From then on `NAME: CALL(...)` runs in it; as a \
                value it is the process id.
                """,
            example: "c = fork()", custom: { try $0.executor.fork($0) }),
        CallDefinition(
            "exit", ["status"], result: .exited, faults: .never,
            about: "exit_group(2): the process ends, and makes no statement any more.", example: "c: exit(0)",
            custom: {
                try $0.machine.exit($0.process)
                return StatementResult(.exited)
            }),
        CallDefinition(
            "getpid", result: .ok, number: 39,
            about: "getpid(2): NAME is the process id.", example: "pid = getpid()",
            value: { UInt64(SimulatorExecutor.firstProcessID + $0.process) }),
        CallDefinition(
            "getuid", number: 102, about: "getuid(2): the user that the process is.", example: "getuid()",
            value: { UInt64(try $0.machine.user($0.process)) }),
        CallDefinition(
            "setrlimit", ["resource", "limit"], faults: .never, number: 160,
            about: "setrlimit(2), soft and hard limit alike.", example: "setrlimit(RLIMIT_AS, 64M)",
            done: { try $0.machine.setrlimit($0.process, resource: $0.int(0), limit: $0[1]) }),
        CallDefinition(
            "drop_capability", [.text("capability", among: CapabilityName.allCases.map(\.name))], faults: .never,
            about: """
                Takes a capability away from the process, for good, also from the set that execve gives to root; processes that it \
                forks lack it too. CAP_IPC_LOCK: RLIMIT_MEMLOCK counts. CAP_IPC_OWNER: the permission bits of System V segments count. \
                CAP_SETUID: it stays the user that it is. CAP_SYS_ADMIN: the memory that overcommit keeps for administrators is out of reach. \
                CAP_SYS_RAWIO: nothing can be mapped below mmap_min_addr. CAP_SYS_RESOURCE: hard limits cannot be raised.
                """,
            example: "drop_capability(\"CAP_IPC_LOCK\")",
            done: {
                guard let name = CapabilityName(name: $0.call.text) else {
                    throw $0.machine.refusing(.EINVAL, .combination("there is no such capability here"))
                }
                var capabilities = try $0.machine.capabilities($0.process)
                capabilities[keyPath: name.field] = false
                try $0.machine.setCapabilities($0.process, capabilities)
            }),
        CallDefinition(
            "setuid", ["uid"], faults: .never, number: 105,
            about: """
                setuid(2): the process becomes another user, such as 1000, and loses all capabilities for good; its group stays 0. \
                Processes that it makes are that user too, also after execve. From then on limits count (RLIMIT_MEMLOCK, \
                RLIMIT_NPROC, hard limits), and so do owner and permission bits: of System V segments (shmget, shmat, shmctl), of \
                files (`reopen`; a disk file's mode is 0600, a memory file's 0777), and through them mincore and MADV_PAGEOUT of \
                mappings. Memory of others, and until an execve its own, is EACCES through /proc/PID/mem. User -1 is EINVAL, another \
                user without CAP_SETUID EPERM. The live kernel does it only for root, who has all users.
                """,
            example: "c: setuid(1000)",
            done: { try $0.machine.setuid($0.process, UInt32(truncatingIfNeeded: $0[0])) }),
        CallDefinition(
            "oom_score_adj", ["N"], result: .ok, faults: .never,
            about: """
                Writes -1000 to 1000 to /proc/self/oom_score_adj: so many thousandths of memory count as the process's own when the \
                out-of-memory killer chooses; with -1000 it is never chosen. Processes that share the memory get it too, and children. Less than \
                what was set with CAP_SYS_RESOURCE is EACCES without it; so is the file itself once the process became another user.
                """,
            example: "c: oom_score_adj(500)",
            done: { try $0.machine.setOutOfMemoryAdjustment($0.process, Int64(bitPattern: $0[0])) }),
        CallDefinition(
            "prctl", ["option", "arg2", "arg3", "arg4", "arg5"], number: 157,
            about: """
                prctl(2) with the options that are about memory: PR_SET_MDWE, PR_SET_THP_DISABLE, PR_SET_MEMORY_MERGE and the \
                PR_GET_ of each. The simulator refuses the others.
                """,
            example: "prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN)",
            value: {
                if otherOptions.contains($0.int(0)) { throw ExecutionFailure.notModelled(option: $0.int(0)) }
                return try $0.machine.prctl($0.process, $0.int(0), $0[1], $0[2], $0[3], $0[4])
            }),
    ]

    /// Options of prctl(2) that this kernel knows and that have nothing to do with memory.
    private static let otherOptions: Set<Int32> = Set(
        [
            1...4, 7...8, 13...16, 21...40, 47...47, 52...53, 57...59, 62...62, 71...71, 77...78,
            0x4155_5856...0x4155_5856,
        ]
        .joined())
}
