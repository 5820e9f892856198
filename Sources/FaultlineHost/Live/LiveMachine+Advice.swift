import CHost
import FaultlineScenario
import Glibc

extension LiveMachine {
    /// posix_fadvise(2), and then waits until the disk has done what it was asked for: pages that are being read or written look
    /// different as long as they are, and how long that is, no program decides.
    func adviseFile(_ arguments: [UInt64], in agent: Agent) throws(LiveError) -> StatementResult {
        let result = try call(SystemCallNumber(rawValue: 221), arguments, in: agent)
        guard case .value(0) = result.outcome else { return result }
        let descriptor = Int32(truncatingIfNeeded: arguments[0])
        let path = "/proc/\(agent.process)/fd/\(descriptor)"
        // A file that cannot be opened here is none of the disk's.
        guard let file = try? HostFile(path) else { return result }
        for _ in 0..<Self.longestWait where fl_file_is_busy(file.descriptor) == 1 { usleep(1000) }
        return result
    }

    /// In milliseconds.
    private static var longestWait: Int { 5000 }
}
