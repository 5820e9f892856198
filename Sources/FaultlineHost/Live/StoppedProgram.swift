import CHost
import Faultline
import Glibc

/// Programs of this machine at their first instruction.
public enum StoppedProgram {
    /// What `/proc/PID/maps` says of a program that has not run an instruction yet.
    ///
    /// - Parameter execution: its seed counts only as a wish for the live kernel's own random places.
    /// - Throws: ``LiveError`` where the program cannot be started, or not be traced.
    public static func maps(_ execution: Execution) throws(LiveError) -> String {
        let process = try start(execution)
        defer { fl_exec_kill(process) }
        let bytes = try HostFile("/proc/\(process)/maps").contents()
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func start(_ execution: Execution) throws(LiveError) -> Int32 {
        let arguments = CStrings(execution.arguments)
        let environment = CStrings(execution.environment)
        let process = execution.path.withCString { path in
            fl_exec_stopped(
                [
                    fl_exec(
                        path: path, arguments: arguments.pointers, environment: environment.pointers,
                        stack_limit: execution.stackLimit, randomizes: execution.seed != nil,
                        is_legacy: execution.isLegacyLayout)
                ])
        }
        // The child has its own copies of the strings by now.
        withExtendedLifetime((arguments, environment)) {}
        if process == FL_EXEC_DIED { throw .diedInExec(path: execution.path) }
        guard process > 0 else { throw .host(action: "start \(execution.path)", errno: -process) }
        return process
    }
}

/// A list of strings as C wants it, ended by a null pointer.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        // SAFETY: room for every string and the null pointer at the end; freed by deinit.
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
