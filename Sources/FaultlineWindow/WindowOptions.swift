/// How a window uses the host.
public struct WindowOptions: Sendable {
    /// Whether the window should be at the simulated addresses themselves. Where they are not free, or with false, it is at others.
    public var usesSameAddresses = true
    /// Pages that are shown at a time, from 256 on. When it is reached, other pages go, which their next touch shows again without a
    /// simulated fault.
    public var pageLimit: UInt64 = 1 << 22
    /// Host mappings (VMAs) that the window takes, from 256 on; nil for a quarter of the host's limit (`vm.max_map_count`).
    /// Neighbouring pages in neighbouring frames share one.
    public var mappingLimit: UInt64?

    /// The defaults.
    public init() {}

    static var least: UInt64 { 256 }
}
