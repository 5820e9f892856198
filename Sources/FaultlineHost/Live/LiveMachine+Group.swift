import CHost
import FaultlineScenario
import Glibc

/// Programs in a memory cgroup.
extension LiveMachine {
    /// The program's group, for a call that needs it.
    func memoryGroup() throws(LiveError) -> LiveGroup {
        guard let group else { throw .unsupported("the program was begun without a memory cgroup; begin it anew") }
        return group
    }

    /// No page waits in a batch of the program's processor, and the group's figures are those of now.
    func settleGroup() throws(LiveError) {
        guard let group, let agent = live.first else { return }
        try Self.drainBatches(agent)
        // What that takes would be charged to a group with a limit, too.
        if !group.isLimited { try group.refresh() }
    }

    /// Accesses a page at a time; after each one with a fault the group is settled.
    func accessInGroup(
        first: UInt64, end: UInt64, byte: UInt8?, in agent: Agent
    ) throws(LiveError) -> StatementResult {
        var result = StatementResult(.ok, pages: 0)
        var address = first
        var count = 0
        while address < end {
            let kind = byte == nil ? FL_AGENT_LOAD : FL_AGENT_STORE
            let one = try access(kind, first: address, byte: byte ?? 0, in: agent)
            result.minflt += one.minflt
            result.majflt += one.majflt
            if case .signal = one.outcome {
                result.outcome = one.outcome
                result.value = one.value
                break
            }
            count += 1
            if one.minflt + one.majflt > 0 { try settleGroup() }
            let next = (address & ~4095) &+ 4096
            if next < address { break }
            address = next
        }
        result.pages = count
        return result
    }

    /// Brings the pages of a file that was written by this process into memory anew, for the program, in order and one at a time.
    func adopt(_ descriptor: Int64, _ file: HostFile, size: UInt64, by agent: Agent) throws(LiveError) {
        fl_drain_batches()
        fl_forget_pages(file.descriptor)
        for offset in stride(from: 0, to: size, by: 4096) {
            _ = try agent.call(SystemCallNumber(known: CallName(known: "readahead")), UInt64(descriptor), offset, 4096)
        }
        try settleGroup()
    }

    /// Makes a statement, in which the kernel may kill this process or others for memory.
    func withKills(
        of agent: Agent, _ body: () throws -> StatementResult
    ) throws -> StatementResult {
        guard let group else { return try body() }
        try settleGroup()
        var result: StatementResult
        var own = 0
        do { result = try body() } catch let error as LiveError {
            guard group.isLimited, Self.isKilled(agent, error) else { throw error }
            result = StatementResult(.signal(.SIGKILL, .SI_KERNEL, address: 0))
            try release(agent)
            own = 1
        }
        try releaseKilled(group.takeKills() - own)
        return result
    }

    /// Whether a statement came to an error because the kernel killed its process: the tracer then finds none.
    private static func isKilled(_ agent: Agent, _ error: LiveError) -> Bool {
        if case .processDied(_, SIGKILL) = error { return true }
        guard case .host(_, ESRCH) = error else { return false }
        for _ in 0..<2000 {
            if fl_process_was_killed(agent.process) != 0 { return true }
            usleep(1000)
        }
        return false
    }

    /// Waits for as many processes to end as the kernel has killed.
    private func releaseKilled(_ count: Int) throws(LiveError) {
        var rest = count
        for _ in 0..<2000 where rest > 0 {
            for agent in live where fl_process_was_killed(agent.process) != 0 {
                try release(agent)
                rest -= 1
            }
            if rest > 0 { usleep(1000) }
        }
    }
}
