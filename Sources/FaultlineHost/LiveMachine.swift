import CShim
import Glibc

/// The live kernel as a program sees it: a family of real processes, which this object makes, drives and ends.
///
/// All processes, files and System V segments are gone when the object is, and also when this process dies by any
/// signal: the processes are traced with PTRACE_O_EXITKILL, the files have no names, and the segments lie in an IPC
/// namespace of the family's own. Use one machine from one thread only, the one that made it (ptrace demands it).
public final class LiveMachine {
    /// The live processes, in the order in which they were made.
    private(set) var processes: [Agent] = []
    /// The address space that the first process starts with.
    let initial: [SmapsEntry]
    /// What could not be set up as the recordings' machine was, for the user.
    public let shortcomings: [String]
    let options: LiveOptions

    /// VmPTE when the program started, KiB.
    let initialPageTables: UInt64
    /// Files by `device:inode` as smaps prints them.
    var files: [String: String] = [:]
    /// Segments to remove at the end, where they are the machine's and not the family's own.
    var segments: [Int64]?
    private let stack: Range<UInt64>

    /// Starts the first process, `init`.
    public init(options: LiveOptions = LiveOptions()) throws(LiveError) {
        self.options = options
        let image = fl_agent_image()
        guard image >= 0 else { throw .host(action: "make the agent's image (memfd_create)", errno: -image) }
        defer { close(image) }
        var agentOptions = options.agentOptions
        var missing: UInt32 = 0
        let process = fl_agent_spawn(image, &agentOptions, &missing)
        guard process > 0 else { throw .host(action: "start the agent", errno: -process) }
        do {
            let agent = try Agent(name: "init", process: process)
            let maps = SmapsEntry.parse(try HostFile("/proc/\(process)/maps").contents())
            let stackArea = maps.first { $0.name == "[stack]" }
            stack = stackArea.map { $0.start..<$0.end } ?? 0..<0
            try agent.warm(pages: AgentPages.small(stack))
            initial = maps.map(Self.named)
            initialPageTables = try ProcessStatus(process: process).pageTables
            processes = [agent]
        } catch {
            fl_agent_kill(process)
            throw error
        }
        shortcomings = Self.shortcomings(missing)
        segments = missing & UInt32(FL_AGENT_NO_IPC_NAMESPACE) != 0 ? [] : nil
    }

    deinit {
        removeSegments()
        for process in processes.reversed() { fl_agent_kill(process.process) }
    }

    /// The live process called `name`.
    func process(_ name: String) throws(LiveError) -> Agent {
        for process in processes where process.name == name { return process }
        throw .noProcess(name: name)
    }

    /// Makes the process `name`, a child of `parent`. Returns fork's result: a process id, or a negative errno.
    func fork(_ parent: Agent, name: String) throws(LiveError) -> Int64 {
        let (result, child) = try parent.call(.fork, arguments: [])
        guard result >= 0, child > 0 else { return result }
        do {
            let agent = try Agent(name: name, process: child)
            processes.append(agent)
            try warm(parent: parent, child: agent)
        } catch {
            fl_agent_kill(child)
            throw error
        }
        return result
    }

    /// Ends a process; it is not observed any more.
    func exit(_ agent: Agent, status: Int32) throws(LiveError) {
        try agent.exit(status: status)
        processes.removeAll { $0 === agent }
    }

    /// Touches every page of the agent's own, for calls that would fault them in.
    func warmAll(_ agent: Agent) throws(LiveError) {
        try agent.warm(pages: AgentPages.all(stack))
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

    /// The agent's image is a memory file; its name in a recording is the one that the language states.
    private static func named(_ entry: SmapsEntry) -> SmapsEntry {
        var entry = entry
        if entry.name == "/memfd:agent" { entry.name = "/agent" }
        return entry
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

    private func removeSegments() {
        guard let segments else { return }
        for segment in segments { shmctl(Int32(truncatingIfNeeded: segment), IPC_RMID, nil) }
    }
}
