import Faultline
import Glibc

@testable import FaultlineHost

/// What the machine that runs the tests allows.
enum LiveKernel {
    /// True where agents can be started and traced.
    static let canRunPrograms: Bool = (try? LiveExecutor()) != nil

    /// True where a program may mount file systems.
    static let canMount: Bool = (try? LiveExecutor().machine.mountTmpfs(size: 4096)) != nil

    /// True where recordings can be reproduced byte for byte: the recorded kernel, and root.
    static let isTheRecordedOne: Bool =
        canRunPrograms && HostKernel.release == "6.18.44" && HostKernel.pageAccess == nil

    /// True where programs start as on the modelled kernel, and can be stopped before their first instruction.
    static let startsPrograms: Bool =
        HostKernel.release.hasPrefix("6.18.") && (try? StoppedProgram.maps(Execution(path: "/bin/true"))) != nil
}
