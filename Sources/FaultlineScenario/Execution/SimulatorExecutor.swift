import Faultline

/// Runs scenario programs on a simulated machine.
public final class SimulatorExecutor: ScenarioExecutor {
    /// The machine, for readers that want more than an observation.
    public let machine: Machine
    /// The release that is modelled.
    public let kernelVersion = Faultline.modelledKernel
    /// What the simulated processor has.
    public var cpu: CPUSettings { machine.settings.cpu }
    /// When the machine checks itself; a fault in it ends the run.
    public var selfCheck = SelfCheck.never
    var selfChecks = SelfCheckProgress()
    /// Finds the program that a path of this machine leads to, for `execve`; throws `Errno` or ``ELFError``. Without it there is
    /// only the agent.
    public var findProgram: ((String) throws -> ProgramFiles)?
    /// Hears now and then how far a long `read_pages` or `write_pages` is: pages done, and pages in all.
    public var onProgress: ((_ done: UInt64, _ total: UInt64) -> Void)?
    /// What the program met that is not modelled, in the order of lines.
    public internal(set) var unmodelled: [UnmodelledUse] = []
    var names: [String] = [Program.firstProcess]
    /// Calls whose processes sleep in them, by process.
    var sleepers: [Int: SleepingCall] = [:]
    let baseline: Int
    let scope: StateScope
    /// The state of the first process's VMAs at the start, where those that are still so are left out.
    let start: StartingVMAs?
    let initialCount: Int
    /// The agent's address space; nil where the first process is another program.
    private let agent: InitialAddressSpace?

    /// What the first process is.
    public enum FirstProcess: Sendable {
        /// The tiny program that runs scenarios, as LANGUAGE describes it; with a seed, its places are drawn.
        case agent(seed: UInt64?)
        /// Any address space.
        case described(InitialAddressSpace)
        /// A program, and the interpreter that it names, at its first instruction.
        case program(ELFImage, interpreter: ELFImage?, Execution)
    }

    /// A fresh machine with the first process.
    ///
    /// - Parameters:
    ///   - ramBytes: a multiple of 4 KiB; the recorded machine has 24 GiB.
    ///   - boot: what a boot made of a firmware's map, which says how much RAM there is; nil for `ramBytes`.
    ///   - allocator: what sysctl(8) says of the page allocator.
    ///   - tlb: the CPU's TLBs; they change its statistics, never what a program sees.
    ///   - showsInitial: observations have the VMAs that the first process starts with. Else those of the agent are left out,
    ///     those of another first process for as long as they are as they were.
    /// - Throws: ``MachineError`` for a size or a TLB that cannot be, ENOMEM for one in which the first process has no room,
    ///   ``ELFError`` for a program that cannot be started.
    public init(
        ramBytes: UInt64 = 24 << 30, boot: BootLayout? = nil, settings: KernelSettings = KernelSettings(),
        allocator: AllocatorSettings = AllocatorSettings(), tlb: TLBGeometry = .standard,
        first: FirstProcess = .agent(seed: nil), showsInitial: Bool = false
    ) throws {
        machine = try Machine(
            boot: try boot ?? BootLayout(ramBytes: ramBytes), allocator: allocator, settings: settings, tlb: tlb)
        machine.listensForRefusals = true
        var agent: InitialAddressSpace?
        switch first {
        case .agent(let seed):
            let fixed = InitialAddressSpace.scenarioAgent
            let space = seed.map { fixed.randomized(seed: $0, settings: settings) } ?? fixed
            agent = space
            if let seed { machine.seedRandomNumbers(seed) }
            _ = try machine.start(space)
        case .described(let space): _ = try machine.start(space)
        case .program(let image, let interpreter, let execution):
            _ = try machine.start(image, interpreter: interpreter, execution)
        }
        self.agent = agent
        let isAgent = agent != nil
        let snapshot = try machine.snapshot(0) {
            !isAgent && !showsInitial && StateScope.everything.listsPages(start: $0, end: $1)
        }
        baseline = snapshot.pageTablesKiB
        initialCount = snapshot.vmas.count
        start = isAgent || showsInitial ? nil : StartingVMAs(snapshot)
        // Only the bounds count for the scope.
        let initial = snapshot.vmas.map {
            InitialVMA(start: $0.start, end: $0.end, permissions: "", offset: 0, name: "")
        }
        scope = isAgent && !showsInitial ? StateScope(initial: initial) : .everything
    }

    /// What of a state is shown.
    public func stateScope() -> StateScope { scope }

    /// The program's name for a process.
    public func processName(_ index: Int) -> String {
        names.indices.contains(index) ? names[index] : "process \(index)"
    }

    /// What the kernel said since the last call, a line each: who was killed because no memory was left, and reports of errors.
    public func takeKills() -> [String] {
        machine.takeOutOfMemoryKills().map {
            "out of memory: killed \(processName($0.process)) (total-vm \($0.totalKiB)K, rss \($0.residentKiB)K, "
                + "pgtables \($0.pageTablesKiB)K)"
        } + machine.takeKernelLog()
    }

    /// A process by the program's name for it; nil for one that was never made.
    public func index(ofProcess name: String) -> Int? { names.firstIndex(of: name) }

