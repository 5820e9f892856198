import Faultline

/// What `execve` of a path leads to.
public struct ProgramFiles: Sendable {
    /// The program.
    public var program: ELFImage
    /// The interpreter that it names.
    public var interpreter: ELFImage?
    /// The scripts that led to it.
    public var scripts: [ScriptLine]
    /// What of the files and the directories above them a user must be allowed to execute, or search.
    public var permissions: [FilePermissions]

    /// Describes a program.
    public init(
        program: ELFImage, interpreter: ELFImage?, scripts: [ScriptLine] = [], permissions: [FilePermissions] = []
    ) {
        self.program = program
        self.interpreter = interpreter
        self.scripts = scripts
        self.permissions = permissions
    }
}

/// Owner, group and permission bits of a file of this machine.
public struct FilePermissions: Sendable, Hashable {
    /// `st_uid`.
    public var owner: UInt32
    /// `st_gid`.
    public var group: UInt32
    /// The lower nine bits of `st_mode`.
    public var mode: UInt16

    /// Describes a file.
    public init(owner: UInt32, group: UInt32, mode: UInt16) {
        self.owner = owner
        self.group = group
        self.mode = mode
    }

    /// Whether a process of that user, which is in group 0, may execute the file or search the directory; root may.
    public func allowsExecution(by user: UInt32) -> Bool {
        user == 0 || mode >> (user == owner ? 6 : group == 0 ? 3 : 0) & 1 != 0
    }
}

extension SimulatorExecutor {
    /// `execve`: the process becomes a program of this machine, or the agent anew.
    func become(_ path: String, _ process: Int) throws -> StatementResult {
        var execution = Execution(path: path)
        do {
            if path == CallName.agentProgram {
                try machine.execve(process, .scenarioAgent, execution)
                try touchNewAgent(process)
                return StatementResult(.ok)
            }
            guard let findProgram else { throw ExecutionFailure.noPrograms(path: path) }
            let files: ProgramFiles
            do { files = try findProgram(path) } catch let errno as Errno {
                throw machine.refusing(errno, .cannotOpen(path))
            }
            let user = try machine.user(process)
            if !files.permissions.allSatisfy({ $0.allowsExecution(by: user) }) {
                throw machine.refusing(.EACCES, .mayNotExecute(path, user: user))
            }
            execution.scripts = files.scripts
            try machine.execve(process, files.program, interpreter: files.interpreter, execution)
            return StatementResult(.ok)
        } catch let error as ELFError {
            switch error.consequence {
            case .refused:
                var result = StatementResult(.error(error.errno))
                result.refusal = Refusal(.errno(error.errno), .notExecutable(error), process: Int32(process))
                return result
            case .fatal:
                var result = StatementResult(.signal(.SIGSEGV, .SI_KERNEL, address: 0))
                result.refusal = Refusal(.signal("SIGSEGV"), .notExecutable(error), process: Int32(process))
                return result
            case .notModelled: throw error
            }
        }
    }

    /// What a new agent touches before it takes calls.
    private func touchNewAgent(_ process: Int) throws {
        let isTracing = machine.isTracing
        machine.trace(false)
        defer { machine.trace(isTracing) }
        for range in InitialAddressSpace.scenarioAgent.touched {
            for address in stride(from: range.lowerBound, to: range.upperBound, by: 4096) {
                guard machine.isAlive(process) else { break }
                if try machine.touchForWriting(process, address) != nil, machine.isAlive(process) {
                    _ = try machine.load(process, address)
                }
            }
        }
        machine.drainPageBatches()
    }
}
