import Faultline

/// A capability that `drop_capability` takes away (capabilities(7)); the raw value is its number.
public enum CapabilityName: UInt32, Sendable, CaseIterable {
    case setUID = 7
    case ipcLock = 14
    case ipcOwner = 15
    case sysRawIO = 17
    case sysAdmin = 21
    case sysResource = 24

    /// As capabilities(7) has it.
    public var name: String {
        switch self {
        case .setUID: "CAP_SETUID"
        case .ipcLock: "CAP_IPC_LOCK"
        case .ipcOwner: "CAP_IPC_OWNER"
        case .sysRawIO: "CAP_SYS_RAWIO"
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
        case .setUID: \.canChangeUser
        case .ipcLock: \.canLockMemory
        case .ipcOwner: \.ownsAllSegments
        case .sysRawIO: \.canMapLowPages
        case .sysAdmin: \.isAdministrator
        case .sysResource: \.canRaiseLimits
        }
    }
}
