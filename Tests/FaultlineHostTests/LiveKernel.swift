import FaultlineHost
import Glibc

/// What the machine that runs the tests allows.
enum LiveKernel {
    /// True where agents can be started and traced.
    static let canRunPrograms: Bool = (try? LiveExecutor()) != nil

    /// True where recordings can be reproduced byte for byte: the recorded kernel, and root.
    static let isTheRecordedOne: Bool =
        canRunPrograms && HostKernel.release == "6.18.44" && HostKernel.pageAccess == nil
}
