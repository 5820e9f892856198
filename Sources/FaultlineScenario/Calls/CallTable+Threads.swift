import Faultline

extension CallTable {
    /// On which CPU a process or thread runs.
    static let threads: [CallDefinition] = [
        CallDefinition(
            "run_on", ["cpu"], faults: .never,
            about: """
                sched_setaffinity(2) to one CPU: the process (a thread by `clone_vm`, too) makes its statements there from now on, and so do those \
                that it makes. CPU 0 is the one on which a program starts; one that the machine lacks is EINVAL. Each CPU has its TLB and its \
                batches of pages on their way to the LRU lists. Statements run one at a time, in the order of lines; a process that made one goes on \
                running on its CPU, so that it answers the others' flushes at once, until another process runs there or it makes `idle`. The \
                simulated machine has as many CPUs as `--cpus` says, 2 where it is not given; one that makes no `run_on` has one. On the live \
                kernel such a program runs while no other one does.
                """,
            example: "t: run_on(1)", done: { try $0.machine.run($0.process, onCPU: $0[0]) }),
        CallDefinition(
            "idle", faults: .never,
            about: """
                The process sleeps until its next statement. Its CPU has nobody to run meanwhile and keeps the address space loaded (lazy TLB): \
                a flush reaches it only where page tables are freed, else when somebody runs there again. The live kernel has every \
                process sleep between its statements, so that nothing happens there.
                """,
            example: "t: idle()", done: { try $0.machine.idle($0.process) }),
        CallDefinition(
            "compute", ["ms"], faults: .never, isLive: false,
            about: """
                The process computes for so many milliseconds of simulated time, and does nothing else. Threads of the kernel wake meanwhile as their \
                times come. Where `kernel.numa_balancing` is on, the process scans its memory for NUMA hinting faults as often as the kernel \
                has it do so (`task_numa_work`): no other statement takes time. It is made on the simulated machine only.
                """,
            example: "compute(2000)", done: { try $0.machine.compute($0.process, milliseconds: $0[0]) }),
        CallDefinition(
            "barrier", faults: .never,
            about: """
                Does nothing where statements run in the order of lines. Where those of several processes are interleaved (`faultline run \
                --schedule`, `faultline races`), all that stands before it is done before, and all that stands behind it after; a statement \
                that waits for a userfaultfd is not done before it has ended.
                """,
            example: "barrier()", done: { _ in }),
    ]
}

extension Program {
    /// Whether its processes choose their CPUs.
    public var choosesCPUs: Bool { statements.callNames.contains(.runOn) }
}
