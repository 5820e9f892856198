import CHost
import Faultline
import Glibc

/// Settings of this machine's kernel for the time of a live run. They are back when the object is gone, and also when this
/// process is ended by any signal: a process of its own sees to that.
///
/// One at a time; it waits until no other live run is under way, and keeps others from starting.
public final class LiveSettings {
    private let lock: KernelLock

    /// What is to be set, such as `vm.overcommit_memory=2`.
    public struct Request: Sendable {
        /// Lines as ``KernelSettings/set(_:)`` takes them.
        public var lines: [String]
        /// How much a program may commit with `vm.overcommit_memory=2`, in KiB: that of the simulated machine. The
        /// kernel's limit becomes that much more than what is committed already.
        public var commitLimitKiB: UInt64

        /// Makes a request.
        public init(lines: [String], commitLimitKiB: UInt64) {
            self.lines = lines
            self.commitLimitKiB = commitLimitKiB
        }
    }

    /// Sets what is asked for.
    ///
    /// - Throws: `LiveError` for a setting that a running kernel does not have, and where it takes root.
    public init(_ request: Request) throws(LiveError) {
        var wanted: [(path: String, value: String)] = []
        for line in request.lines {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw .unsupported("--sysctl \(line): write NAME=VALUE") }
            if AllocatorSettings.names.contains(parts[0]) {
                throw .unsupported(
                    "--sysctl \(line): only the simulated machine takes it; a kernel that runs never forgets that it was set"
                )
            }
            wanted.append((try Self.path(parts[0]), parts[1]))
        }
        lock = try KernelLock(exclusive: true)
        let isStrict = wanted.contains { $0.path == Self.overcommitMode && $0.value == "2" }
        if isStrict {
            wanted.removeAll { $0.path == Self.overcommitRatio }
            wanted.append((Self.overcommitKiB, "0"))
        }
        try Self.startGuard(wanted.map(\.path), lock)
        do {
            for (path, value) in wanted where path != Self.overcommitKiB { try KernelGuard.write(value, to: path) }
            if isStrict { try Self.alignLimit(request.commitLimitKiB) }
        } catch {
            fl_kernel_guard_finish()
            throw error
        }
    }

    /// Puts everything back.
    ///
    /// - Throws: `LiveError` where the kernel refuses.
    public func restore() throws(LiveError) {
        if fl_kernel_guard_finish() != 0 { throw .host(action: "put the kernel's settings back", errno: EIO) }
    }

    deinit { fl_kernel_guard_finish() }

    // MARK: Files

    private static let overcommitMode = "/proc/sys/vm/overcommit_memory"
    private static let overcommitRatio = "/proc/sys/vm/overcommit_ratio"
    private static let overcommitKiB = "/proc/sys/vm/overcommit_kbytes"

    private static func path(_ name: String) throws(LiveError) -> String {
        let path = "/proc/sys/" + name.replacing(".", with: "/")
        guard name.contains("."), access(path, F_OK) == 0 else {
            throw .unsupported("--sysctl \(name): a running kernel cannot change it; leave it out for the live kernel")
        }
        return path
    }

    /// Starts the process that puts the files back as they are now. The two files of the limit exclude each other: to write one
    /// sets the other to 0, so that only the one that counts is written.
    private static func startGuard(_ paths: [String], _ lock: KernelLock) throws(LiveError) {
        var files = paths
        if files.contains(overcommitKiB) || files.contains(overcommitRatio) {
            files.removeAll { $0 == overcommitKiB || $0 == overcommitRatio }
            files.append(try KernelGuard.read(overcommitKiB) == "0" ? overcommitRatio : overcommitKiB)
        }
        var guardian = KernelGuard()
        for path in files { try guardian.add(file: path) }
        try guardian.start(lock)
    }

    /// Makes the kernel's limit so much more than what is committed now.
    private static func alignLimit(_ limit: UInt64) throws(LiveError) {
        let info = String(decoding: try HostFile("/proc/meminfo").contents(), as: UTF8.self)
        func figure(_ name: String) -> UInt64 {
            let line = info.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return line.flatMap { UInt64($0.filter(\.isNumber)) } ?? 0
        }
        // The kernel adds the swap areas to what is set.
        let (committed, swap) = (figure("Committed_AS"), figure("SwapTotal"))
        try KernelGuard.write(String(committed + limit - min(swap, committed + limit)), to: overcommitKiB)
    }
}
