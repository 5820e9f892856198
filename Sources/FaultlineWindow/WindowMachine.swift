import CShim
import CWindow
import FaultlineCallSites
public import Faultline

/// A simulated machine whose memory ordinary code can read and write through windows.
///
/// Any thread may call it, and any thread may touch a window: one at a time is in the machine, the others wait. A thread that is in the
/// machine (in ``withMachine(_:)``) must not touch a window, nor call again: both end the process with a report.
public final class WindowMachine: @unchecked Sendable {
    /// Only for who is in the machine.
    let machine: Machine
    let entry: UnsafeMutablePointer<fl_window_entry>
    /// For who is in the machine; see ``countCallSites(in:)``.
    var callSites: CallSites?

    /// A machine without processes. Its RAM lies in a memory file of the host.
    ///
    /// - Parameters:
    ///   - ramBytes: simulated RAM, a multiple of 4 KiB; it costs what is touched.
    ///   - settings: of the simulated kernel.
    /// - Throws: ``MachineError`` for a size that cannot be, or where the host refuses.
    public init(
        ramBytes: UInt64 = 24 << 30, settings: KernelSettings = KernelSettings()
    ) throws(MachineError) {
        machine = try Machine(ramBytes: ramBytes, settings: settings, backing: .shared)
        entry = .allocate(capacity: 1)
        // SAFETY: fresh memory for one record.
        guard fl_window_entry_create(entry) == 0 else {
            entry.deallocate()
            throw .host
        }
    }

    deinit {
        fl_window_entry_destroy(entry)
        entry.deallocate()
    }

    /// Everything else that a machine can do, while no other thread is in it.
    ///
    /// The machine must not be used outside of the closure; the closure must not touch a window.
    public func withMachine<Result, Failure: Error>(
        _ body: (Machine) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        fl_window_enter(entry)
        defer { fl_window_leave(entry) }
        return try body(machine)
    }

    /// A process with an address space that is given; the scenario's agent by default.
    ///
    /// - Throws: ``Errno`` ENOMEM when the machine is too small, EINVAL for regions that cannot be.
    public func spawn(_ space: InitialAddressSpace = .scenarioAgent) throws(Errno) -> WindowProcess {
        let id = try withMachine { machine throws(Errno) in try machine.startProcess(space) }
        return WindowProcess(machine: self, id: id)
    }
}
