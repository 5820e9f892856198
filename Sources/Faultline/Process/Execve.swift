import OrderedCollections

/// What execve(2) is given beside the file, and how the new address space is laid out.
public struct Execution: Sendable {
    /// The path as the caller gave it; it lies on the stack.
    public var path: String
    /// `argv`; without any, an empty string takes the first place.
    public var arguments: [String]
    /// `envp`.
    public var environment: [String]
    /// ADDR_COMPAT_LAYOUT: bottom-up.
    public var isLegacyLayout = false
    /// The scripts that lead from the path to the program, the path's own first (`binfmt_script`); none for a program.
    public var scripts: [ScriptLine] = []
    /// The soft RLIMIT_STACK, in bytes; `UInt64.max` is `unlimited`. It decides where the mmap area ends.
    public var stackLimit: UInt64 = 8 << 20
    /// Draws the places; without it they are fixed (ADDR_NO_RANDOMIZE). See ``KernelSettings/randomizeVASpace``.
    public var seed: UInt64?

    /// Describes a start; the first argument is the path.
    public init(path: String, arguments: [String] = [], environment: [String] = []) {
        self.path = path
        self.arguments = [path] + arguments
        self.environment = environment
    }
}

extension Machine {
    /// Starts a process with a program as `load_elf_binary` (`fs/binfmt_elf.c`) leaves it before its first instruction:
    /// stack, segments, bss, interpreter, vdso, and the place of the heap. The file is in the page cache. The stack holds
    /// the strings and argc, argv and envp; the auxiliary vector has its place there, but no entries.
    ///
    /// - Parameter interpreter: the file that ``ELFImage/interpreter`` names.
    /// - Returns: the process's index.
    /// - Throws: ``ELFError`` for what execve refuses, and for what it meets past its point of no return; the process is
    ///   gone then.
    package func start(
        _ program: ELFImage, interpreter: ELFImage? = nil, _ execution: Execution
    ) throws(ELFError) -> Int {
        var places = AddressRandomizer(seed: execution.seed, settings: settings)
        if let seed = execution.seed { seedRandomNumbers(seed) }
        let (layout, stack) = try prepare(program, interpreter, execution, &places)
        let task: Process
        do { task = try makeProcess(layout, stackLimit: execution.stackLimit) } catch {
            throw Self.noRoom(program, error)
        }
        try load(program, interpreter, stack, &places, in: task)
        // Every scenario starts with empty batches.
        drainBatches()
        return task.index
    }

    /// execve(2): the process leaves its address space and becomes a program. Descriptors stay but for those that are
    /// closed on exec; limits, the user and root's capabilities stay.
    ///
    /// - Parameter execution: its limit of the stack does not count, the process has its own.
    /// - Throws: ``ELFError``, and where it is fatal, the process is gone; ESRCH, EAGAIN for RLIMIT_NPROC.
    package func execve(
        _ process: Int, _ program: ELFImage, interpreter: ELFImage? = nil, _ execution: Execution
    ) throws {
        let task = try caller(process)
        try checkProcessLimitOfExec(task)
        var execution = execution
        execution.stackLimit = task.limits.stack
        var places = AddressRandomizer(seed: execution.seed, settings: settings)
        let (layout, stack) = try prepare(program, interpreter, execution, &places)
        guard let mm = makeMM(layout: layout, owner: task.index) else { throw Self.noRoom(program, .ENOMEM) }
        let old = task.mm
        inheritFlags(mm, from: old)
        // ksm_execve
        if mm.pointee.mergesAny { enterMerging(mm) }
        task.mm = mm
        // exec_mmap: no CPU flushes what it has left.
        if processors.areSeveral { switchTo(task) }
        windows.drop(process: task.index)
        // cap_bprm_creds_from_file.
        if task.user != 0 { task.capabilities = .none }
        // pkru_flush_thread
        if settings.cpu.protectionKeys { writePKRU(task, .initial) }
        putMM(old)
        task.scan.forgetFaults()
        for descriptor in task.closedOnExec.sorted() { if let file = task.files[Int(descriptor)] { putFile(file) } }
        for descriptor in task.closedOnExec { task.files[Int(descriptor)] = nil }
        task.closedOnExec = []
        try load(program, interpreter, stack, &places, in: task)
    }

    /// Gives the random numbers of later calls a new beginning; used by processes whose places were drawn.
    public func seedRandomNumbers(_ seed: UInt64) { random = SplitMix64(seed: ~seed) }

    /// What is checked and copied before the point of no return.
    private func prepare(
        _ program: ELFImage, _ interpreter: ELFImage?, _ execution: Execution, _ places: inout AddressRandomizer
    ) throws(ELFError) -> (layout: MMStruct.Layout, stack: InitialStack) {
        if let path = program.interpreter, interpreter == nil {
            throw ELFError(
                file: program.name, field: "PT_INTERP (\(path))", value: 0, rule: "the interpreter must be given",
                errno: .ENOENT)
        }
        let bases = places.mmapBases(stackLimit: execution.stackLimit)
        let layout = MMStruct.Layout(
            mmapBase: execution.isLegacyLayout ? bases.bottomUp : bases.topDown, bottomUpBase: bases.bottomUp,
            isTopDown: !execution.isLegacyLayout, isRandomized: places.isOn)
        return (layout, try InitialStack(execution, top: places.stackTop()))
    }

