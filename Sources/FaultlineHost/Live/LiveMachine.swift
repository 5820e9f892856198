import CHost
import FaultlineInspect
import FaultlineScenario
import Glibc

/// The live kernel as a program sees it: a family of real processes, which this object makes, drives and ends.
///
/// All processes, files and System V segments are gone when the object is, and also when this process dies by any
/// signal: the processes are traced with PTRACE_O_EXITKILL, the files have no names, and the segments lie in an IPC
/// namespace of the family's own. Use one machine from one thread only, the one that made it (ptrace demands it).
final class LiveMachine {
    /// Every process of the program, in the order in which they were made; nil for those that have exited.
    private var processes: [Agent?] = []
    /// How many of them are gone.
    private(set) var endings: UInt64 = 0
    /// The address space that the first process starts with.
    let initial: [InitialVMA]
    /// What an observation leaves out.
    let scope: StateScope
    /// What could not be set up as the recordings' machine was, for the user.
    let shortcomings: [String]
    let options: LiveOptions
    /// Keeps others from changing the kernel's settings meanwhile, or from running at all.
    private let lock: KernelLock?

    /// The program's memory cgroup; nil for a program without.
    let group: LiveGroup?
    /// The program's swap area; nil for a program without.
    let swap: LiveSwap?
    /// khugepaged; nil for a program that has nothing to do with it.
    let hugePages: LiveHugePages?
    /// ksmd; nil for a program that has nothing to do with it.
    let merging: LiveMerging?

    /// The pool of huge pages; nil for a program that has nothing to do with it.
    let hugePool: LiveHugePool?

    /// VmPTE when the program started, KiB.
    let initialPageTables: Int
    /// Files by `device:inode` as smaps prints them.
    var files: [String: String] = [:]
    /// The file systems that the program mounted, by their number less 1.
    var mounts: [HostFile] = []
    /// Segments to remove at the end, where they are the machine's and not the family's own.
    var segments: [Int64]?
    /// Whether the program has set a memory policy, so that the state shows policies.
    var showsPolicies = false
    /// Whether the program has made a userfaultfd, so that its processes may sleep.
    var watches = false
    /// Statements whose processes sleep in them, by process.
    var sleepers: [Int: LiveSleeper] = [:]
    /// Rings whose buffers are being registered, by the process id.
    var waitingRings: [Int32: Int64] = [:]
    /// True once processes may share an address space.
    private(set) var hasSharers = false
    private let stack: Range<UInt64>

    /// Starts the first process, `init`.
    init(options: LiveOptions) throws(LiveError) {
        self.options = options
        lock = options.holdsLock ? nil : options.runsAlone ? try KernelLock(exclusive: true) : KernelLock.shared()
        group = options.hasMemoryGroup ? try LiveGroup(processor: options.agentOptions.cpu) : nil
        swap = try Self.guardKernel(options.words, options, lock)
        var isStarted = false
        defer { if !isStarted, options.words.isGuarded { fl_kernel_guard_finish() } }
        hugePages = options.words.scansHugePages ? try LiveHugePages() : nil
        merging = options.words.mergesPages ? try LiveMerging() : nil
        hugePool = options.words.usesHugePool ? try LiveHugePool() : nil
        let image = fl_agent_image()
        guard image >= 0 else { throw .host(action: "make the agent's image (memfd_create)", errno: -image) }
        var agentOptions = options.agentOptions
        var missing: UInt32 = 0
        let process = fl_agent_spawn(image, &agentOptions, &missing)
        close(image)
        guard process > 0 else {
            throw .host(action: "start the agent", errno: -process)
        }
        LiveOptions.keepOff(agentOptions.cpu)
        do {
            let agent = try Agent(name: "init", process: process)
            let maps = try Self.mappings("/proc/\(process)/maps")
            let stackArea = maps.map(\.vma).first { $0.name == "[stack]" }
            stack = stackArea.map { $0.start..<$0.end } ?? 0..<0
            try agent.warm(pages: AgentPages.small(stack))
            try Self.drainBatches(agent)
            initial = maps.map(Self.initialArea)
            scope = StateScope(initial: initial)
            initialPageTables = try ProcessStatus(process: process).pageTables
            processes = [agent]
            try group?.enter(processes.compactMap { $0 })
            isStarted = true
        } catch {
            fl_agent_kill(process)
            LiveOptions.returnToAll()
            throw error
        }
        shortcomings = Self.shortcomings(missing)
        segments = missing & UInt32(FL_AGENT_NO_IPC_NAMESPACE) != 0 ? [] : nil
    }

    deinit {
        removeSegments()
        fl_agent_watch(false)
        for agent in live.reversed() { fl_agent_kill(agent.process) }
        // Without processes there is little to bring back.
        if options.words.isGuarded { fl_kernel_guard_finish() }
        LiveOptions.returnToAll()
    }

    /// The live processes, in the order in which they were made.
    var live: [Agent] { processes.compactMap { $0 } }

    /// Whether the process with the index has ended.
    func isGone(_ index: Int) -> Bool { !processes.indices.contains(index) || processes[index] == nil }

    /// The live process with the index, in the order in which they were made.
    func process(_ index: Int) throws(LiveError) -> Agent {
        guard processes.indices.contains(index), let agent = processes[index] else { throw .noProcess(index: index) }
        return agent
    }

    /// Makes the process `name`, a child of `parent`. Returns fork's result: a process id, or a negative errno.
    func fork(_ parent: Agent, name: String) throws(LiveError) -> Int64 {
        let (result, child) = try parent.call(.fork, arguments: [])
        return try adopt(child, of: parent, name: name, result)
    }

