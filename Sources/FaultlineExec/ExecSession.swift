import CExec
import Faultline
import FaultlineCallSites
import FaultlineHost
import Glibc

/// A program of the host, and all that it starts, on the memory of one simulated machine.
///
/// The machine lives here, in one thread. The programs run under ptrace(2), which tells of their starts and ends; seccomp(2) hands their
/// memory calls here and userfaultfd(2) their touches. An assistant in each of their address spaces makes the host's mappings follow.
public final class ExecSession {
    /// A thread of the host.
    struct Task {
        let space: SimulatedSpace
        /// The simulated process that its faults and calls count for.
        let simulated: Int
    }

    let machine: Machine
    let files: HostFileCache
    let limits = ResourceLimits.own
    var tasks: [Int32: Task] = [:]
    /// By the number of the host's process, in the order of their start.
    var processes: [ProcessRecord] = []
    /// What a thread is about to make: its call was passed on.
    var births: [Int32: Birth] = [:]
    /// Where the kernel writes for a thread each time that it goes on (rseq(2)).
    var rseqs: [Int32: UInt64] = [:]
    /// New threads that stopped before their makers said so.
    var early: Set<Int32> = []
    /// Stops that were taken while that of another thread was waited for.
    var laterStops: [fl_stop] = []
    /// The descriptor that tells of calls; -1 before the first program has its filter.
    var watch: Int32 = -1
    var statistics = ExecStatistics()
    /// Whether faults are counted by the code that took them. It makes a thread stop at each, so it costs time.
    public var gathersCallChains = true
    /// Of processes that run, by their number on the machine.
    var callSites: [Int: CallSites] = [:]
    /// Why the programs were ended; nil for none.
    var failure: ExecError?
    /// The program that the command was asked to run.
    private var first: Int32 = 0
    private var firstEnd: fl_stop?

    /// A machine for programs.
    ///
    /// - Parameter ramBytes: simulated RAM.
    /// - Throws: ``ExecError``, `MachineError`.
    public init(ramBytes: UInt64, settings: KernelSettings = KernelSettings()) throws {
        machine = try Machine(ramBytes: ramBytes, settings: settings, backing: .shared)
        do { files = try HostFileCache(machine) } catch { throw ExecError.machine("no process (\(error.name))") }
        machine.trace(true)
    }

    /// How the first program ended.
    public enum End: Equatable, Sendable {
        case exited(status: Int32)
        case killed(signal: Int32)
    }

    /// Runs a program until it and all that it started have ended.
    ///
    /// - Parameters:
    ///   - path: the file itself; no search is made.
    ///   - arguments: the first is the name that the program is given.
    /// - Throws: ``ExecError`` where it cannot start; every process of it is gone then.
    public func run(_ path: String, _ arguments: [String], randomizes: Bool) throws -> End {
        var missing: UnsafePointer<CChar> = UnsafePointer(bitPattern: 1)!
        let lack = withUnsafeMutablePointer(to: &missing) { fl_calls_probe($0) }
        if lack != 0 { throw ExecError.missing(String(cString: missing), errno: lack) }
        try ProgramFileCheck.require(path)
        let events = try EventSource()
        defer { endAll() }
        first = try start(path, arguments, randomizes)
        do {
            try adopt(first)
            fl_tracee_continue(first, 0, false)
        } catch {
            throw error as? ExecError ?? ExecError.host(action: "take over \(path) (\(error))", errno: EIO)
        }
        while !tasks.isEmpty { try step(events) }
        if let failure { throw failure }
        guard let firstEnd else { throw ExecError.host(action: "wait for \(path)", errno: ECHILD) }
        return firstEnd.kind == FL_STOP_EXITED ? .exited(status: firstEnd.value) : .killed(signal: firstEnd.value)
    }

    private func start(_ path: String, _ arguments: [String], _ randomizes: Bool) throws(ExecError) -> Int32 {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let process = path.withCString { path in
            words.withUnsafeMutableBufferPointer { words in
                var program = fl_program(path: path, arguments: words.baseAddress!, randomizes: randomizes)
                return fl_tracee_start(&program)
            }
        }
        if process < 0 { throw .cannotStart(path: path, errno: -process) }
        return process
    }

    // MARK: The loop

    /// Takes what has happened, in an order in which nothing comes before its cause: births and deaths, calls, touches.
    private func step(_ events: EventSource) throws {
        let spaces = liveSpaces
        let waits = laterStops.isEmpty && !spaces.contains { fl_remote_has_early($0.remote) }
        let ready = events.wait(watch: watch, faults: spaces.map { $0.remote.pointee.faults }, waits: waits)
        while !laterStops.isEmpty { handle(laterStops.removeFirst()) }
        while true {
            let stop = fl_tracee_next(0, false)
            if stop.kind == FL_STOP_NONE { break }
            handle(stop)
        }
        if ready.hasCall { takeCall() }
        for (index, space) in spaces.enumerated() where !space.threads.isEmpty {
            if ready.faults[index] || fl_remote_has_early(space.remote) { takeTouches(space) }
        }
    }

    private var liveSpaces: [SimulatedSpace] {
        var seen: Set<ObjectIdentifier> = []
        return tasks.values.map(\.space).filter { seen.insert(ObjectIdentifier($0)).inserted }
    }

    /// Remembers how the first program ended.
    func noteEnd(_ stop: fl_stop) { if stop.thread == first { firstEnd = stop } }

    /// Ends every program, since the simulation cannot go on.
    func fail(_ error: ExecError) {
        if failure == nil { failure = error }
        for thread in tasks.keys { fl_tracee_kill(thread) }
    }

    /// Leaves no process, descriptor or window behind.
    private func endAll() {
        for thread in tasks.keys { fl_tracee_kill(thread) }
        for space in liveSpaces { space.close() }
        tasks.removeAll()
        while fl_tracee_next(0, true).kind != FL_STOP_NONE {}
        if watch >= 0 { Glibc.close(watch) }
        watch = -1
    }
}

/// What the simulation cost, and what it met.
public struct ExecStatistics: Sendable {
    /// Calls about memory that were made on the machine.
    public var calls = 0
    /// Touches that userfaultfd told of, whether they were simulated faults or only pages that the host did not show.
    public var touches = 0
    /// Bytes of files that were read into simulated pages.
    public var fileBytesRead = 0
    /// Mappings of files that stayed the host's, by the name of the file.
    public var native: [String: Int] = [:]
    /// Calls that were refused since they are not simulated, by name.
    public var refused: [String: Int] = [:]
}
