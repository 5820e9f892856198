import Faultline

extension CallTable {
    /// Calls about shared address spaces, other processes' memory, and programs.
    static let sharing: [CallDefinition] = [
        CallDefinition(
            "clone_vm", result: .ok, faults: .never,
            about: """
                clone(2) with CLONE_VM: the new process NAME runs in the same address space; descriptors, limits and fault counts \
                are its own. The address space goes with the last process in it. In the state such a process has \
                `shares=PROCESS` behind its figures; the VMAs stand under the first process that has them.
                """,
            example: "t = clone_vm()", custom: { try $0.executor.cloneVM($0) }),
        CallDefinition(
            "vfork", result: .ok, faults: .never,
            about: """
                vfork(2): as `clone_vm`, and the parent makes no statement until the child exits or becomes a program by `execve`.
                """,
            example: "c = vfork()", custom: { try $0.executor.cloneVM($0) }),
        CallDefinition(
            "execve", [.text("file")], result: .ok, faults: .never,
            about: """
                execve(2) of a program or script of this machine, with its path as the one argument and no environment. The process \
                then stands before the program's first instruction: it makes no statement but `exit`, others may look at it \
                (`observe`, `mem_read`). Where execve fails past its point of no return the result is `SIGSEGV SI_KERNEL at 0`, and \
                the process is gone. The simulator has the file wholly in memory, in single pages; a live kernel may map more of it \
                around a read. The name `agent` stands for the program that makes the statements: it starts anew and goes on.
                """,
            example: "c: execve(\"/bin/true\")", custom: { try $0.executor.become($0.call.text, $0.process) }),
        CallDefinition(
            "mem_read", [.process, "addr", "len"],
            about: """
                Reads at most 4096 bytes of a process's memory through /proc/PID/mem. The result is how many could be read, EIO \
                where none. Protection does not count (FOLL_FORCE). The faults are those of the process that makes the call.
                """,
            example: "mem_read(init, W, 16)",
            value: { try $0.machine.readMemory($0.process, of: try $0.target, $0[0], $0[1]) }),
        CallDefinition(
            "mem_write", [.process, "addr", "len", "v"],
            about: """
                Writes at most 4096 bytes `v` into a process's memory through /proc/PID/mem. A private page that is read-only is \
                copied and written all the same; shared memory that is read-only is EIO.
                """,
            example: "mem_write(init, W, 16, 7)",
            value: { try $0.machine.writeMemory($0.process, of: try $0.target, $0[0], $0[1], byte: $0.byte(2)) }),
        CallDefinition(
            "move_pages", [.process, "addr", "count", "node", "flags"], result: .statuses, faults: .never, number: 279,
            about: """
                move_pages(2) of at most 16 pages of a process from `addr` on: to `node`, or with -1 only where they are. The result is \
                what the call returned, a colon, and of each page its node or the negative errno: -2 where nothing is mapped, -14 for \
                the zero page and outside of VMAs. `flags` are MPOL_MF_MOVE and MPOL_MF_MOVE_ALL.
                """,
            example: "move_pages(init, W, 4, -1, MPOL_MF_MOVE)", custom: { try movePages($0) }),
    ]
}

extension CallTable {
    private static func movePages(_ call: SimulatedCall) throws -> StatementResult {
        let moved = try call.machine.movePages(
            call.process, of: try call.target, call[0], count: call[1], node: Int64(call.int(2)),
            flags: UInt64(UInt32(truncatingIfNeeded: call[3])))
        return StatementResult(.statuses(moved.left, moved.statuses))
    }
}

extension SimulatedCall {
    /// The process that the call is about.
    ///
    /// - Throws: ESRCH where it is not there any more.
    var target: Int {
        get throws(Errno) {
            guard let process = call.processes.first ?? nil else {
                throw machine.refusing(.ESRCH, .noProcess("of the second argument"))
            }
            return process
        }
    }
}