    /// Takes the child of a fork in. Returns the fork's result.
    func adopt(_ child: Int32, of parent: Agent, name: String, _ result: Int64) throws(LiveError) -> Int64 {
        guard result >= 0, child > 0 else { return result }
        let agent: Agent
        do { agent = try Agent(name: name, process: child) } catch {
            fl_agent_kill(child)
            throw error
        }
        agent.processor = parent.processor
        processes.append(agent)
        // The pages of the agents' own are not the program's.
        try group?.leave(live)
        try warm(parent: parent, child: agent)
        // In the order in which they were made, as the kernel goes through them.
        try group?.enter(live)
        return result
    }

    /// Makes the process `name`, a child of `parent` in the same address space; with `waits`, the parent waits in vfork until the
    /// child exits. Returns clone's result: a process id, or a negative errno.
    func cloneVM(_ parent: Agent, name: String, waits: Bool) throws(LiveError) -> Int64 {
        let flags = UInt64(CloneFlag.memory | (waits ? CloneFlag.vfork : 0) | SIGCHLD)
        let (result, child) = try parent.call(.clone, arguments: [flags])
        guard result >= 0, child > 0 else { return result }
        do {
            let agent = try Agent(name: name, process: child)
            if waits { agent.waitingParent = parent }
            agent.processor = parent.processor
            processes.append(agent)
        } catch {
            fl_agent_kill(child)
            throw error
        }
        hasSharers = true
        return result
    }

    /// execve(2) of a file of this machine, or of the agent's own program, which then takes calls as before.
    func execve(_ file: String, in agent: Agent) throws(LiveError) -> StatementResult {
        let isAgent = file == CallName.agentProgram
        // Its own program is the one that every user may open by this name.
        let path = Array((isAgent ? "/proc/self/exe" : file).utf8) + [0]
        let vectors = FL_AGENT_BSS + 4096 - 24
        guard path.count <= 4096 - 24 else { return StatementResult(.error(.ENAMETOOLONG)) }
        try agent.write(path, at: FL_AGENT_BSS)
        // argv holds the path, envp nothing.
        // SAFETY: copies the bytes of a local array.
        try agent.write([FL_AGENT_BSS, 0, 0].withUnsafeBytes { Array($0) }, at: vectors)
        switch try agent.execute(path: FL_AGENT_BSS, arguments: vectors, environment: vectors + 8, begins: isAgent) {
        case .failed(let errno): return try StatementResult(raw: errno)
        case .died:
            try release(agent)
            return StatementResult(.signal(.SIGSEGV, .SI_KERNEL, address: 0))
        case .became:
            try agent.waitingParent?.resume()
            agent.waitingParent = nil
            if isAgent {
                try agent.warm(pages: AgentPages.small(stack))
                try Self.drainBatches(agent)
            }
            return StatementResult(.ok)
        }
    }

    /// Ends a process; it is not observed any more.
    func exit(_ agent: Agent, status: Int32) throws(LiveError) {
        try agent.exit(status: status)
        try release(agent)
    }

    /// Forgets a process that is gone, and wakes the parent that waits for it.
    func release(_ agent: Agent) throws(LiveError) {
        try agent.waitingParent?.resume()
        for index in processes.indices where processes[index] === agent {
            processes[index] = nil
            endings += 1
        }
    }

    /// Touches every page of the agent's own, for calls that would fault them in.
    func warmAll(_ agent: Agent) throws(LiveError) {
        try group?.leave([agent])
        try agent.warm(pages: AgentPages.all(stack))
        try group?.enter([agent])
    }

    /// Gives both sides of a fork their own copies of the agent's pages. A copy of the stack goes to the parent and one
    /// of the buffer to the child, as where an agent goes on by itself after the fork: which side copies decides when
    /// the kernel drains its per-CPU batches (`wp_can_reuse_anon_folio`), which LazyFree figures show.
    private func warm(parent: Agent, child: Agent) throws(LiveError) {
        try parent.warm(pages: [AgentPages.stackTop(stack)])
        try child.warm(pages: [AgentPages.stackTop(stack)])
        try child.warm(pages: [AgentPages.buffer])
        try parent.warm(pages: [AgentPages.buffer])
    }

    /// Empties the batches of pages that the agent's processor has not moved to the LRU lists yet (`lru_add_drain`), so
    /// that every program starts alike. MADV_COLD does it, here on a page that is not there.
    static func drainBatches(_ agent: Agent) throws(LiveError) {
        _ = try agent.call(.madvise, AgentPages.untouched.lowerBound, 4096, 20)
    }

    /// The agent's image is a memory file; its name in a recording is the one that the language states.
    private static func initialArea(_ entry: SmapsText.Entry) -> InitialVMA {
        let name = entry.shortName
        return InitialVMA(
            start: entry.vma.start, end: entry.vma.end, permissions: entry.vma.permissions, offset: entry.vma.offset,
            name: name.isEmpty ? "-" : name == "/memfd:agent" ? "/agent" : name)
    }

    private static func shortcomings(_ missing: UInt32) -> [String] {
        var list: [String] = []
        if missing & UInt32(FL_AGENT_NO_IPC_NAMESPACE) != 0 {
            list.append("System V segments are the machine's own (no IPC namespace)")
        }
        if missing & UInt32(FL_AGENT_NO_LIMITS) != 0 {
            list.append("resource limits stay those of this process: mlock and mmap may fail where root's do not")
        }
        if missing & UInt32(FL_AGENT_NO_AFFINITY) != 0 { list.append("not bound to one processor") }
        return list
    }

    /// Flags of clone(2).
    private enum CloneFlag {
        static let memory: Int32 = 0x100
        static let vfork: Int32 = 0x4000
    }

    private func removeSegments() {
        guard let segments else { return }
        for segment in segments { shmctl(Int32(truncatingIfNeeded: segment), IPC_RMID, nil) }
    }
}
