/// What the simulated processor has, as far as programs see a difference.
public struct CPUSettings: Sendable, Hashable {
    /// Protection keys for user pages (CPUID `pku`, CR4.PKE). Off: the kernel has no keys to give, and memory of PROT_EXEC
    /// alone can be read.
    public var protectionKeys = false

    /// A processor without protection keys, as the one on which the first recordings were made.
    public init() {}

    /// The features that are on, as a recording's line `cpu` has them.
    public var features: [String] { protectionKeys ? ["pku"] : [] }

    /// Every feature that ``set(_:)`` and ``init(features:)`` know.
    public static let names = ["pku"]

    /// A processor with the features of a recording's line `cpu`.
    ///
    /// - Throws: ``SettingError`` for a feature that is unknown.
    public init(features: [String]) throws(SettingError) {
        for feature in features {
            guard feature == "pku" else {
                throw SettingError(
                    setting: feature, rule: "no such feature; there are \(Self.names.joined(separator: ", "))")
            }
            protectionKeys = true
        }
    }

    /// Sets what `pku=on` or `pku=off` says.
    ///
    /// - Throws: ``SettingError`` for a feature that is unknown, and for another value than on and off.
    public mutating func set(_ setting: String) throws(SettingError) {
        let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "on" || parts[1] == "off" else {
            throw SettingError(setting: setting, rule: "write FEATURE=on or FEATURE=off, such as pku=on")
        }
        guard parts[0] == "pku" else {
            throw SettingError(
                setting: setting, rule: "no such feature; there are \(Self.names.joined(separator: ", "))")
        }
        protectionKeys = parts[1] == "on"
    }
}
