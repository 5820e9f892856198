import Faultline

/// A capability that `drop_capability` takes away (capabilities(7)); the raw value is its number.
public enum CapabilityName: UInt32, Sendable, CaseIterable {
    case sysRawIO = 17
    case ipcLock = 14
    case sysAdmin = 21
    case sysResource = 24

    /// As capabilities(7) has it.
    public var name: String {
        switch self {
        case .sysRawIO: "CAP_SYS_RAWIO"
        case .ipcLock: "CAP_IPC_LOCK"
        case .sysAdmin: "CAP_SYS_ADMIN"
        case .sysResource: "CAP_SYS_RESOURCE"
        }
    }

    /// The capability of that name.
    public init?(name: String) {
        guard let match = CapabilityName.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// The field of the simulated process's capabilities.
    var field: WritableKeyPath<Capabilities, Bool> {
        switch self {
        case .sysRawIO: \.canMapLowPages
        case .ipcLock: \.canLockMemory
        case .sysAdmin: \.isAdministrator
        case .sysResource: \.canRaiseLimits
        }
    }
}
