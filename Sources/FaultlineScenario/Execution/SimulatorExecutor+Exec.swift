import Faultline

/// What `execve` of a path leads to.
public struct ProgramFiles: Sendable {
    /// The program.
    public var program: ELFImage
    /// The interpreter that it names.
    public var interpreter: ELFImage?
    /// The scripts that led to it.
    public var scripts: [ScriptLine]

    /// Describes a program.
    public init(program: ELFImage, interpreter: ELFImage?, scripts: [ScriptLine] = []) {
        self.program = program
        self.interpreter = interpreter
        self.scripts = scripts
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
                if try machine.touchForWriting(process, address) != nil { _ = try machine.load(process, address) }
            }
        }
        machine.drainPageBatches()
    }
}
