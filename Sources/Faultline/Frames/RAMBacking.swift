/// Where the host keeps simulated RAM.
public enum RAMBacking: Sendable {
    /// In memory of this process alone; the fastest.
    case `private`
    /// In a memory file (memfd_create(2)), whose pages can be mapped at other addresses too, also by other processes: windows
    /// need it. A child of this process has no such RAM, so that a machine cannot be used on both sides of a fork of the host. Linux only.
    case shared
}
