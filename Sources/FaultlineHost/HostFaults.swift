import CShim

/// Faults of the program itself: what it does that the host's processor refuses.
public enum HostFaults {
    /// From now on a fault of this process is reported with a backtrace before it ends: which simulated frame it hit, or
    /// which invariant stopped it.
    ///
    /// - Returns: false where the host refuses the handlers.
    public static func report() -> Bool { fl_fault_shim_install() }
}
