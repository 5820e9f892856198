/// Why a machine could not be made.
public enum MachineError: Error, Equatable, Sendable, CustomStringConvertible {
    /// RAM must be a multiple of 4 KiB from 2 MiB to 4 TiB less 1 GiB (which the firmware's hole takes).
    case ramSize(bytes: UInt64)
    /// The host refused the address space for the simulated RAM.
    case host
    /// Not even the kernel's own first frames fit.
    case noMemory
    /// The host does not take memory back that it has given: the process has locked it.
    case hostKeepsMemory
    /// The host has no more memory for simulated RAM; bytes that it still has.
    case hostMemory(available: UInt64)
    /// No CPU can have such TLBs.
    case tlb(TLBConfigurationError)

    /// What is wrong and what to do about it, for the user.
    public var description: String {
        switch self {
        case .ramSize(let bytes):
            "ramBytes \(bytes): must be a multiple of 4096, at least 2 MiB (2097152) and at most 4 TiB less 1 GiB"
        case .host: "the host refused the address space for simulated RAM; give the machine less, or lift ulimit -v"
        case .noMemory: "the simulated RAM is too small for the kernel's own frames"
        case .hostKeepsMemory: "the host takes no memory back; is the process's memory locked (mlockall)?"
        case .hostMemory(let bytes):
            "the host has only \(bytes >> 20) MiB of memory left, which simulated RAM does not take; let the program touch less, "
                + "or run it where there is more"
        case .tlb(let error): error.description
        }
    }
}
