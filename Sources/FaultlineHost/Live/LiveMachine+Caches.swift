import CHost
import FaultlineScenario
import Glibc
import SystemPackage

extension LiveMachine {
    /// Writes the number into drop_caches. That is done on another processor than the program's, whose LRU batches the kernel
    /// drains all the same: what it puts into batches meanwhile must not wait among the program's pages. It must not wait at all,
    /// so that the batches are drained once more at the end.
    func dropCaches(_ value: Int64) throws(LiveError) -> StatementResult {
        LiveOptions.keepOff(options.agentOptions.cpu)
        defer { fl_drain_batches() }
        do {
            let file = try FileDescriptor.open("/proc/sys/vm/drop_caches", .writeOnly, options: .closeOnExec)
            try file.closeAfter { _ = try file.writeAll(String(value).utf8) }
            return StatementResult(.ok)
        } catch {
            let errno = (error as? SystemPackage.Errno) ?? .ioError
            if errno == .invalidArgument { return StatementResult(.error(.EINVAL)) }
            throw Self.cannotDrop(errno.rawValue)
        }
    }

    private static func cannotDrop(_ errno: Int32) -> LiveError {
        .host(
            action: "write /proc/sys/vm/drop_caches, which takes root of the machine itself, not of a container",
            errno: errno)
    }
}