    /// What follows the point of no return.
    private func load(
        _ program: ELFImage, _ interpreter: ELFImage?, _ stack: InitialStack, _ places: inout AddressRandomizer,
        in task: Process
    ) throws(ELFError) {
        do { try ELFLoader(self, task).load(program, interpreter, stack, &places) } catch {
            // The killer may have taken it for want of a frame.
            if task.isAlive { exit(task) }
            throw error.pastNoReturn
        }
    }

    private static func noRoom(_ program: ELFImage, _ errno: Errno) -> ELFError {
        ELFError(
            file: program.name, field: "the page tables", value: 0, rule: "the machine must have room", errno: errno)
    }
}

/// The steps of `load_elf_binary` for one new process.
struct ELFLoader {
    let machine: Machine
    let task: Process

    init(_ machine: Machine, _ task: Process) {
        self.machine = machine
        self.task = task
    }

    var mm: Handle<MMStruct> { task.mm }

    func load(
        _ program: ELFImage, _ interpreter: ELFImage?, _ initial: InitialStack, _ places: inout AddressRandomizer
    ) throws(ELFError) {
        var stack = initial
        try mapStack(stack, isExecutable: program.hasExecutableStack, program.name)
        let bias = try loadProgram(program, hasInterpreter: interpreter != nil, &places)
        if let interpreter {
            try checkEntry(interpreter, try loadInterpreter(interpreter, programBias: bias))
        } else {
            try checkEntry(program, bias)
        }
        try mapVDSO(program.name)
        stack.place(pointer: places.alignedStack(stack.stringsStart))
        mm.pointee.layout.startStack = stack.pointer
        try write(stack.words, at: stack.pointer, program.name, "the stack's words")
        // A static position-independent program (or an interpreter run by itself) lies in the mmap area, where its heap
        // would soon meet other mappings.
        let isMoved = program.kind == .positionIndependent && interpreter == nil
        let end = isMoved ? AddressRandomizer.positionIndependentBase.pageAlignedUp : mm.pointee.layout.startBrk
        mm.pointee.layout.startBrk = places.heapStart(end, isMoved: isMoved)
        mm.pointee.layout.brk = mm.pointee.layout.startBrk
    }

    // MARK: Stack and vdso

    /// `setup_arg_pages`.
    private func mapStack(_ stack: InitialStack, isExecutable: Bool, _ name: String) throws(ELFError) {
        let region = InitialAddressSpace.Region(
            start: stack.base, end: stack.top, isWritable: true, isExecutable: isExecutable, content: .stack)
        try add(region, name)
        mm.pointee.layout.startStack = stack.stringsStart
        try write(stack.strings, at: stack.lowest, name, "the stack's strings")
        // The strings were copied to the end of all stacks; only where the stack moves from there are the batches drained
        // (relocate_vma_down).
        if stack.top != AddressSpaceLimit.taskSize { machine.drainBatches() }
    }

    /// `map_vdso`: the data pages, the clock pages, and the code, in the highest gap.
    private func mapVDSO(_ name: String) throws(ELFError) {
        let parts: [(name: String, pages: UInt64)] = [("[vvar]", 4), ("[vvar_vclock]", 2), ("[vdso]", 2)]
        let length = parts.reduce(0) { $0 + $1.pages } << 12
        var start = try mapping(name, "the vdso", length) { () throws(Errno) in
            try machine.unmappedArea(task, nil, 0, length, pgoff: 0, flags: [])
        }
        for part in parts {
            let end = start + part.pages << 12
            try add(
                .init(start: start, end: end, isExecutable: part.name == "[vdso]", content: .special(name: part.name)),
                name)
            start = end
        }
    }

    private func add(_ region: InitialAddressSpace.Region, _ name: String) throws(ELFError) {
        var images: OrderedDictionary<String, Handle<OpenFile>> = [:]
        try mapping(name, "the start of a mapping", region.start) { () throws(Errno) in
            try machine.add(region, to: task, &images)
        }
    }

    // MARK: Memory

    /// Names the field behind a failure.
    func mapping<Value>(
        _ file: String, _ field: String, _ value: UInt64, _ body: () throws(Errno) -> Value
    ) throws(ELFError) -> Value {
        do { return try body() } catch {
            throw ELFError(
                file: file, field: field, value: value, rule: "the machine must be able to map it", errno: error)
        }
    }

    /// `copy_to_user`.
    func write(
        _ bytes: [UInt8], at address: VirtualAddress, _ file: String, _ field: String
    ) throws(ELFError) {
        machine.switchTo(task)
        var done = 0
        while done < bytes.count {
            let place = address + UInt64(done)
            let count = min(bytes.count - done, Int(4096 - place & 4095))
            guard case .physical(let physical) = machine.access(task, place, .write) else {
                throw ELFError(
                    file: file, field: "the address of \(field)", value: place, rule: "it must be writable",
                    errno: .EFAULT)
            }
            machine.frames.write(
                bytes[done..<done + count], to: physical >> 12, offset: Int(physical & 4095))
            done += count
        }
    }
}
