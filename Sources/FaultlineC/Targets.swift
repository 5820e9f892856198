import Faultline
import FaultlineWindow
import Synchronization

/// A machine with the handles that stand for what is on it.
final class MachineTarget: HandleTarget {
    static let kind: UInt64 = 1
    let machine: WindowMachine
    private let handles = Mutex(Owned())

    init(_ machine: WindowMachine) {
        self.machine = machine
        machine.withMachine { $0.listensForRefusals = true }
    }

    /// Makes calls on the machine, while no other thread is in it. - Throws: ERRNO with the rule that refused.
    func call<Result>(_ body: (Machine) throws(Errno) -> Result) throws(Failure) -> Result {
        try machine.withMachine { machine throws(Failure) in
            do throws(Errno) { return try body(machine) } catch { throw Failure(error, machine.takeRefusal()) }
        }
    }

    /// Makes accesses. - Throws: FAULT, ERRNO.
    func access<Result>(_ body: (Machine) throws(AccessError) -> Result) throws(Failure) -> Result {
        try machine.withMachine { machine throws(Failure) in
            do throws(AccessError) { return try body(machine) } catch {
                switch error {
                case .noProcess: throw Failure(.ESRCH, machine.takeRefusal())
                case .fault(let fault): throw Failure(fault, machine.takeRefusal())
                }
            }
        }
    }

    /// A handle for a process of the machine.
    func add(_ process: WindowProcess) -> OpaquePointer? {
        let handle = Handles.all.withLock { OpaquePointerBits($0.add(ProcessTarget(process, on: self))) }
        handles.withLock { $0.processes.append(handle) }
        return handle.pointer
    }

    /// A handle for a window on the machine.
    func add(_ window: WindowTarget) -> OpaquePointer? {
        let handle = Handles.all.withLock { OpaquePointerBits($0.add(window)) }
        handles.withLock { $0.windows.append((handle, window)) }
        return handle.pointer
    }

    /// Closes the handle of a window.
    func remove(_ window: OpaquePointer?) {
        let bits = OpaquePointerBits(window)
        Handles.all.withLock { $0.remove(bits.pointer, WindowTarget.self) }
        handles.withLock { $0.windows.removeAll { $0.handle == bits } }
    }

    /// A handle for an arena on the machine.
    func add(_ arena: ArenaTarget) -> OpaquePointer? {
        let handle = Handles.all.withLock { OpaquePointerBits($0.add(arena)) }
        handles.withLock { $0.arenas.append(handle) }
        return handle.pointer
    }

    /// Closes the handle of an arena.
    func removeArena(_ arena: OpaquePointer?) {
        let bits = OpaquePointerBits(arena)
        Handles.all.withLock { $0.remove(bits.pointer, ArenaTarget.self) }
        handles.withLock { $0.arenas.removeAll { $0 == bits } }
    }

    /// Closes the windows and the handles of all that is on the machine.
    func closeAll() {
        let all = handles.withLock { $0 }
        Handles.all.withLock { table in
            for arena in all.arenas { table.remove(arena.pointer, ArenaTarget.self) }
            for process in all.processes { table.remove(process.pointer, ProcessTarget.self) }
            for window in all.windows { table.remove(window.handle.pointer, WindowTarget.self) }
        }
        for window in all.windows { window.target.window.close() }
        handles.withLock { $0 = Owned() }
    }

    /// What goes with the machine.
    private struct Owned: Sendable {
        var processes: [OpaquePointerBits] = []
        var arenas: [OpaquePointerBits] = []
        var windows: [(handle: OpaquePointerBits, target: WindowTarget)] = []
    }
}

/// A handle as a number, which may go from thread to thread.
struct OpaquePointerBits: Hashable, Sendable {
    private let bits: UInt

    init(_ pointer: OpaquePointer?) { bits = UInt(bitPattern: pointer) }

    var pointer: OpaquePointer? { OpaquePointer(bitPattern: bits) }
}

/// A process of a machine.
final class ProcessTarget: HandleTarget {
    static let kind: UInt64 = 2
    let process: WindowProcess
    let owner: MachineTarget

    init(_ process: WindowProcess, on owner: MachineTarget) {
        self.process = process
        self.owner = owner
    }

    var id: ProcessID { process.id }
}

extension Handles {
    /// The machine of a handle.
    static func machine(_ handle: OpaquePointer?) throws(Failure) -> MachineTarget {
        try target(handle, MachineTarget.self)
    }

    /// The process of a handle.
    static func process(_ handle: OpaquePointer?) throws(Failure) -> ProcessTarget {
        try target(handle, ProcessTarget.self)
    }
}

/// Makes a call for the process of a handle.
func call<Result>(
    _ handle: OpaquePointer?, _ body: (Machine, ProcessID) throws(Errno) -> Result
) throws(Failure) -> Result {
    let target = try Handles.process(handle)
    return try target.owner.call { machine throws(Errno) in try body(machine, target.id) }
}