    /// The VMAs that the first process starts with, and the vsyscall gate.
    public func initialAddressSpace() throws -> [InitialVMA] {
        let vmas = try machine.snapshot(0, listsPages: { _, _ in false }).vmas.map {
            InitialVMA(
                start: $0.start, end: $0.end, permissions: $0.permissions, offset: $0.offset,
                name: $0.name.isEmpty ? "-" : $0.name)
        }
        // The gate is no VMA of the process, but maps shows it.
        let vsyscall = AddressSpaceLimit.vsyscall
        return vmas + [
            InitialVMA(
                start: vsyscall, end: vsyscall + PageSize.base, permissions: "--xp", offset: 0, name: "[vsyscall]")
        ]
    }

    /// Makes the call on the simulated machine.
    public func perform(_ call: EvaluatedCall, process: Int) throws -> StatementResult {
        if !machine.isAlive(process) {
            var result = StatementResult(.error(.ESRCH))
            result.refusal = Refusal(.errno(.ESRCH), .noProcess(processName(process)))
            return result
        }
        machine.settleSwap()
        _ = machine.takeRefusal()
        let group = machine.memoryGroupState
        if group.exists { machine.settleMemoryGroup() }
        machine.coherenceMark = call.line
        machine.callLine = call.line
        var before = try machine.faultCounts(process)
        var result: StatementResult
        do {
            if call.name == .mlockall { try touchAgent(process) }
            before = try machine.faultCounts(process)
            result = try call.name.definition.simulate(SimulatedCall(executor: self, call: call, process: process))
        } catch let errno as Errno {
            result = StatementResult(.error(errno))
        }
        if let refusal = machine.takeRefusal(), result.isRefused(by: refusal) { result.refusal = refusal }
        return try complete(call, process, result, before: before)
    }

    // MARK: Calls

    /// fork(2); the agents on both sides take copies of their own pages.
    func fork(_ call: SimulatedCall) throws -> StatementResult {
        try forked(call.call, call.process, child: try machine.fork(call.process))
    }

    /// The child is there.
    func forked(_ call: EvaluatedCall, _ process: Int, child: Int) throws -> StatementResult {
        names.append(call.assignedName ?? "")
        try touchAgentPages(parent: process, child: child)
        return StatementResult(.ok, value: Int64(Self.firstProcessID + child))
    }

    /// clone(2) with CLONE_VM, and vfork(2): there is nothing to copy.
    func cloneVM(_ call: SimulatedCall) throws -> StatementResult {
        let child = try machine.cloneVM(call.process, waits: call.call.name == .vfork)
        names.append(call.call.assignedName ?? "")
        return StatementResult(.ok, value: Int64(Self.firstProcessID + child))
    }

    /// Before mlockall the agent touches all its pages, which the call would fault in otherwise. One for which no frame is free
    /// may end the process; the call then finds it gone.
    func touchAgent(_ process: Int) throws {
        guard let agent else { return }
        try unseen {
            for page in [Self.agentCode - 0x1000, Self.agentCode] where machine.isAlive(process) {
                _ = try machine.load(process, page)
            }
            for region in agent.regions where region.isWritable {
                for address in stride(from: region.start, to: region.end, by: 4096) where machine.isAlive(process) {
                    _ = try machine.touchForWriting(process, address)
                }
            }
        }
    }

    /// What the agent does beside the program: no event tells of it, and the program's memory cgroup does not pay.
    private func unseen(_ body: () throws -> Void) rethrows {
        let isTracing = machine.isTracing
        machine.trace(false)
        machine.chargesMemoryGroup(false)
        defer {
            machine.trace(isTracing)
            machine.chargesMemoryGroup(true)
        }
        try body()
    }

    /// The process id of `init`; the others follow.
    static let firstProcessID = 1000
    private static let agentCode: UInt64 = 0x40_1000

    /// madvise can take away the code that made the call: the agent faults it in as it returns.
    func returnToAgent(_ call: EvaluatedCall, _ process: Int) throws {
        guard agent != nil, call.name == .madvise || call.name == .processMadvise, machine.isAlive(process) else {
            return
        }
        let (start, length) = (call.arguments[0], call.arguments[1])
        if start <= Self.agentCode, Self.agentCode - start < length {
            _ = try machine.fetch(process, Self.agentCode)
        }
    }

    /// After a fork the agents on both sides write to their own pages, so that these never fault in a later statement.
    private func touchAgentPages(parent: Int, child: Int) throws {
        guard let agent else { return }
        let stack = agent.startStack
        let buffer: UInt64 = 0x40_2000
        try unseen {
            // Where no frame is free, either may be killed for it.
            for (process, address) in [(parent, stack), (child, stack), (child, buffer), (parent, buffer)]
            where machine.isAlive(process) {
                _ = try machine.touchForWriting(process, address)
            }
            // The child's agent runs on in its code, which fork did not map, and reads the page before it.
            if machine.isAlive(child) { _ = try machine.load(child, Self.agentCode - 0x1000) }
            if machine.isAlive(child) { _ = try machine.fetch(child, Self.agentCode) }
        }
    }
}
