/// A process that has a userfaultfd open, and so can serve who waits for it.
public struct UserfaultServer: Sendable, Hashable {
    /// The process.
    public let process: ProcessID
    /// Its descriptor.
    public let descriptor: Int32
}

/// Who waits for whom.
extension Machine {
    /// What a process sleeps for, of a userfaultfd; nil for one that does not.
    public func sleep(of process: ProcessID) -> UserfaultSleep? { sleep(of: process.index) }

    /// Whether a process that sleeps does so in TASK_INTERRUPTIBLE, and not in TASK_KILLABLE: in an access of its own, or one that the kernel
    /// makes for it with copy_from_user; not in get_user_pages, and not for the reader of an event (`userfaultfd_get_blocking_state`).
    public func sleepsInterruptibly(_ process: ProcessID) -> Bool {
        guard case .fault = sleep(of: process) else { return false }
        switch processes[process.index].rest?.steps.first {
        case nil, .fill: return true
        case .transfer(let transfer): return transfer.attempt != nil
        default: return false
        }
    }

    /// Who can serve a process that sleeps: the live ones with a descriptor of the userfaultfd, in the order in which they were made.
    /// Empty for a process that does not sleep.
    public func userfaultServers(of process: ProcessID) -> [UserfaultServer] {
        guard processes.indices.contains(process.index), let context = processes[process.index].wait?.context else {
            return []
        }
        return processes.filter(\.isAlive).flatMap { task in
            task.files.enumerated().compactMap { descriptor, file in
                guard let file, file.pointee.userfault == context else { return nil }
                return UserfaultServer(process: ProcessID(task.index), descriptor: Int32(descriptor))
            }
        }
    }
}
