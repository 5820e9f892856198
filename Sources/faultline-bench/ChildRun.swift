import CBench
import Foundation

/// A run of the command `faultline`, or of another program, for a measurement.
struct ChildRun {
    /// Nanoseconds from start to end, and of processor time outside the kernel.
    let wall: Double
    let user: Double

    /// The most memory that it had at a time, in bytes.
    let resident: Double

    /// Runs a program; what it prints goes nowhere.
    ///
    /// - Returns: nil where it could not be run or did not end with status 0.
    static func of(_ program: String, _ arguments: [String] = []) -> ChildRun? {
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child = fl_bench_child()
        // SAFETY: the words live until the call has returned; it copies them into the new process.
        guard fl_bench_run_child(&words, &child) == 0 else { return nil }
        return ChildRun(wall: Double(child.wall), user: Double(child.user), resident: Double(child.resident))
    }
}
