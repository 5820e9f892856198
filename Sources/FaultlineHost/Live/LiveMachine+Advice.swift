import CHost
import FaultlineInspect
import FaultlineScenario
import Glibc

/// Advice about files. After it, the disk is waited for: pages that are being read or written look different as long as they are,
/// and how long that is, no program decides.
extension LiveMachine {
    /// posix_fadvise(2) and readahead(2), by their number.
    func adviseFile(
        _ number: SystemCallNumber, _ arguments: [UInt64], in agent: Agent
    ) throws(LiveError) -> StatementResult {
        let result = try call(number, arguments, in: agent)
        if case .value(0) = result.outcome {
            Self.waitForDisk("/proc/\(agent.process)/fd/\(Int32(truncatingIfNeeded: arguments[0]))")
        }
        return result
    }

    /// madvise(2).
    func adviseMemory(_ arguments: [UInt64], in agent: Agent) throws(LiveError) -> StatementResult {
        let result = try call(.madvise, arguments, in: agent)
        guard arguments[2] == Self.willNeed, case .value(0) = result.outcome else { return result }
        let (start, end) = (arguments[0], arguments[0] &+ arguments[1])
        for area in try Self.mappings("/proc/\(agent.process)/maps")
        where area.inode != "0" && area.vma.start < end && start < area.vma.end {
            let range = String(area.vma.start, radix: 16) + "-" + String(area.vma.end, radix: 16)
            Self.waitForDisk("/proc/\(agent.process)/map_files/\(range)")
        }
        return result
    }

    /// A file that cannot be opened here is none of the disk's.
    private static func waitForDisk(_ path: String) {
        guard let file = try? HostFile(path) else { return }
        var waited = 0
        while waited < longestWait, fl_file_is_busy(file.descriptor) == 1 {
            usleep(1000)
            waited += 1
        }
    }

    /// In milliseconds.
    private static var longestWait: Int { 5000 }

    /// MADV_WILLNEED.
    private static var willNeed: UInt64 { 3 }
}
