/// What the simulated processor has, as far as programs see a difference.
public struct CPUSettings: Sendable, Hashable {
    /// Protection keys for user pages (CPUID `pku`, CR4.PKE). Off: the kernel has no keys to give, and memory of PROT_EXEC
    /// alone can be read.
    public var protectionKeys = false
    /// PCIDs (CR4.PCIDE): the TLB keeps the translations of several address spaces. Off: each switch to another one flushes.
    public var hasPCIDs = true

    /// Bytes of the state that XSAVE keeps of a process in its compacted form (CPUID leaf 0xd, EBX of subleaf 1), 576 to 16,384: a
    /// process's `task_struct` ends with it. 856 with AVX, protection keys and shadow stacks; 2,432 with AVX-512.
    public var extendedStateBytes = 856

    /// A processor without protection keys, as the one on which the first recordings were made.
    public init() {}

    /// The features that are on, as a recording's line `cpu` has them.
    public var features: [String] { protectionKeys ? ["pku"] : [] }

    /// Every feature that ``set(_:)`` knows. No program sees whether there are PCIDs, so that recordings do not say it.
    public static let names = ["pku", "pcid"]

    /// A processor with the features of a recording's line `cpu`.
    ///
    /// - Throws: ``SettingError`` for a feature that is unknown.
    public init(features: [String]) throws(SettingError) {
        for feature in features {
            guard feature == "pku" else {
                throw SettingError(
                    setting: feature, rule: "no such feature; there are pku")
            }
            protectionKeys = true
        }
    }

    /// Sets what `pku=on`, `pku=off` or `xstate=BYTES` says.
    ///
    /// - Throws: ``SettingError`` for a feature that is unknown, and for a value that it does not have.
    public mutating func set(_ setting: String) throws(SettingError) {
        let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, parts[0] == "xstate" {
            guard let bytes = Int(parts[1]), 576...16_384 ~= bytes, bytes % 8 == 0 else {
                throw SettingError(setting: setting, rule: "write 576 to 16384 bytes, a multiple of 8")
            }
            extendedStateBytes = bytes
            return
        }
        guard parts.count == 2, parts[1] == "on" || parts[1] == "off" else {
            throw SettingError(
                setting: setting, rule: "write FEATURE=on or FEATURE=off, such as pku=on, or xstate=BYTES")
        }
        switch parts[0] {
        case "pku": protectionKeys = parts[1] == "on"
        case "pcid": hasPCIDs = parts[1] == "on"
        default:
            throw SettingError(
                setting: setting, rule: "no such feature; there are \(Self.names.joined(separator: ", "))")
        }
    }
}
